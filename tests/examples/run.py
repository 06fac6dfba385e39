#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every program of examples/ and reads its metrics.

    run.py [NAME...]

A program that serves prints "listening on ADDRESS" and ends by itself after the seconds it is told;
all of them run at once. Each must serve (or print, or write) metrics of its own in valid text 0.0.4
and end with status 0, which under a sanitizer means: nothing to report.
Environment: OBJ (where the build put the programs), RUN (an emulator).
"""
import glob
import http.client
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import urllib.parse

SECONDS = '3'
LIMIT = 60  # seconds until a program that neither serves nor ends is given up
SAMPLE = re.compile(r'[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_]\w*="([^"\\\n]|\\[\\n"])*",?)*\})? '
                    r'([+-]Inf|NaN|[+-]?[0-9.]+(e[+-]?[0-9]+)?)$')


def check_text(name, text):
    lines = text.decode('utf-8').split('\n')
    assert lines.pop() == '', 'the text does not end with a newline'
    for line in lines:
        assert line.startswith(('# HELP ', '# TYPE ')) or SAMPLE.match(line), f'bad line: {line}'
    with open(f'examples/{name}.c', encoding='utf-8') as source:
        code = source.read()
    own = {line.split()[2] for line in lines if line.startswith('# TYPE ')
           and not line.startswith(('# TYPE process_', '# TYPE c_'))}
    assert any(re.sub('_(total|info|created)$', '', family) in code for family in own), \
        f'no metric of its own, only {sorted(own)}'
    if shutil.which('promtool'):
        lint = subprocess.run(['promtool', 'check', 'metrics'], input=text, capture_output=True)
        assert lint.returncode in (0, 3), lint.stderr.decode()


class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


def scrape(address):
    if '://' not in address:
        connection = UnixConnection(address, timeout=LIMIT)
    else:
        url = urllib.parse.urlsplit(address)
        if url.scheme == 'https':
            connection = http.client.HTTPSConnection(
                url.hostname, url.port, timeout=LIMIT, context=ssl._create_unverified_context())
        else:
            connection = http.client.HTTPConnection(url.hostname, url.port, timeout=LIMIT)
    connection.request('GET', '/metrics', headers={'Host': 'localhost'})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    assert response.status == 200, f'status {response.status}'
    kind = response.getheader('Content-Type', '')
    assert kind.startswith('text/plain; version=0.0.4'), f'Content-Type: {kind}'
    return body


class Example:
    def __init__(self, program, folder):
        self.name = os.path.basename(program)
        self.file = os.path.join(folder, self.name)
        arguments = {'existing_counters': [],
                     'textfile': [self.file],
                     'unix_socket': [self.file, SECONDS],
                     'own_http_server': ['0', '1'],  # requests
                     'tls_hook': ['0', f'{folder}/cert', f'{folder}/key', SECONDS],
                     }.get(self.name, ['0', SECONDS])
        self.output = open(self.file + '.out', 'w+b')
        self.process = subprocess.Popen(
            shlex.split(os.environ.get('RUN', '')) + [program] + arguments, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.output, start_new_session=True)

    def check(self):
        first = self.process.stdout.readline()
        while first and b'listening on ' not in first and not first.startswith(b'#'):
            first = self.process.stdout.readline()
        match = re.search(rb'listening on (\S+)', first)
        if match:
            check_text(self.name, scrape(match.group(1).decode()))
        if self.name == 'hello':  # the shortest: it goes on until it is ended
            self.process.terminate()
            assert self.process.wait(LIMIT) in (-signal.SIGTERM, 128 + signal.SIGTERM)
            return
        rest = self.process.communicate(timeout=LIMIT)[0]
        assert self.process.returncode == 0, f'exit status {self.process.returncode}'
        if self.name == 'textfile':
            with open(self.file, 'rb') as written:
                check_text(self.name, written.read())
        elif not match:
            check_text(self.name, first + rest)

    def end(self):
        """Ends what still runs (but a daemon, which ends after its seconds); gives its errors."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process.stdout.close()
        self.output.seek(0)
        text = self.output.read().decode(errors='replace')
        self.output.close()
        return text


def main():
    programs = [program for program in sorted(glob.glob(os.environ['OBJ'] + '/examples/*'))
                if os.access(program, os.X_OK)
                and os.path.exists(f'examples/{os.path.basename(program)}.c')
                and (len(sys.argv) < 2 or os.path.basename(program) in sys.argv[1:])]
    if not programs:
        sys.exit('no example was built')
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        if not shutil.which('openssl'):
            programs = [program for program in programs if not program.endswith('/tls_hook')]
        else:
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj',
                            '/CN=localhost', '-keyout', f'{folder}/key', '-out', f'{folder}/cert'],
                           check=True, capture_output=True)
        examples = [Example(program, folder) for program in programs]
        for example in examples:
            complaint = None
            try:
                example.check()
            except Exception as error:  # whatever it is, it is this example's failure
                complaint = f'{type(error).__name__}: {error}'
            errors = example.end()
            print(f'{example.name}: {complaint or "ok"}')
            if complaint or errors:
                print(errors)
            failed += bool(complaint) or 'Sanitizer' in errors
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
