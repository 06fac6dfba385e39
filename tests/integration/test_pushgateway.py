#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pushes to a real Pushgateway, and reads back what it has understood from /api/v1/metrics.

Environment: OBJ, CC, CFLAGS, LDFLAGS, SANITIZE, RUN. Skipped where there is no Pushgateway.
"""
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import servers  # noqa: E402

OK, REFUSED, SYSTEM, LABELS, UNSUPPORTED = 0, -15, -9, -5, -12
DRIVER = GATEWAY = None


class Pushgateway(servers.Server):
    def __init__(self, program, folder, name, prefix='', address=None):
        self.address = address or f'127.0.0.1:{servers.free_ports(1)[0]}'
        self.url = f'http://{self.address}{prefix}'
        self.command = [program, f'--web.listen-address={self.address}', '--persistence.file=',
                        '--web.enable-admin-api', f'--web.route-prefix={prefix or "/"}']
        super().__init__(self.command, ready=f'{self.url}/-/ready', log=f'{folder}/{name}.log')

    def wipe(self):
        request = urllib.request.Request(f'{self.url}/api/v1/admin/wipe', method='PUT')
        with urllib.request.urlopen(request, timeout=10) as response:
            assert response.status == 202

    def groups(self):
        """By their labels: metrics (without push_time_seconds and the like) by name, as
        (type, {labels: sample})."""
        status, body = servers.get(f'{self.url}/api/v1/metrics')
        assert status == 200
        found = {}
        for group in json.loads(body)['data']:
            labels = group.pop('labels')
            metrics = {}
            for name, metric in group.items():
                if not isinstance(metric, dict) or name.startswith('push_'):
                    continue
                metrics[name] = (metric['type'], {
                    frozenset((name, value) for name, value in sample['labels'].items()
                              if value and labels.get(name) != value): sample
                    for sample in metric['metrics']})
            found[frozenset(labels.items())] = metrics
        return found


def push(method, *arguments, gateway=None):
    """Code, status and message."""
    command = [*shlex.split(os.environ.get('RUN', '')), DRIVER, method, gateway or GATEWAY.address]
    done = subprocess.run([*command, *arguments], capture_output=True, check=False, timeout=60)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f'{arguments}: {done.returncode} {done.stderr.decode()}')
    code, status, message = done.stdout.decode().rstrip('\n').split(' ', 2)
    return int(code), int(status), message


def group(**labels):
    return frozenset(labels.items())


class Pushes(unittest.TestCase):
    def setUp(self):
        GATEWAY.wipe()

    def push(self, method, *arguments):
        code, status, message = push(method, *arguments)
        self.assertEqual((code, status), (OK, 202 if 'delete' in method else 200), message)

    def refused(self, words, method, *arguments):
        code, status, message = push(method, *arguments)
        self.assertEqual((code, status), (REFUSED, 400), message)
        self.assertIn('status 400 Bad Request: ', message)
        self.assertIn(words, message)

    def value(self, labels, name):
        _, samples = GATEWAY.groups()[labels][name]
        sample, = samples.values()
        return float(sample['value'])

    def test_put_replaces_the_group(self):
        self.push('put', 'j', 'gauge:a=1', 'gauge:b=1', '--', 'instance=x')
        self.push('put', 'j', 'gauge:a=9', '--', 'instance=y')
        self.push('put', 'j', 'gauge:a=2', '--', 'instance=x')
        self.assertEqual(set(GATEWAY.groups()[group(job='j', instance='x')]), {'a'})
        self.assertEqual(self.value(group(job='j', instance='x'), 'a'), 2)
        self.assertEqual(self.value(group(job='j', instance='y'), 'a'), 9)

    def test_post_replaces_metrics(self):
        self.push('post', 'j', 'gauge:a=1', 'gauge:b=1')
        self.push('post', 'j', 'gauge:a=2', 'gauge:c=3')
        self.assertEqual({name: self.value(group(job='j'), name) for name in 'abc'},
                         {'a': 2, 'b': 1, 'c': 3})

    def test_delete(self):
        self.push('put', 'j', 'gauge:a=1')
        self.push('put', 'j', 'gauge:a=1', '--', 'k=v')
        self.push('delete', 'j', '--', 'k=v')
        self.assertEqual(set(GATEWAY.groups()), {group(job='j')})
        self.push('delete', 'unknown')
        self.push('delete', 'j')
        self.assertEqual(GATEWAY.groups(), {})

    def test_values_arrive_as_they_are(self):
        for value in ['/var/tmp', '', 'a b', 'a/ z', '作业', '?x=y&z#%41+', '~-._*', '>>>???/', '%2F', '...', '...',
                      '"\\\n\t', "'", '..', '.', 'a' * 3000, '😹/']:
            with self.subTest(value=value[:20]):
                GATEWAY.wipe()
                self.push('put', 'j', 'gauge:a=1', '--', f'k={value}', 'instance=i')
                self.assertEqual(set(GATEWAY.groups()), {group(job='j', instance='i', k=value)})
                self.push('delete', 'j', '--', 'instance=i', f'k={value}')
                self.assertEqual(GATEWAY.groups(), {})
                if value:
                    self.push('put', value, 'gauge:a=1', '--', 'instance=i')
                    self.assertEqual(set(GATEWAY.groups()), {group(job=value, instance='i')})

    def test_many_keys_in_any_order(self):
        keys = {f'k{number}': str(number) for number in range(12)}
        self.push('put', 'j', 'gauge:a=1', '--',
                  *(f'{name}={keys[name]}' for name in sorted(keys, reverse=True)))
        self.push('post', 'j', 'gauge:b=1', '--', *(f'{name}={keys[name]}' for name in sorted(keys)))
        found = GATEWAY.groups()
        self.assertEqual(set(found), {group(job='j', **keys)})
        metrics, = found.values()
        self.assertEqual(set(metrics), {'a', 'b'})

    def test_every_type_arrives(self):
        self.push('put', 'j', 'every', '--', 'instance=i')
        metrics = GATEWAY.groups()[group(job='j', instance='i')]
        types = {name: kind for name, (kind, _) in metrics.items()}
        self.assertEqual(types['e_counter_total'], 'COUNTER')
        self.assertEqual(types['e_gauge'], 'GAUGE')
        self.assertEqual(types['e_histogram'], 'HISTOGRAM')
        self.assertEqual(types['e_summary'], 'SUMMARY')
        self.assertEqual(types['e_build_info'], 'GAUGE')
        self.assertEqual(types['e_state'], 'GAUGE')
        self.assertEqual(types['e_gauge_histogram'], 'HISTOGRAM')
        value = {name: next(iter(samples.values())) for name, (_, samples) in metrics.items()}
        self.assertEqual(float(value['e_counter_total']['value']), 2.5)
        self.assertEqual(float(value['e_gauge']['value']), -1e300)
        self.assertEqual({float(bound): float(count) for bound, count
                          in value['e_histogram']['buckets'].items()}, {0.5: 0, 2: 1, float('inf'): 1})
        self.assertEqual((float(value['e_summary']['count']), float(value['e_summary']['sum'])), (1, 3))
        self.assertEqual(value['e_build_info']['labels']['version'], '1 "2" \\ \n 磁')
        self.assertEqual((value['e_alike']['labels']['U__a_2e_b'], value['e_alike']['labels']['a_b']),
                         ('1', '2'))

    def test_names_that_look_alike(self):
        self.push('put', 'j', 'gauge:温度=1', 'gauge:湿度=2', 'counter:http.load=3', 'counter:http_load=4')
        self.assertEqual({name: self.value(group(job='j'), name)
                          for name in ('U___6e29__5ea6_', 'U___6e7f__5ea6_', 'U__http_2e_load_total',
                                       'http_load_total')},
                         {'U___6e29__5ea6_': 1, 'U___6e7f__5ea6_': 2, 'U__http_2e_load_total': 3,
                          'http_load_total': 4})

    def test_own_labels_give_way(self):
        self.push('put', 'j', 'labelled:a=job=mine', 'labelled:b=instance=mine', '--', 'instance=i')
        metrics = GATEWAY.groups()[group(job='j', instance='i')]
        self.assertEqual(set(metrics['a'][1]), {frozenset()})
        self.assertEqual(set(metrics['b'][1]), {frozenset()})

    def test_empty_job(self):
        self.refused('job name is required', 'put', '', 'gauge:a=1')

    def test_timestamps(self):
        self.refused('must not have timestamps', 'put', 'j', 'timed:a=1700000000')

    def test_series_twice(self):
        self.push('put', 'j', 'gauge:a=1')
        self.refused('was collected before', 'put', 'j', 'twice:a=1')
        self.assertEqual(self.value(group(job='j'), 'a'), 1)

    def test_push_times(self):
        """What the gateway itself says of pushes that it took and refused."""
        self.push('put', 'j', 'gauge:a=1')
        self.refused('timestamps', 'put', 'j', 'timed:b=1700000000')
        _, text = servers.get(f'{GATEWAY.url}/metrics')
        times = {line.split('{')[0]: float(line.split()[-1]) for line in text.decode().splitlines()
                 if line.startswith('push_') and 'job="j"' in line}
        self.assertEqual(set(times), {'push_time_seconds', 'push_failure_time_seconds'})
        self.assertTrue(all(abs(seconds - time.time()) < 60 for seconds in times.values()), times)

    def test_another_type(self):
        self.push('put', 'one', 'counter:a=1')
        self.refused('inconsistent with existing metrics', 'put', 'two', 'gauge:a_total=1')
        self.assertNotIn(group(job='two'),
                         {labels for labels, metrics in GATEWAY.groups().items() if metrics})

    def test_failed_push_leaves_the_data(self):
        self.push('put', 'j', 'gauge:a=1')
        self.refused('timestamps', 'put', 'j', 'gauge:a=2', 'timed:b=1700000000')
        self.assertEqual(self.value(group(job='j'), 'a'), 1)

    def test_nothing_to_push(self):
        self.push('put', 'j')
        self.assertEqual(list(GATEWAY.groups().values()), [{}])

    def test_many_series(self):
        self.push('put', 'j', *(f'gauge:m{number}={number}' for number in range(3000)))
        metrics = GATEWAY.groups()[group(job='j')]
        self.assertEqual(len(metrics), 3000)

    def test_gzip(self):
        """The same arrives, compressed or not."""
        for method, label in (('put', 'plain'), ('put+gzip', 'packed'), ('post+gzip', 'added')):
            self.push(method, 'j', 'every', '--', f'how={label}')
        plain, packed, added = (
            {name: (kind, [{**sample, 'labels': {**sample['labels'], 'how': ''}}
                           for sample in samples.values()])
             for name, (kind, samples) in GATEWAY.groups()[group(job='j', how=label)].items()}
            for label in ('plain', 'packed', 'added'))
        self.assertIn('e_histogram', plain)
        self.assertEqual(packed, plain)
        self.assertEqual(added, plain)
        self.push('put+gzip', 'j', *(f'gauge:m{number}={number}' for number in range(3000)))
        self.assertEqual(len(GATEWAY.groups()[group(job='j')]), 3000)
        self.push('delete+gzip', 'j')
        self.refused('must not have timestamps', 'put+gzip', 'j', 'timed:a=1700000000')


class Gateways(unittest.TestCase):
    def test_bad_keys_are_not_sent(self):
        for key in ('a-b=1', '=1', 'job=1', 'a/b=1', 'é=1'):
            self.assertEqual(push('put', 'j', '--', key)[:2], (LABELS, 0))

    def test_written_in_many_ways(self):
        for gateway in (GATEWAY.address, f'http://{GATEWAY.address}', f'HTTP://{GATEWAY.address}///',
                        GATEWAY.address.replace('127.0.0.1', 'localhost')):
            GATEWAY.wipe()
            self.assertEqual(push('put', 'j', 'gauge:a=1', gateway=gateway), (OK, 200, ''))
            self.assertEqual(len(GATEWAY.groups()), 1)

    def test_wrong_ones(self):
        code, status, message = push('put', 'j', gateway=f'{GATEWAY.address}/nowhere')
        self.assertEqual((code, status), (REFUSED, 404))
        self.assertIn('status 404 Not Found: 404 page not found', message)
        self.assertEqual(push('put', 'j', gateway=f'https://{GATEWAY.address}')[0], UNSUPPORTED)
        port, = servers.free_ports(1)
        code, status, message = push('put', 'j', gateway=f'127.0.0.1:{port}')
        self.assertEqual((code, status), (SYSTEM, 0))
        self.assertIn('cannot connect: Connection refused', message)

    def test_below_a_prefix(self):
        with tempfile.TemporaryDirectory() as folder:
            below = Pushgateway(GATEWAY.command[0], folder, 'below', prefix='/push/here')
            try:
                self.assertEqual(push('put', 'a/b', 'gauge:a=1', gateway=below.url + '/'), (OK, 200, ''))
                self.assertEqual(set(below.groups()), {group(job='a/b')})
            finally:
                below.end()

    def test_gateway_that_comes_back(self):
        """It restarts with nothing; the next push brings everything again."""
        with tempfile.TemporaryDirectory() as folder:
            gateway = Pushgateway(GATEWAY.command[0], folder, 'first')
            process = subprocess.Popen(
                [*shlex.split(os.environ.get('RUN', '')), DRIVER, 'keep', gateway.address, 'j',
                 'counter:a=3'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            try:
                for name in ('second', 'third', None):
                    servers.wait_for(lambda: 'a_total' in gateway.groups().get(group(job='j'), {}),
                                     'a push')
                    if name:
                        gateway.end()
                        time.sleep(0.3)  # for some failures
                        gateway = Pushgateway(GATEWAY.command[0], folder, name,
                                              address=gateway.address)
                said, _ = process.communicate(timeout=60)
                self.assertEqual(said, b'0 0 \n')
            finally:
                gateway.end()
                process.kill()
                process.wait()

    def test_service_that_pushes(self):
        """The example pushes from the start, and takes its group away."""
        GATEWAY.wipe()
        labels = group(job='exporter_or_push', instance='127.0.0.1')
        process = subprocess.Popen([*shlex.split(os.environ.get('RUN', '')),
                                    f'{os.environ["OBJ"]}/examples/exporter_or_push',
                                    GATEWAY.address, '2'])
        try:
            servers.wait_for(lambda: 'work_total' in GATEWAY.groups().get(labels, {}), 'a push')
            self.assertEqual(process.wait(60), 0)
            self.assertEqual(GATEWAY.groups(), {})
        finally:
            process.kill()
            process.wait()


def run_with(program, folder, name):
    """All tests; whether they passed."""
    global GATEWAY
    GATEWAY = Pushgateway(program, folder, name)
    try:
        version = subprocess.run([program, '--version'], capture_output=True, check=True)
        print((version.stdout + version.stderr).decode().split('(')[0])
        return unittest.main(exit=False).result.wasSuccessful()
    finally:
        GATEWAY.end()


def main():
    global DRIVER
    program = shutil.which('prometheus-pushgateway') or shutil.which('pushgateway')
    if not program:
        print('no Pushgateway is installed (make deps-integration)')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        DRIVER = servers.build('push_driver', folder)
        passed = run_with(program, folder, 'gateway')
        try:
            newer = servers.newer('prometheus-pushgateway', 'prometheus-pushgateway')
            passed = run_with(newer, folder, 'newer') and passed
        except servers.Missing as missing:
            print(f'newer servers: {missing}')
    return 0 if passed else 1


if __name__ == '__main__':
    sys.exit(main())
