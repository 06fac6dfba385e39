# SPDX-License-Identifier: Apache-2.0
"""Graphite: Carbon takes what is sent, plain and with tags, once and regularly; every value is read
back from its files with whisper-fetch."""
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(__file__))
from servers import LIMIT, Server, build, free_ports, wait_for  # noqa: E402

RUN = shlex.split(os.environ.get('RUN', ''))
EXAMPLE = os.environ['OBJ'] + '/examples/graphite'
SANITIZED = re.compile('[^a-zA-Z0-9_-]')

# (name, labels) and value of what graphite_driver.c sends.
EXPECTED = {
    ('jobs_total', (('host', 'a.b/c d'), ('kind', 'import'))): 2.5,
    ('jobs_total', (('host', 'h-1_2'), ('kind', '出口'))): 9007199254740992,
    ('celsius', ()): -0.1,
    ('huge', ()): 1e300,
    ('endless', ()): float('inf'),
    ('wait_seconds_bucket', (('a', '1'), ('le', '0.5'), ('zone', 'z'))): 0,
    ('wait_seconds_bucket', (('a', '1'), ('le', '2.0'), ('zone', 'z'))): 1,
    ('wait_seconds_bucket', (('a', '1'), ('le', '+Inf'), ('zone', 'z'))): 1,
    ('wait_seconds_count', (('a', '1'), ('zone', 'z'))): 1,
    ('wait_seconds_sum', (('a', '1'), ('zone', 'z'))): 1.5,
    ('size_bytes_count', ()): 1,
    ('size_bytes_sum', ()): 3,
    **{(f'many_{number}', ()): number for number in range(500)},
}


class Carbon(Server):
    def __init__(self, program, folder):
        self.data = f'{folder}/whisper'
        self.port, pickle, query = free_ports(3)
        os.makedirs(folder)
        with open(f'{folder}/carbon.conf', 'w', encoding='utf-8') as config:
            config.write(f'''[cache]
STORAGE_DIR = {folder}
CONF_DIR = {folder}
LOG_DIR = {folder}
PID_DIR = {folder}
LOCAL_DATA_DIR = {self.data}
USER =
LINE_RECEIVER_INTERFACE = 127.0.0.1
LINE_RECEIVER_PORT = {self.port}
PICKLE_RECEIVER_INTERFACE = 127.0.0.1
PICKLE_RECEIVER_PORT = {pickle}
CACHE_QUERY_INTERFACE = 127.0.0.1
CACHE_QUERY_PORT = {query}
MAX_CREATES_PER_MINUTE = inf
MAX_UPDATES_PER_SECOND = inf
ENABLE_TAGS = False
ENABLE_LOGROTATION = False
''')
        with open(f'{folder}/storage-schemas.conf', 'w', encoding='utf-8') as schemas:
            schemas.write('[all]\npattern = .*\nretentions = 1s:1h\n')
        super().__init__([program, f'--config={folder}/carbon.conf', '--nodaemon', 'start'],
                         log=f'{folder}/log')
        self.address = f'127.0.0.1:{self.port}'
        try:
            wait_for(lambda: self.alive() and
                     socket.create_connection(('127.0.0.1', self.port), 10).close() is None, 'Carbon')
        except BaseException:
            self.end()
            raise

    def path(self, prefix, name, labels, tags):
        """Where a series is kept. One with tags has the hash of its name (carbon's docs: tags)."""
        name = f'{prefix}.{name}'
        pairs = [(key, SANITIZED.sub('_', value)) for key, value in labels]
        if not tags or not pairs:
            parts = name.split('.') + [part for pair in pairs for part in pair]
            return os.path.join(self.data, *parts) + '.wsp'
        name += ''.join(f';{key}={value}' for key, value in pairs)
        digest = hashlib.sha256(name.encode()).hexdigest()
        return os.path.join(self.data, '_tagged', digest[:3], digest[3:6], digest + '.wsp')

    def values(self, path, seconds=LIMIT):
        """What was sent in the last seconds, oldest first."""
        if not os.path.exists(path):
            return []
        done = subprocess.run(['whisper-fetch', '--json', f'--from={int(time.time()) - seconds}',
                               path], capture_output=True, check=True)
        found = re.search(r'"values" : \[(.*)\]', done.stdout.decode()).group(1).split(', ')
        return [float(value) for value in found if value != 'null']

    def files(self):
        return sum(name.endswith('.wsp') for _, _, names in os.walk(self.data) for name in names)


def check_values(server, driver, tags):
    """Once, every kind of sample."""
    prefix, before = ('with.tags', server.files()) if tags else ('plain', server.files())
    done = subprocess.run([*RUN, driver, server.address, 'tags' if tags else 'plain', prefix],
                          capture_output=True, timeout=LIMIT, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    wait_for(lambda: server.files() - before >= len(EXPECTED), 'the series')
    checked = [*EXPECTED.items()][:30]  # reading takes a process each
    for (name, labels), value in checked:
        path = server.path(prefix, name, labels, tags)
        found = wait_for(lambda path=path: server.values(path), f'{name} {labels}')
        assert found == [value], (name, labels, found)
    assert server.files() - before == len(EXPECTED), 'more came than was sent'
    print(f'Carbon took {len(EXPECTED)} series {"with" if tags else "without"} tags')


def check_regularly(server):
    """The example, every second for three; what was counted last is sent when it stops."""
    done = subprocess.run([*RUN, EXAMPLE, server.address, '3'], capture_output=True, timeout=LIMIT,
                          check=False)
    assert done.returncode == 0, done.stderr.decode()
    for payment, last in (('card', 2), ('cash', 1)):
        path = server.path('shop', 'orders_total', (('payment', payment),), True)
        found = wait_for(lambda path=path, last=last: [
            values for values in [server.values(path)] if values and values[-1] == last], path)[0]
        assert found == sorted(found), found
        assert payment != 'card' or len(found) >= 2, found
    print('Carbon took what was sent every second')


def check_refusals(driver):
    port, = free_ports(1)
    for program, *arguments in ((driver, 'plain', 'x'), (EXAMPLE, '1')):
        done = subprocess.run([*RUN, program, f'127.0.0.1:{port}', *arguments], capture_output=True,
                              timeout=LIMIT, check=False)
        assert done.returncode == 1, done.returncode
        assert b'cannot connect: Connection refused' in done.stderr, done.stderr


def main():
    program = shutil.which('carbon-cache')
    if not program or not shutil.which('whisper-fetch'):
        print('there is no Carbon here (make deps-integration installs it)')
        return 77
    folder = tempfile.mkdtemp()
    server = None
    try:
        driver = build('graphite_driver', folder)
        server = Carbon(program, f'{folder}/carbon')
        check_values(server, driver, tags=False)
        check_values(server, driver, tags=True)
        check_regularly(server)
        check_refusals(driver)
    finally:
        if server:
            server.end()
        shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
