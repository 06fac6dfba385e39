#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Prometheus servers scrape the examples and a program with every kind of value.

One server of the system and some of a later Debian suite (Prometheus 3 takes UTF-8 names, refuses
what older ones let pass, and can be told which formats to ask for) scrape the same programs at the
same time. What a Prometheus does not
notice (repeated series, histograms that do not add up) is for promtext.py; promtool and
client_python's parser read the same text. Environment: OBJ, CC, BUILD; PROMETHEUS3 is the program
to use as the newer server.
"""
import functools
import math
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(ROOT, 'tests'))
import servers  # noqa: E402
from promtext import Exposition  # noqa: E402

LINTS = {'every_value': ['v_no_help no help text']}  # those that are meant
EXAMPLES = ['hello', 'labels', 'every_type', 'static_definitions', 'custom_collector',
            'own_event_loop', 'own_http_server', 'demo']
# What the newer servers ask for, one after the other; None: what they do by themselves.
PROTOCOLS = [None, ['PrometheusText1.0.0'], ['PrometheusProto', 'PrometheusText0.0.4']]
STARTED = {}     # programs by name
PROMETHEUS = []  # servers
NOTES = []


def build_every_value(folder):
    program = f'{folder}/every_value'
    command = [*shlex.split(os.environ.get('CC', 'cc')), *shlex.split(os.environ.get('CFLAGS', '-O2')),
               '-std=c11', '-Wall', '-Wextra', '-Wpedantic', f'-I{ROOT}/include', '-o', program,
               f'{ROOT}/tests/integration/every_value.c', f'{os.environ["OBJ"]}/libpromc.a',
               '-pthread', *shlex.split(os.environ.get('LDFLAGS', ''))]
    if os.environ.get('SANITIZE'):
        command.append(f'-fsanitize={os.environ["SANITIZE"]}')
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(done.stderr.decode())
    return program


def find_prometheus():
    """Programs and what they ask for; what is missing is noted."""
    found = [(program, None) for program in [shutil.which('prometheus')] if program]
    if not found:
        NOTES.append('prometheus is not installed')
    try:
        program = os.environ.get('PROMETHEUS3') or servers.newer('prometheus', 'prometheus')
        found += [(program, protocols) for protocols in PROTOCOLS]
    except (servers.Missing, OSError, subprocess.SubprocessError) as why:
        NOTES.append(f'no newer Prometheus: {why}')
    return found


def start_everything(folder, programs):
    ports = servers.free_ports(len(EXAMPLES) + 1 + len(programs))
    paths = {name: f'{os.environ["OBJ"]}/examples/{name}' for name in EXAMPLES}
    paths['every_value'] = build_every_value(folder)
    targets = {}
    for (name, path), port in zip(paths.items(), ports):
        STARTED[name] = servers.Server([path, str(port)])
        targets[name] = port
        STARTED[name].url = STARTED[name].address()
    starting = []
    for number, (program, protocols) in enumerate(programs):  # together: it takes five seconds
        def start(program=program, protocols=protocols, number=number):
            PROMETHEUS.append(servers.Prometheus(program, f'{folder}/prometheus{number}',
                                                 ports[-1 - number], targets, protocols))
        starting.append(threading.Thread(target=start))
        starting[-1].start()
    for thread in starting:
        thread.join()
    if len(PROMETHEUS) != len(programs):
        raise AssertionError('a Prometheus did not start')
    for server in PROMETHEUS:
        print('scraped by Prometheus', server.name)
        servers.wait_for(lambda server=server: all(
            target['health'] != 'unknown' for target in server.targets().values()), 'scrapes')


def stop_everything():
    for server in PROMETHEUS + list(STARTED.values()):
        server.end()


def each_prometheus(test):
    @functools.wraps(test)
    def run(self):
        for server in PROMETHEUS:
            with self.subTest(prometheus=server.name):
                for last in (False, False, True):
                    try:
                        test(self, server)
                    except AssertionError:
                        # A scrape that a busy machine made too late took the values away.
                        if last or server.value('min(min_over_time(up[2s]))') == 1:
                            raise
                        time.sleep(1)
                    else:
                        break
    return run


def each_text(test):
    @functools.wraps(test)
    def run(self):
        for name, program in STARTED.items():
            with self.subTest(program=name):
                test(self, name, servers.get(program.url)[1])
    return run


class Scraped(unittest.TestCase):
    @each_prometheus
    def test_every_target_is_up(self, server):
        self.assertEqual({job: (target['health'], target['lastError'])
                          for job, target in server.targets().items()},
                         {job: ('up', '') for job in STARTED})
        self.assertEqual(server.value('count(up == 1)'), len(STARTED))

    @each_prometheus
    def test_no_scrape_fails(self, server):
        """None but those that the machine had no time for, and these are few."""
        failures = [failure for failure in server.failures()
                    if 'context deadline exceeded' not in failure[1]]
        self.assertEqual(failures, [])
        self.assertGreater(server.value('avg(avg_over_time(up[1m]))'), 0.9)

    @each_prometheus
    def test_values(self, server):
        expected = {'nan': math.nan, 'inf': math.inf, '-inf': -math.inf, '-0': -0.0,
                    'max': sys.float_info.max, 'min': 5e-324, '0.1': 0.1, '1e22': 1e22,
                    '-1234567': -1234567.0, '2^53': 2.0 ** 53}
        values = {dict(labels)['of']: value
                  for labels, value in server.query('v_value').items()}
        self.assertTrue(math.isnan(values.pop('nan')))
        self.assertEqual(values, {key: value for key, value in expected.items()
                                  if key != 'nan'})
        self.assertEqual(math.copysign(1, values['-0']), -1)

    @each_prometheus
    def test_labels(self, server):
        values = {dict(labels).get('is'): value
                  for labels, value in server.query('v_label').items()}
        self.assertEqual(values, {'磁盘满 😱': 1, 'a\\b"c\nd': 2, None: 3,
                                  '}, # HELP x{y="': 4, '\ufffd cut \ufffd': 5})
        self.assertEqual(server.query('v_const'),
                         {frozenset({('app', 'a'), ('zone', 'b')}): 9})

    @each_prometheus
    def test_names_of_the_new_kind(self, server):
        old, new = server.value('v_dotted_name'), server.value('{__name__="v.dotted.name"}')
        if server.version.startswith('2.'):
            self.assertEqual((old, new), (6, None))
        elif not server.protocols or server.protocols == ['PrometheusText1.0.0']:
            self.assertEqual((old, new), (None, 6))
        else:  # formats with and without a way to say it
            self.assertIn((old, new), [(None, 6), (6, None)])

    @each_prometheus
    def test_names_that_look_alike(self, server):
        old = {'U___6e29__5ea6_': 11, 'U___6e7f__5ea6_': 12, 'U__v_2e_load_total': 13,
               'v_load_total': 14}
        new = {'温度': 11, '湿度': 12, 'v.load_total': 13, 'v_load_total': 14}
        found = [{name: server.value(f'{{__name__="{name}"}}') for name in names}
                 for names in (old, new)]
        labels, = (dict(labels) for labels in server.query('v_alike'))
        if server.version.startswith('2.') or found[0] == old:
            self.assertEqual(found[0], old)
            self.assertEqual(labels, {'U___7532_': '1', 'U___4e59_': '2'})
        else:
            self.assertEqual(found[1], new)
            self.assertEqual(labels, {'甲': '1', '乙': '2'})

    @each_prometheus
    def test_metadata(self, server):
        # By name in the old text format, then by name in the formats that know more types.
        types = [{'v_value': 'gauge'}, {'v_loaded': 'histogram'}, {'v_ones': 'summary'},
                 {'v_quantiles': 'summary'}, {'v_window': 'summary'}, {'v_unknown': 'unknown'},
                 {'v_written_total': 'counter', 'v_written': 'counter'},
                 {'process_cpu_seconds_total': 'counter', 'process_cpu_seconds': 'counter'},
                 {'v_now': 'histogram|gaugehistogram'}, {'v_flags': 'gauge|stateset'},
                 {'v_about_info': 'gauge', 'v_about': 'info'}]
        metadata = server.api('metadata')
        for names in types:
            found = {name: metadata[name][0]['type'] for name in names if name in metadata}
            self.assertEqual(len(found), 1, names)
            for name, kind in found.items():
                self.assertIn(kind, names[name].split('|'), name)
        self.assertEqual(metadata['v_help'][0]['help'], 'Back\\slash, "quotes" and\nnew line.')
        self.assertEqual(metadata['v_no_help'][0]['help'], '')

    @each_prometheus
    def test_exemplar(self, server):
        self.assertEqual(server.value('v_traced_total'), 2.5)
        if 'v_about' not in server.api('metadata'):
            return  # the old text format has none
        found = server.api('query_exemplars', query='v_traced_total', start=time.time() - 600,
                           end=time.time() + 10)
        self.assertEqual([(one['labels'], float(one['value'])) for one in found[0]['exemplars']],
                         [({'trace_id': '磁盘'}, 2.5)])

    @each_prometheus
    def test_quantiles_of_a_window(self, server):
        found = {dict(labels)['quantile']: value for labels, value
                 in server.query('v_window{of="1 to 1000",quantile!=""}').items()}
        self.assertEqual(sorted(found), ['0.0', '0.5', '0.99', '1.0'])
        for quantile, value in found.items():
            exact = 1 + math.floor(float(quantile) * 999)
            self.assertLessEqual(abs(value - exact), 0.01 * exact, quantile)
        self.assertEqual(server.value('v_window_count{of="1 to 1000"}'), 1000)
        empty = server.query('v_window{of="nothing",quantile!=""}')
        self.assertEqual(len(empty), 4)
        self.assertTrue(all(math.isnan(value) for value in empty.values()))

    @each_prometheus
    def test_types_of_the_writer(self, server):
        self.assertEqual(server.value('v_written_total'), 2.0 ** 64)
        self.assertEqual(server.value('v_unknown'), -2.0 ** 63)
        self.assertEqual(server.value('v_quantiles{quantile="0.5"}'), 1.5)
        self.assertEqual(server.value('v_quantiles{quantile="0.99"}'), 9.25)
        self.assertEqual(server.value('v_quantiles_count'), 12)
        self.assertEqual(server.value('v_quantiles_sum'), 34.5)
        self.assertEqual({dict(labels)['le']: value
                          for labels, value in server.query('v_now_bucket').items()},
                         {'-1.0': 1, '0.0': 3, '2.5': 6, '+Inf': 10})
        self.assertEqual(server.value('{__name__=~"v_now_g?count",q="in"}'), 10)
        self.assertEqual({dict(labels)['v_flags']: value
                          for labels, value in server.query('v_flags').items()},
                         {'a': 1, 'b': 0, 'c': 1})
        self.assertEqual(server.value('v_about_info{k="v",of="x"}'), 1)
        age = time.time() - server.value('timestamp(v_stamped)')
        self.assertTrue(1.5 <= age <= 6, age)

    @each_prometheus
    def test_types_of_the_examples(self, server):
        self.assertEqual(server.value('orders_total'), 3.5)
        self.assertEqual(server.value('tables_taken'), 9)
        self.assertEqual(server.value('room_celsius'), 21.5)
        self.assertEqual(server.value('bill_euros_sum / bill_euros_count'), 21)
        self.assertEqual(server.value('wait_seconds_bucket{le="300.0"}'), 1)
        self.assertEqual(server.value('wait_seconds_bucket{le="+Inf"}'), 2)
        self.assertEqual(server.value('wait_seconds_sum'), 1240)
        self.assertEqual(server.value('{__name__=~"party_size_g?sum"}'), 6)
        self.assertEqual(server.value('menu_info{cook="Ada",soup="minestrone"}'), 1)
        self.assertEqual(server.value('door == 1'), 1)
        self.assertEqual(server.value('shop_http_requests_total{code="200"}'), 1000)
        self.assertEqual(server.value('job_seconds_count{kind="by hand"}'), 1)
        self.assertEqual(server.value('pool_connections{pool="orders",state="busy"}'), 5)
        self.assertEqual(server.value('messages_total'), 2)
        self.assertGreater(server.value('requests_total'), 1)
        start = server.value('process_start_time_seconds{job="every_type"}')
        self.assertLess(abs(time.time() - start), 600)

    @each_prometheus
    def test_many_series(self, server):
        self.assertEqual(server.value('count(v_many_total)'), 1000)
        self.assertEqual(server.value('sum(v_many_total)'), sum(range(1000)))
        self.assertEqual(server.value('v_many_total{a="711",b="4"}'), 711)
        self.assertIsNone(server.value('v_childless'))

    @each_prometheus
    def test_numbers_agree_under_load(self, server):
        """In no scrape differ number, sum and the buckets of observations that were all 1."""
        servers.wait_for(lambda: server.value(
            'count_over_time(v_loaded_count[1m])') >= 20, 'twenty scrapes')
        window = '[1m]'
        series = {}
        for name in ('v_loaded_count', 'v_loaded_sum', 'v_loaded_bucket{le="1.0"}',
                     'v_loaded_bucket{le="+Inf"}', 'v_loaded_bucket{le="0.5"}',
                     'v_ones_count', 'v_ones_sum'):
            series[name] = dict(server.api('query', query=name + window)['result'][0]['values'])
        times = set.intersection(*(set(values) for values in series.values()))
        self.assertGreaterEqual(len(times), 18)
        for moment in times:
            count = series['v_loaded_count'][moment]
            for name in list(series)[1:4]:
                self.assertEqual(series[name][moment], count, (name, moment))
            self.assertEqual(series['v_loaded_bucket{le="0.5"}'][moment], '0')
            self.assertEqual(series['v_ones_count'][moment],
                             series['v_ones_sum'][moment])
        counts = [float(series['v_loaded_count'][moment]) for moment in sorted(times)]
        self.assertEqual(counts, sorted(counts))
        self.assertGreater(counts[-1], counts[0])
        self.assertEqual(server.value('resets(v_loads_total[1m])'), 0)

    @each_prometheus
    def test_demo_moves(self, server):
        servers.wait_for(lambda: (server.value(
            'sum(rate(shop_requests_total[2s]))') or 0) > 10, 'requests of the demo')
        quantile = server.value('histogram_quantile(0.9, sum by (le) '
                                '(rate(shop_request_seconds_bucket[5s])))')
        self.assertTrue(0 < quantile <= 0.1, quantile)
        self.assertGreater(server.value('shop_response_bytes_sum'), 0)
        self.assertGreaterEqual(server.value('{__name__=~"shop_queue_items_g?count"}'), 0)
        self.assertEqual(server.value('sum(shop_state)'), 1)
        self.assertEqual(server.value('count(shop_build_info{revision="花火"})'), 1)
        self.assertTrue(0 <= server.value('shop_requests_in_progress') <= 4)


class Texts(unittest.TestCase):
    """The same programs, read by other readers."""

    @each_text
    def test_strict_reading(self, name, text):
        self.assertGreater(len(Exposition(text).values), 0)

    @unittest.skipUnless(shutil.which('promtool'), 'promtool is not installed')
    @each_text
    def test_promtool(self, name, text):
        done = subprocess.run(['promtool', 'check', 'metrics'], input=text,
                              capture_output=True, check=False)
        self.assertEqual((done.stdout + done.stderr).decode().splitlines(), LINTS.get(name, []))
        self.assertIn(done.returncode, (0, 3))

    @each_text
    def test_client_python(self, name, text):
        try:
            from prometheus_client.parser import text_string_to_metric_families
        except ImportError:
            self.skipTest('client_python is not installed')
        theirs = {(sample.name, frozenset(sample.labels.items())): sample.value
                  for family in text_string_to_metric_families(text.decode())
                  for sample in family.samples}
        ours = Exposition(text).values
        self.assertEqual(theirs.keys(), ours.keys())
        for series, value in ours.items():
            self.assertTrue(theirs[series] == value or math.isnan(value), series)


    @each_text
    def test_client_python_openmetrics(self, name, text):
        try:
            from prometheus_client.openmetrics.parser import text_string_to_metric_families
        except ImportError:
            self.skipTest('client_python is not installed')
        text = servers.get(STARTED[name].url, 'application/openmetrics-text;version=1.0.0')[1]
        families = list(text_string_to_metric_families(text.decode()))
        self.assertGreater(len(families), 0)
        names = [family.name for family in families]
        self.assertEqual(len(names), len(set(names)))


class Z_AfterTheEnd(unittest.TestCase):
    def test_a_program_that_ended_is_down(self):
        STARTED['labels'].end()
        for server in PROMETHEUS:
            servers.wait_for(lambda: server.value('up{job="labels"}') == 0, 'down', 10)
            self.assertIn('connection refused', server.targets()['labels']['lastError'])
            self.assertIsNone(server.value('sessions'))
            self.assertIn('connection refused', ' '.join(error for _, error in server.failures()))


def main():
    programs = find_prometheus()
    if not programs:
        print('skipped:', '; '.join(NOTES))
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        try:
            start_everything(folder, programs)
            result = unittest.main(exit=False, verbosity=2).result
        finally:
            stop_everything()
    for note in NOTES:
        print('note:', note)
    sys.exit(not result.wasSuccessful())


if __name__ == '__main__':
    main()
