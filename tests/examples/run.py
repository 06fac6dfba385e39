#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every program of examples/ and reads its metrics.

    run.py [NAME...]

A program that serves prints "listening on ADDRESS" and ends by itself after the seconds (or the
requests) it is told; all of them run at once. Each must serve (or print, or write) what is expected
of it below, in valid text 0.0.4, and end with status 0, which under a sanitizer means: nothing to
report. Environment: OBJ (where the build put the programs), RUN (an emulator).
"""
import glob
import http.client
import http.server
import json
import os
import re
import shlex
import shutil
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from promtext import Exposition  # noqa: E402

SECONDS = '5'
# These need another server, and are tested with the real one in tests/integration.
ELSEWHERE = {'remote_write', 'alert_fire', 'alert_resolve', 'alert_receiver'}
LIMIT = 60  # seconds until a program that neither serves nor ends is given up


# ---- what each of them has to say ---------------------------------------------------------------

def hello(text, _):
    assert text('hello_seconds_total') >= 0


def labels(text, _):
    assert text('shop_http_requests_total', method='GET', code='404') == 2
    assert text('shop_http_requests_total', method='GET', code='200') == 1000
    assert text('shop_http_requests_total', method='BREW "\\\n', code='418') == 1
    assert text('sessions', user='carol', device='phone', region='north') == 4
    assert text.count('sessions') == 1


def every_type(text, _):
    assert text('orders_total') == 3.5 and text.types['orders_total'] == 'counter'
    assert text('tables_taken') == 9 and text.types['tables_taken'] == 'gauge'
    assert text('room_celsius') == 21.5
    assert text('bill_euros_count') == 2 and text('bill_euros_sum') == 42
    assert text.types['bill_euros'] == 'summary'
    assert [text('wait_seconds_bucket', le=le) for le in ('60.0', '300.0', '900.0', '+Inf')] \
        == [0, 1, 1, 2]
    assert text('wait_seconds_sum') == 1240
    assert [text('party_size_bucket', le=le) for le in ('2.0', '4.0', '+Inf')] == [0, 0, 1]
    assert text('party_size_gcount') == 1 and text('party_size_gsum') == 6
    assert text('menu_info', cook='Ada', soup='minestrone') == 1
    assert text('door', door='open') == 1 and text('door', door='closed') == 0
    for name in ('orders', 'bill_euros', 'wait_seconds'):
        assert abs(text(f'{name}_created') - time.time()) < 600


def static_definitions(text, _):
    assert text('worker_errors_total') == 1
    assert text('jobs_in_progress') == 0
    assert text('query_seconds_count') == 3 and 0 <= text('query_seconds_sum') < 3
    for kind in ('import', 'export', 'unknown', 'by hand'):
        assert text('job_seconds_count', kind=kind) == 1


def custom_collector(text, _):
    assert text('pool_connections', pool='orders', state='idle') == 3
    assert text('pool_connections', pool='orders', state='busy') == 5
    assert text('pool_connections', pool='stock', state='busy') == 0
    assert text.raw['pool_borrowed_total', frozenset({('pool', 'stock')})] == '18446744073709551615'


def existing_counters(text, _):
    zone = frozenset({('zone', 'example.org')})
    assert text.raw['dns_queries_total', zone] == '9007199254740993'
    assert text('dns_zone_bytes', zone='beispiel.de') == 512.5
    assert [text('dns_answer_bytes_bucket', zone='example.org', le=le)
            for le in ('128.0', '512.0', '1232.0', '+Inf')] == [4, 7, 9, 10]
    assert list(text.types) == ['dns_queries_total', 'dns_zone_bytes', 'dns_answer_bytes']


def textfile(text, example):
    assert text('backup_files', disk='sda') == 1234
    assert 0 <= text('backup_duration_seconds') < 60
    assert abs(text('backup_last_success_timestamp_seconds') - time.time()) < 600
    assert len(text.types) == 3
    beside = [name for name in os.listdir(os.path.dirname(example.file))
              if name.startswith('textfile') and name not in ('textfile', 'textfile.out')]
    assert not beside, f'left behind: {beside}'


def push_job(_, example):
    method, path, body = example.pushed[0]
    text = Exposition(body)
    assert (method, path) == ('POST', '/metrics/job/nightly_backup/instance/db1')
    assert 0 <= text('backup_duration_seconds') < 60 and text('backup_failed') == 0
    assert abs(text('backup_last_success_timestamp_seconds') - time.time()) < 600
    assert len(text.types) == 3 and len(example.pushed) == 1


def cron_textfile(_, example):
    def read(what):
        with open(f'{example.file}-run{what}.prom', 'rb') as file:
            return Exposition(file.read())

    def run(*command):
        return subprocess.run([*example.command, f'{example.file}-run', *command], check=False)

    assert read('')('cron_exit_status', job='true') == 0
    assert read('')('cron_duration_seconds', job='true') < 60
    success = read('_success')('cron_last_success_timestamp_seconds', job='true')
    assert abs(success - time.time()) < 600
    assert run('sh', '-c', 'exit 3').returncode == 3
    assert read('')('cron_exit_status', job='sh') == 3
    assert read('_success')('cron_last_success_timestamp_seconds', job='true') == success
    assert run('sh', '-c', 'kill -9 $$').returncode == 137
    assert run('/nonexistent').returncode == 127


def graphite(_, example):
    end = time.monotonic() + LIMIT  # what was sent last may still be on its way
    while not any(b'card 2.0 ' in lot for lot in example.pushed) and time.monotonic() < end:
        time.sleep(0.01)
    lines = [line for lot in example.pushed for line in lot.decode().splitlines()]
    found = [re.fullmatch(r'shop\.orders_total;payment=(card|cash) ([0-9.]+) (\d+)', line)
             for line in lines]
    assert all(found), lines
    assert {match.group(1) for match in found} == {'card', 'cash'}
    assert max(float(match.group(2)) for match in found) == 2.0
    assert all(abs(int(match.group(3)) - time.time()) < 600 for match in found)
    assert all(lot.endswith(b'\n') for lot in example.pushed if lot)


def exporter_or_push(text, example):
    assert text('work_total') >= 0
    with Gateway() as gateway:
        where = f'127.0.0.1:{gateway.server_port}'
        assert subprocess.run([*example.command, where, '1'], check=False).returncode == 0
        (method, path, body), last = gateway.pushed[0], gateway.pushed[-1]
    assert (method, path) == ('PUT', '/metrics/job/exporter_or_push/instance/127.0.0.1')
    assert Exposition(body)('work_total') >= 0
    assert last == ('DELETE', path, b'')


def own_event_loop(text, _):
    assert text('messages_total') == 2
    assert text('loop_rounds_total') >= 1


def own_http_server(text, example):
    assert text('requests_total') == 1
    assert text.count('process_threads') == 0
    assert example.get('/', plain=True) == b'hello\n'


def daemonise(text, example):
    assert text('daemon_settings_read_total') == 42
    daemon = int(re.search(rb'process (\d+)', example.said).group(1))
    assert daemon != example.process.pid
    assert example.process.wait(LIMIT) == 0  # the parent is not waiting for its child


def unix_socket(text, _):
    assert text('service_up') == 1


def tls_hook(text, _):
    assert text.count('c_info') == 1


def tls_client(_, example):
    method, path, body = example.pushed[0]
    assert (method, path) == ('PUT', '/metrics/job/job')
    assert abs(Exposition(body)('job_done_timestamp_seconds') - time.time()) < 600
    done = subprocess.run([*example.command, example.there], capture_output=True, check=False)
    assert done.returncode == 1 and b'certificate verify failed' in done.stderr, done
    assert len(example.pushed) == 1


def webhook_relay(_, example):
    """A message of Alertmanager's webhook becomes one for a chat robot."""
    def notify(status, ends_at, **labels):
        message = {'version': '4', 'status': status, 'receiver': 'chat', 'groupKey': '{}',
                   'externalURL': 'http://am:9093/"x"', 'truncatedAlerts': 0, 'groupLabels': {},
                   'commonLabels': {}, 'commonAnnotations': {},
                   'alerts': [{'status': status, 'startsAt': '2026-11-21T07:31:29.448749213Z',
                               'endsAt': ends_at, 'generatorURL': '', 'fingerprint': 'f',
                               'labels': {'alertname': '宕机', **labels},
                               'annotations': {'summary': '服务器"宕机"\n\\ 😀'}}]}
        url = urllib.parse.urlsplit(example.address)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=LIMIT)
        connection.request('POST', '/send/', json.dumps(message),
                           {'Content-Type': 'application/json'})
        answer = connection.getresponse().status
        connection.close()
        return answer

    def told(at, title, *lines):
        method, path, body = example.pushed[at]
        assert (method, path) == ('POST', '/robot?token=a%20b')
        message = json.loads(body.decode())
        assert message['msgtype'] == 'markdown' and message['markdown']['title'] == title, message
        for line in lines:
            assert line in message['markdown']['text'].split('\n'), (line, message)

    done = subprocess.run([*example.command, 'http://robot/', '99999'], capture_output=True,
                          check=False)
    assert done.returncode == 1 and b'port 99999 is not in' in done.stderr, done
    assert notify('firing', '0001-01-01T00:00:00Z', severity='critical') == 200
    told(0, '告警', '### 🔥 告警 宕机', '- **级别**: critical', '- **结束时间**: -',
         '- **摘要**: 服务器"宕机"', '\\ 😀', '- **实例**: -', '- [静默](http://am:9093/"x"/#/silences'
         '/new?filter=%7Balertname%3D%22%E5%AE%95%E6%9C%BA%22%7D)')
    assert notify('resolved', '2026-11-21T08:31:29Z') == 200
    told(1, '恢复', '### ✅ 恢复 宕机', '- **级别**: -')
    example.refusals.append(503)  # then Alertmanager has to try again
    assert notify('firing', '0001-01-01T00:00:00Z') == 500
    assert len(example.pushed) == 3


def demo(text, example):
    def total(now):
        return sum(value for (name, _), value in now.values.items()
                   if name == 'shop_requests_total')

    end = time.monotonic() + 3
    later = example.scrape()
    while total(later) <= total(text) and time.monotonic() < end:
        later = example.scrape()
    assert total(later) > total(text), 'nothing moves'
    assert later.types['shop_request_seconds'] == 'histogram'
    assert later('shop_response_bytes_count') > 0
    assert later('shop_queue_items_gcount') >= 0
    assert 0 <= later('shop_requests_in_progress') <= 4
    assert sum(later('shop_state', shop_state=state)
               for state in ('starting', 'open', 'overloaded')) == 1
    assert later.count('shop_build_info') == 1


# ---- running them -------------------------------------------------------------------------------

class UnixConnection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.host)


class Gateway(http.server.ThreadingHTTPServer):
    """Keeps (method, path, body) of every push."""
    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        def keep(self):
            body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
            self.server.pushed.append((self.command, self.path, body))
            self.send_response(self.server.refusals.pop() if self.server.refusals else 202)
            self.send_header('Content-Length', '0')
            self.end_headers()

        do_PUT = do_POST = do_DELETE = keep

        def log_message(self, *_):
            pass

    def __init__(self, folder=None):
        """With a folder, where cert and key are: https."""
        super().__init__(('127.0.0.1', 0), self.Handler)
        self.pushed, self.refusals = [], []
        if folder:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(f'{folder}/cert', f'{folder}/key')
            self.socket = tls.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Carbon(socketserver.ThreadingTCPServer):
    """Keeps everything that each connection sends."""
    daemon_threads = True

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.server.pushed.append(self.rfile.read())

    def __init__(self):
        super().__init__(('127.0.0.1', 0), self.Handler)
        self.server_port = self.server_address[1]
        self.pushed = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Example:
    def __init__(self, program, folder):
        receiver = {'push_job': Gateway, 'webhook_relay': Gateway, 'graphite': Carbon,
                    'tls_client': lambda: Gateway(folder)}.get(os.path.basename(program))
        receiver = receiver and receiver()
        self.pushed = receiver and receiver.pushed
        self.refusals = getattr(receiver, 'refusals', None)
        there = receiver and f'127.0.0.1:{receiver.server_port}'
        self.name = os.path.basename(program)
        if self.name == 'tls_client':
            there = f'https://localhost:{receiver.server_port}'
        self.there = there
        self.folder = folder
        self.file = os.path.join(folder, self.name)
        arguments = {'hello': ['0'],
                     'existing_counters': [],
                     'textfile': [self.file],
                     'push_job': [there],
                     'tls_client': [there, f'{folder}/cert'],
                     'cron_textfile': [f'{self.file}-run', 'true'],
                     'graphite': [there, '3'],
                     'webhook_relay': [f'http://{there}/robot?token=a%20b', '0', SECONDS],
                     'unix_socket': [self.file, SECONDS],
                     'own_http_server': ['0', '2'],  # requests
                     'tls_hook': ['0', f'{folder}/cert', f'{folder}/key', SECONDS],
                     }.get(self.name, ['0', SECONDS])
        self.output = open(self.file + '.out', 'w+b')
        self.command = shlex.split(os.environ.get('RUN', '')) + [program]
        self.process = subprocess.Popen(
            self.command + arguments, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.output, start_new_session=True)
        self.said, self.address = b'', None

    def get(self, path, plain=False):
        if '://' not in self.address:
            connection = UnixConnection(self.address, timeout=LIMIT)
        else:
            url = urllib.parse.urlsplit(self.address)
            if url.scheme == 'https':
                trust = ssl.create_default_context(cafile=f'{self.folder}/cert')
                trust.check_hostname = False
                connection = http.client.HTTPSConnection(url.hostname, url.port, timeout=LIMIT,
                                                         context=trust)
            else:
                connection = http.client.HTTPConnection(url.hostname, url.port, timeout=LIMIT)
        connection.request('GET', path, headers={'Host': 'localhost'})
        response = connection.getresponse()
        body = response.read()
        connection.close()
        assert response.status == 200, f'status {response.status}'
        kind = response.getheader('Content-Type', '')
        assert plain or kind.startswith('text/plain; version=0.0.4'), f'Content-Type: {kind}'
        return body

    def scrape(self):
        return Exposition(self.get('/metrics'))

    def check_served(self):
        """Waits until the program serves, or until it is over."""
        for line in iter(self.process.stdout.readline, b''):
            self.said += line
            match = re.match(rb'listening on (\S+)', line)
            if match:
                self.address = match.group(1).decode()
                globals()[self.name](self.scrape(), self)
                return

    def check_end(self):
        if self.name == 'hello':  # the shortest: it goes on until it is ended
            self.process.terminate()
            assert self.process.wait(LIMIT) in (-signal.SIGTERM, 128 + signal.SIGTERM)
            return
        self.said += self.process.stdout.read()
        assert self.process.wait(LIMIT) == 0, f'exit status {self.process.returncode}'
        if self.name == 'textfile':
            with open(self.file, 'rb') as written:
                self.said = written.read()
        if not self.address:
            globals()[self.name](Exposition(self.said), self)

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


def attempt(check):
    try:
        check()
    except Exception as error:  # whatever it is, it is this example's failure
        line = error.__traceback__
        while line.tb_next:
            line = line.tb_next
        return f'{type(error).__name__}: {error} (line {line.tb_lineno})'
    return None


def main():
    programs = [program for program in sorted(glob.glob(os.environ['OBJ'] + '/examples/*'))
                if os.access(program, os.X_OK)
                and os.path.exists(f'examples/{os.path.basename(program)}.c')
                and os.path.basename(program) not in ELSEWHERE
                and (len(sys.argv) < 2 or os.path.basename(program) in sys.argv[1:])]
    if not programs:
        sys.exit('no example was built')
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        if not shutil.which('openssl'):
            programs = [program for program in programs if not os.path.basename(program).startswith('tls_')]
        else:
            subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj',
                            '/CN=localhost', '-keyout', f'{folder}/key', '-out', f'{folder}/cert'],
                           check=True, capture_output=True)
        examples = [Example(program, folder) for program in programs]
        complaints = {example: attempt(example.check_served) for example in examples}
        for example in examples:
            complaint = complaints[example] or attempt(example.check_end)
            errors = example.end()
            print(f'{example.name}: {complaint or "ok"}')
            if complaint or errors:
                print(errors)
            failed += bool(complaint) or 'Sanitizer' in errors
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
