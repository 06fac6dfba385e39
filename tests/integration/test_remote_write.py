# SPDX-License-Identifier: Apache-2.0
"""Remote write, taken by Prometheus itself: values come back through its HTTP API, refusals come back
as errors of ours."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
from servers import Prometheus, free_ports  # noqa: E402

EXAMPLE = os.environ['OBJ'] + '/examples/remote_write'


def run(*arguments):
    return subprocess.run([EXAMPLE, *arguments], capture_output=True, timeout=60, check=False)


class Receiver(Prometheus):
    """Prometheus with the remote-write receiver, without targets."""

    def __init__(self, program, folder, port):
        wrapper = folder + '.sh'
        with open(wrapper, 'w', encoding='utf-8') as script:
            script.write(f'#!/bin/sh\nexec {program} "$@" --web.enable-remote-write-receiver\n')
        os.chmod(wrapper, 0o755)
        super().__init__(wrapper, folder, port, {})


def check_values(server):
    done = run(f'{server.url}/api/v1/write', '2')
    assert done.returncode == 0, done.stderr.decode()
    assert server.value('remote_steps_total') == 2
    buckets = {dict(labels)['le']: value
               for labels, value in server.query('remote_step_bytes_bucket').items()}
    assert buckets == {'10.0': 0, '100.0': 2, '+Inf': 2}, buckets
    assert server.value('remote_step_bytes_sum') == 37.5
    labels = server.api('query', query='remote_steps_total')['result'][0]['metric']
    assert labels == {'__name__': 'remote_steps_total', 'job': 'remote', 'instance': '小明'}, labels
    print(f'Prometheus {server.version} took remote writes')


def check_refusals(server, closed_port):
    done = run(f'http://127.0.0.1:{closed_port}/api/v1/write', '0')
    assert done.returncode == 1 and b'refused' in done.stderr, done.stderr
    done = run(f'{server.url}/api/v1/nothing', '0')
    assert done.returncode == 1 and b'404' in done.stderr, done.stderr
    done = run('https://127.0.0.1/', '0')
    assert done.returncode == 2 and b'https' in done.stderr, done.stderr
    done = run('not a url', '0')
    assert done.returncode == 2, done.stderr


def main():
    if not shutil.which('prometheus'):
        print('there is no prometheus here (make deps-integration installs it)')
        return 77
    folder = tempfile.mkdtemp()
    port, closed = free_ports(2)
    server = Receiver(shutil.which('prometheus'), folder + '/receiver', port)
    try:
        check_values(server)
        check_refusals(server, closed)
    finally:
        server.end()
        shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
