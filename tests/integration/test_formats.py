#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every format, scraped by real Prometheus servers with and without their feature flags.

Between server and program stands a forwarder that asks for one format, so that each server reads all
of them, whatever it prefers. What each should keep of types, units, exemplars and buckets is in the
tests. Environment: OBJ, CC, BUILD; PROMETHEUS3 is the program to use as the newer server.
"""
import http.server
import sys
import tempfile
import threading
import time
import unittest
import urllib.request

import servers
import test_native
import test_prometheus

FORMATS = {
    'text_0_0_4': 'text/plain;version=0.0.4',
    'text_1_0_0': 'text/plain;version=1.0.0;escaping=underscores',
    'openmetrics_0_0_1': 'application/openmetrics-text;version=0.0.1',
    'openmetrics_1_0_0': 'application/openmetrics-text;version=1.0.0',
    'protobuf': 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;'
                'encoding=delimited',
}
RICH = ('openmetrics_0_0_1', 'openmetrics_1_0_0', 'protobuf')  # these have exemplars
FLAGS = ('', 'exemplar-storage', 'native-histograms', 'native-histograms,exemplar-storage')
SERVERS = []


class Forwarder(http.server.ThreadingHTTPServer):
    """Hands requests on to a program, in another format than was asked for."""
    daemon_threads = True

    def __init__(self, target, accept):
        self.target, self.accept = target, accept
        super().__init__(('127.0.0.1', 0), Forward)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Forward(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        request = urllib.request.Request(self.server.target, headers={'Accept': self.server.accept})
        with urllib.request.urlopen(request, timeout=10) as response:
            body = response.read()
            self.send_response(200)
            self.send_header('Content-Type', response.headers['Content-Type'])
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def each(test):
    """For every server and every format."""
    def run(self):
        for server in SERVERS:
            for form in FORMATS:
                with self.subTest(prometheus=server.version, flags=server.flags, format=form):
                    test(self, server, form)
    return run


def exemplars(server, series):
    return {(exemplar['labels']['trace_id'], float(exemplar['value']))
            for one in server.api('query_exemplars', query=series, start=time.time() - 600,
                                  end=time.time() + 10)
            for exemplar in one['exemplars']}


class Formats(unittest.TestCase):
    @each
    def test_it_is_read(self, server, form):
        self.assertEqual(server.targets()[form]['lastError'], '')
        self.assertEqual(server.value(f'up{{job="{form}"}}'), 1)
        self.assertEqual(server.value(f'count(v_many_total{{job="{form}"}})'), 1000)
        self.assertEqual(server.value(f'v_sent_bytes_total{{job="{form}"}}'), 7)
        self.assertEqual(server.value(f'v_window_count{{job="{form}",of="1 to 1000"}}'), 1000)

    @each
    def test_quantiles_of_buckets(self, server, form):
        self.assertAlmostEqual(server.value(
            f'histogram_quantile(0.5, v_wait_seconds_bucket{{job="{form}"}})'), 2)
        self.assertAlmostEqual(server.value(
            f'histogram_quantile(0.25, v_wait_seconds_bucket{{job="{form}"}})'), 1)
        self.assertEqual(server.value(f'v_wait_seconds_sum{{job="{form}"}}'), 10)

    @each
    def test_names_that_look_alike(self, server, form):
        self.assertEqual(server.query(f'v_alike{{job="{form}"}}'),
                         {frozenset({('U___7532_', '1'), ('U___4e59_', '2')}): 9})
        self.assertEqual(server.query(f'v_dots{{job="{form}"}}'),
                         {frozenset({('U__disk_2e_name', '1'), ('disk_name', '2')}): 10})
        values = {'U___6e29__5ea6_': 11, 'U___6e7f__5ea6_': 12, 'U__v_2e_load_total': 13,
                  'v_load_total': 14}
        self.assertEqual({name: server.value(f'{name}{{job="{form}"}}') for name in values}, values)

    @each
    def test_exemplars(self, server, form):
        kept = 'exemplar-storage' in server.flags and form in RICH
        self.assertEqual(exemplars(server, f'v_traced_total{{job="{form}"}}'),
                         {('磁盘', 2.5)} if kept else set())
        self.assertEqual(exemplars(server, f'v_wait_seconds_bucket{{job="{form}"}}'),
                         {('wait', 1), ('wait', 2), ('wait', 4)} if kept else set())

    @each
    def test_types_and_units(self, server, form):
        found = {one['metric']: one for one in server.api('targets/metadata',
                                                          match_target=f'{{job="{form}"}}')}
        openmetrics = form.startswith('openmetrics')
        total = '' if openmetrics else '_total'
        rich = form in RICH
        types = {'v_value': 'gauge', f'v_sent_bytes{total}': 'counter', 'v_wait_seconds': 'histogram',
                 'v_window': 'summary', 'v_unknown': 'unknown',
                 'v_now': 'gaugehistogram' if rich else 'histogram',
                 'v_flags': 'stateset' if openmetrics else 'gauge',
                 f'v_about{"" if openmetrics else "_info"}': 'info' if openmetrics else 'gauge'}
        self.assertEqual({name: found[name]['type'] for name in types if name in found}, types)
        has_unit = openmetrics or (form == 'protobuf' and not server.version.startswith('2.'))
        self.assertEqual(found['v_wait_seconds']['unit'], 'seconds' if has_unit else '')
        self.assertEqual(found[f'v_sent_bytes{total}']['unit'], 'bytes' if has_unit else '')
        self.assertEqual(found['v_help']['help'], 'Back\\slash, "quotes" and\nnew line.')


class Native(unittest.TestCase):
    def test_native_buckets(self):
        for server in SERVERS:
            if 'native-histograms' not in server.flags:
                continue
            with self.subTest(prometheus=server.version, flags=server.flags):
                self.assertEqual(server.targets()['native']['lastError'], '')
                value = server.value('histogram_quantile(0.9, n_hundredths{job="native"})')
                self.assertLess(abs(value / 9 - 1), 0.1)


def scraped(server):
    targets = server.targets().values()
    return (len(targets) >= len(FORMATS)
            and all(target['health'] != 'unknown' for target in targets))


def start(folder, programs, values, native):
    jobs = {form: Forwarder(values, accept).server_address[1] for form, accept in FORMATS.items()}
    ports = servers.free_ports(len(programs) * len(FLAGS))
    for program in programs:
        for flags in FLAGS:
            targets = dict(jobs)
            if 'native-histograms' in flags:
                targets['native'] = native
            port = ports.pop()
            server = servers.Prometheus(program, f'{folder}/{port}', port, targets, features=flags,
                                        settings={'scrape_interval': '1s', 'scrape_timeout': '1s'})
            server.flags = flags
            SERVERS.append(server)
            print('scraped by Prometheus', server.name, flags)


def main():
    programs = test_native.find_prometheus()
    for note in test_native.NOTES:
        print('note:', note)
    if not programs:
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        started = []
        try:
            port, = servers.free_ports(1)
            started.append(servers.Server([test_prometheus.build_every_value(folder), '0']))
            started.append(servers.Server([test_native.build(folder), str(port)]))
            started[1].address()
            start(folder, programs, started[0].address(), port)
            for server in SERVERS:
                servers.wait_for(lambda server=server: scraped(server), 'scrapes')
            result = unittest.main(exit=False, verbosity=2).result
        finally:
            for server in SERVERS + started:
                server.end()
    sys.exit(not result.wasSuccessful())


if __name__ == '__main__':
    main()
