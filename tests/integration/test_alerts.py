# SPDX-License-Identifier: Apache-2.0
"""Alerts with the real servers: the examples fire and resolve in an Alertmanager, whose webhook comes
back to us; and Prometheus sends the alerts of a rule to a receiver of ours."""
import http.server
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse

sys.path.insert(0, os.path.dirname(__file__))
from servers import LIMIT, Missing, Server, build, free_ports, get, newer, wait_for  # noqa: E402

EXAMPLES = os.environ['OBJ'] + '/examples'
INSTANCE = '192.168.82.105:9100'
SUMMARY = '192.168.82.105:9100 服务器宕机'


class Alertmanager(Server):
    def __init__(self, program, folder, port, hook):
        self.url = f'http://127.0.0.1:{port}'
        os.makedirs(folder)
        with open(f'{folder}/am.yml', 'w', encoding='utf-8') as config:
            json.dump({'route': {'receiver': 'hook', 'group_by': ['alertname'], 'group_wait': '0s',
                                 'group_interval': '100ms', 'repeat_interval': '1h'},
                       'receivers': [{'name': 'hook', 'webhook_configs': [
                           {'url': hook, 'send_resolved': True}]}]}, config)
        super().__init__([program, f'--config.file={folder}/am.yml',
                          f'--web.listen-address=127.0.0.1:{port}',
                          f'--web.external-url={self.url}', '--cluster.listen-address=',
                          f'--storage.path={folder}/data'],
                         ready=f'{self.url}/-/ready', log=f'{folder}/log')
        self.version = self.api('status')['versionInfo']['version']

    def api(self, path, **parameters):
        query = '?' + urllib.parse.urlencode(parameters) if parameters else ''
        status, body = get(f'{self.url}/api/v2/{path}{query}')
        assert status == 200, body
        return json.loads(body)

    def alerts(self, name):
        return self.api('alerts', filter=f'alertname="{name}"')


class Robot:
    """A chat robot: keeps the JSON it is told."""

    def __init__(self):
        self.messages = messages = queue.Queue()
        self.refusals = refusals = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                messages.put((self.headers['Content-Type'], json.loads(body)))
                self.send_response(refusals.pop() if refusals else 200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_port}/robot?access_token=a%20b\'c'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self):
        kind, message = self.messages.get(timeout=LIMIT)
        assert kind == 'application/json', kind
        assert message['msgtype'] == 'markdown', message
        return message['markdown']

    def end(self):
        self.server.shutdown()
        self.server.server_close()


def run(name, *arguments):
    return subprocess.run([f'{EXAMPLES}/{name}', *arguments], capture_output=True, timeout=LIMIT,
                          check=False)


def check_robot(markdown, firing):
    text = markdown['text']
    assert markdown['title'] == ('告警' if firing else '恢复'), markdown
    assert text.startswith('### 🔥 告警 HostDown\n' if firing else '### ✅ 恢复 HostDown\n'), text
    assert '- **级别**: critical\n' in text, text
    assert f'- **实例**: {INSTANCE}\n' in text, text
    assert ('- **结束时间**: -\n' in text) == firing, text
    assert '- **开始时间**: 20' in text, text
    assert SUMMARY in text or not firing, text
    assert '/#/silences/new?filter=%7Balertname%3D%22%48%6F%73%74' in text, text


def check_examples(server, robot):
    """Program -> Alertmanager -> webhook -> relay -> robot."""
    done = run('alert_fire', server.url)
    assert done.returncode == 0, done.stderr.decode()
    [alert] = server.alerts('HostDown')
    assert alert['annotations'] == {'summary': SUMMARY, 'description': '主机超过一分钟没有响应'}, alert
    assert alert['labels'] == {'alertname': 'HostDown', 'severity': 'critical',
                               'instance': INSTANCE}, alert
    assert alert['generatorURL'].startswith('http://localhost:9090/graph?'), alert
    check_robot(robot.next(), True)
    done = run('alert_resolve', server.url)
    assert done.returncode == 0, done.stderr.decode()
    wait_for(lambda: not server.alerts('HostDown'), 'the alert to be resolved')
    check_robot(robot.next(), False)
    robot.refusals.append(503)  # the relay answers 500, and Alertmanager tries again
    assert run('alert_fire', server.url).returncode == 0
    check_robot(robot.next(), True)
    check_robot(robot.next(), True)
    assert run('alert_resolve', server.url).returncode == 0
    check_robot(robot.next(), False)
    print(f'Alertmanager {server.version} took alerts and gave them back')


def check_keeper(program, driver, folder, port):
    """An alert that is kept firing outlives its Alertmanager, which comes back with nothing."""
    server = Alertmanager(program, f'{folder}/1', port, 'http://127.0.0.1:1/')
    keeper = subprocess.Popen([driver, server.url, 'keep'], stdin=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    try:
        wait_for(lambda: server.alerts('Kept'), 'the alert')
        server.end()
        server = Alertmanager(program, f'{folder}/2', port, 'http://127.0.0.1:1/')
        wait_for(lambda: server.alerts('Kept'), 'the alert, again')
        keeper.stdin.write(b'\n')
        keeper.stdin.flush()
        wait_for(lambda: not server.alerts('Kept'), 'the alert to be resolved')
        keeper.stdin.close()
        assert keeper.wait(LIMIT) == 0, keeper.stderr.read().decode()
    finally:
        server.end()
        keeper.kill()
        keeper.wait()
        keeper.stderr.close()


def check_refusals(closed_port):
    done = run('alert_fire', f'http://127.0.0.1:{closed_port}')
    assert done.returncode == 1 and b'refused' in done.stderr, done.stderr
    done = run('alert_resolve', 'https://127.0.0.1')
    assert done.returncode == 1 and b'https' in done.stderr, done.stderr


# ---- Prometheus -> us ---------------------------------------------------------------------------

def write_rule(folder, expression):
    rule = {'alert': 'AlwaysWarm', 'expr': expression, 'labels': {'severity': 'page'},
            'annotations': {'summary': '温度 {{ $value }}'}}
    with open(f'{folder}/rules.yml', 'w', encoding='utf-8') as rules:
        json.dump({'groups': [{'name': 'g', 'interval': '200ms', 'rules': [rule]}]}, rules)


def start_prometheus(program, folder, port, receiver):
    os.makedirs(folder)
    write_rule(folder, 'vector(60) > 50')
    with open(f'{folder}/prometheus.yml', 'w', encoding='utf-8') as config:
        json.dump({'global': {'evaluation_interval': '200ms', 'external_labels': {'cluster': 'c1'}},
                   'rule_files': [f'{folder}/rules.yml'],
                   'alerting': {'alertmanagers': [
                       {'static_configs': [{'targets': [f'127.0.0.1:{receiver}']}]}]}}, config)
    return Server([program, f'--config.file={folder}/prometheus.yml',
                   f'--web.listen-address=127.0.0.1:{port}', f'--storage.tsdb.path={folder}/data',
                   '--rules.alert.resend-delay=1s'],
                  ready=f'http://127.0.0.1:{port}/-/ready', log=f'{folder}/log')


def read_until(process, wanted):
    """Lines of a program up to the one that begins with `wanted`."""
    lines = []
    for line in iter(process.stdout.readline, b''):
        lines.append(line.decode().rstrip('\n'))
        if lines[-1].startswith(wanted):
            return lines
    raise AssertionError(f'no "{wanted}" in {lines}')


def check_prometheus(program, folder, port):
    receiver = Server(['timeout', str(LIMIT), f'{EXAMPLES}/alert_receiver', '0'])
    prometheus = None
    try:
        prometheus = start_prometheus(program, folder, port, receiver.address().rsplit(':', 1)[1])
        lines = read_until(receiver.process, 'firing AlwaysWarm')
        lines += read_until(receiver.process, '  from ')
        for line in ('  label severity = page', '  label cluster = c1',
                     '  annotation summary = 温度 60'):
            assert line in lines, lines
        assert '/graph?g0.expr=' in lines[-1], lines
        write_rule(folder, 'vector(60) > 70')
        prometheus.process.send_signal(signal.SIGHUP)
        read_until(receiver.process, 'resolved AlwaysWarm')
        print(f'{program} sent alerts, firing and resolved')
    finally:
        for server in (prometheus, receiver):
            if server:
                server.end()


def check_alertmanager(program, driver, folder, port):
    robot = Robot()
    relay = server = None
    try:
        relay = Server([f'{EXAMPLES}/webhook_relay', robot.url, '0'])
        server = Alertmanager(program, folder, port, relay.address())
        check_examples(server, robot)
        done = subprocess.run([driver, server.url], capture_output=True, timeout=LIMIT, check=False)
        assert done.returncode == 0, done.stderr.decode()
        print(done.stdout.decode(), end='')
    finally:
        for one in (server, relay):
            if one:
                one.end()
        robot.end()


def main():
    programs = [shutil.which(name) for name in ('prometheus-alertmanager', 'prometheus')]
    if not all(programs):
        print('there is no alertmanager or prometheus here (see make deps-integration)')
        return 77
    folder = tempfile.mkdtemp()
    try:
        ports = free_ports(6)
        driver = build('alerts', folder)
        check_alertmanager(programs[0], driver, f'{folder}/am', ports[0])
        check_keeper(programs[0], driver, f'{folder}/kept', ports[5])
        check_refusals(ports[1])
        check_prometheus(programs[1], f'{folder}/prometheus', ports[2])
        try:
            check_alertmanager(newer('prometheus-alertmanager', 'prometheus-alertmanager'),
                               driver, f'{folder}/newer_am', ports[3])
            check_prometheus(newer('prometheus', 'prometheus'), f'{folder}/newer', ports[4])
        except Missing as missing:
            print(f'newer servers: {missing}')
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == '__main__':
    sys.exit(main())
