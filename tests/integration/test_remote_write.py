# SPDX-License-Identifier: Apache-2.0
"""Remote write, taken by Prometheus itself: values come back through its HTTP API, refusals come back
as errors of ours."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))
import test_native  # noqa: E402
from servers import Prometheus, free_ports  # noqa: E402

EXAMPLE = os.environ['OBJ'] + '/examples/remote_write'


def run(*arguments):
    return subprocess.run([EXAMPLE, *arguments], capture_output=True, timeout=60, check=False)


class Receiver(Prometheus):
    """Prometheus with the remote-write receiver, without targets."""

    def __init__(self, program, folder, port, **more):
        wrapper = folder + '.sh'
        with open(wrapper, 'w', encoding='utf-8') as script:
            script.write(f'#!/bin/sh\nexec {program} "$@" --web.enable-remote-write-receiver\n')
        os.chmod(wrapper, 0o755)
        super().__init__(wrapper, folder, port, {}, **more)


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


def histogram(server, name):
    """(count, sum, [(lower, upper, count)])"""
    one = server.api('query', query=name)['result'][0]['histogram'][1]
    return (float(one['count']), float(one['sum']),
            [(float(low), float(high), float(count))
             for _, low, high, count in one.get('buckets', [])])


def check_native(server, program):
    done = subprocess.run([program, f'{server.url}/api/v1/write'], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0, done.stderr.decode()
    for quantile in (0.01, 0.1, 0.5, 0.9, 0.99):
        value = server.value(f'histogram_quantile({quantile}, n_hundredths)')
        assert abs(value / (10 * quantile) - 1) < 0.1, (quantile, value)
    assert server.query('n_alike') == {frozenset({('U__a_2e_b', '1'), ('a_b', '2')}): 3}
    assert server.value('histogram_count(n_hundredths)') == 1000
    assert abs(server.value('histogram_sum(n_hundredths)') - 5005) < 1e-6
    zero = 2.0 ** -128
    assert histogram(server, 'n_signs') == (
        9, 0, [(-4, -2, 2), (-2, -1, 1), (-1, -0.5, 1), (-zero, zero, 1), (0.5, 1, 1), (1, 2, 1),
               (2, 4, 2)])
    assert histogram(server, 'n_there') == (4, 42, [(0.5, 1, 1), (1, 2, 1), (16, 32, 2)])
    assert histogram(server, 'n_empty') == (0, 0, [])
    for schema in range(-4, 9):
        count, total, buckets = histogram(server, f'n_schema_{schema + 4}')
        assert (count, total, len(buckets)) == (10, 30, 1)
        low, high, _ = buckets[0]
        assert low < 3 <= high and abs(high / low - 2 ** 2 ** -schema) < 1e-9, (schema, low, high)
    # What has classic buckets too is there twice, the others only once.
    assert histogram(server, 'n_both')[:2] == (20, 210)
    assert server.value('n_both_bucket{le="10.0"}') == 10
    assert server.value('n_both_count') == 20
    assert server.value('n_hundredths_count') is None
    print(f'Prometheus {server.version} took native histograms')


def check_native_refused(server, program):
    """Without its flag an old one takes nothing, and we say so."""
    done = subprocess.run([program, f'{server.url}/api/v1/write'], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 1 and b'native' in done.stderr, done.stderr


def check_refusals(server, closed_port):
    done = run(f'http://127.0.0.1:{closed_port}/api/v1/write', '0')
    assert done.returncode == 1 and b'refused' in done.stderr, done.stderr
    done = run(f'{server.url}/api/v1/nothing', '0')
    assert done.returncode == 1 and b'404' in done.stderr, done.stderr
    done = run('https://127.0.0.1/', '0')
    assert done.returncode == 2 and b'https' in done.stderr, done.stderr
    done = run('not a url', '0')
    assert done.returncode == 2, done.stderr


def check_server(program, folder):
    port, native_port, closed = free_ports(3)
    native_program = test_native.build(folder)
    server = Receiver(program, folder + '/receiver', port)
    try:
        check_values(server)
        check_refusals(server, closed)
        if server.version.startswith('2.'):
            check_native_refused(server, native_program)
    finally:
        server.end()
    server = Receiver(program, folder + '/native', native_port, features='native-histograms',
                      settings=test_native.settings_for(program))
    try:
        check_native(server, native_program)
    finally:
        server.end()


def main():
    programs = test_native.find_prometheus()
    for note in test_native.NOTES:
        print(note)
    for program in programs:
        with tempfile.TemporaryDirectory() as folder:
            check_server(program, folder)
    return 0 if programs else 77


if __name__ == '__main__':
    sys.exit(main())
