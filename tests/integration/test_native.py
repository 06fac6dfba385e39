#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real Prometheus servers take native histograms, and compute with them.

One server of the system and one of a later Debian suite; what is missing is said. Environment: OBJ,
CC, BUILD; PROMETHEUS3 is the program to use as the newer server.
"""
import functools
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import servers

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
PROMETHEUS = []
NOTES = []


def build(folder):
    program = f'{folder}/native_values'
    command = [*shlex.split(os.environ.get('CC', 'cc')), *shlex.split(os.environ.get('CFLAGS', '-O2')),
               '-std=c11', '-Wall', '-Wextra', '-Wpedantic', f'-I{ROOT}/include', '-o', program,
               f'{ROOT}/tests/integration/native_values.c', f'{os.environ["OBJ"]}/libpromc.a',
               '-pthread', '-lm', *shlex.split(os.environ.get('LDFLAGS', ''))]
    if os.environ.get('SANITIZE'):
        command.append(f'-fsanitize={os.environ["SANITIZE"]}')
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(done.stderr.decode())
    return program


def find_prometheus():
    found = [program for program in [shutil.which('prometheus')] if program]
    if not found:
        NOTES.append('prometheus is not installed')
    try:
        found.append(os.environ.get('PROMETHEUS3') or servers.newer('prometheus', 'prometheus'))
    except (servers.Missing, OSError, subprocess.SubprocessError) as why:
        NOTES.append(f'no newer Prometheus: {why}')
    return found


def settings_for(program):
    """From 3.8 on native histograms are a setting instead of a feature flag."""
    text = subprocess.run([program, '--version'], capture_output=True, check=True)
    version = re.search(rb'version (\d+)\.(\d+)', text.stdout + text.stderr)
    if (int(version.group(1)), int(version.group(2))) >= (3, 8):
        return {'scrape_native_histograms': True}
    return {}


def each_prometheus(test):
    @functools.wraps(test)
    def run(self):
        for server in PROMETHEUS:
            with self.subTest(prometheus=server.name):
                servers.wait_for(lambda server=server: server.value('up') == 1, 'a scrape in time')
                test(self, server)
    return run


class Native(unittest.TestCase):
    def histogram(self, server, name):
        """(count, sum, [(lower, upper, count)])"""
        result = server.api('query', query=name)['result']
        self.assertEqual(len(result), 1, name)
        one = result[0]['histogram'][1]
        return (float(one['count']), float(one['sum']),
                [(float(low), float(high), float(count))
                 for _, low, high, count in one.get('buckets', [])])

    @each_prometheus
    def test_no_scrape_fails(self, server):
        failures = [failure for failure in server.failures()
                    if 'context deadline exceeded' not in failure[1]]
        self.assertEqual(failures, [])

    @each_prometheus
    def test_quantiles(self, server):
        self.assertEqual(server.value('histogram_count(n_hundredths)'), 1000)
        self.assertAlmostEqual(server.value('histogram_sum(n_hundredths)'), 5005, places=6)
        for quantile in (0.01, 0.1, 0.5, 0.9, 0.99):
            value = server.value(f'histogram_quantile({quantile}, n_hundredths)')
            self.assertTrue(abs(value / (10 * quantile) - 1) < 0.1, (quantile, value))
        self.assertAlmostEqual(server.value('histogram_fraction(0, 4, n_hundredths)'), 0.4, places=2)

    @each_prometheus
    def test_both_signs(self, server):
        count, total, buckets = self.histogram(server, 'n_signs')
        self.assertEqual((count, total), (9, 0))
        zero = 2.0 ** -128
        self.assertEqual(buckets, [(-4, -2, 2), (-2, -1, 1), (-1, -0.5, 1), (-zero, zero, 1),
                                   (0.5, 1, 1), (1, 2, 1), (2, 4, 2)])

    @each_prometheus
    def test_with_classic_buckets(self, server):
        count, total, buckets = self.histogram(server, 'n_both')
        self.assertEqual((count, total), (20, 210))
        self.assertEqual(buckets, [(0.5, 1, 1), (1, 2, 1), (2, 4, 2), (4, 8, 4), (8, 16, 8),
                                   (16, 32, 4)])

    @each_prometheus
    def test_empty(self, server):
        if server.version.startswith('2.4'):  # takes it for a classic one before it has a bucket
            self.assertEqual(server.value('n_empty_count'), 0)
        else:
            self.assertEqual(self.histogram(server, 'n_empty'), (0, 0, []))

    @each_prometheus
    def test_what_is_no_number(self, server):
        count, total, buckets = self.histogram(server, 'n_odd')
        self.assertEqual(count, 4)
        self.assertTrue(math.isnan(total))
        self.assertEqual(sum(bucket[2] for bucket in buckets), 3)

    @each_prometheus
    def test_the_limit(self, server):
        count, total, buckets = self.histogram(server, 'n_coarse')
        self.assertEqual((count, total), (1000, 500500))
        self.assertLessEqual(len(buckets), 8)
        self.assertEqual(sum(bucket[2] for bucket in buckets), 1000)
        for low, high, number in buckets:
            inside = sum(low < i <= high for i in range(1, 1001))
            self.assertEqual(number, inside, (low, high))

    @each_prometheus
    def test_gauge_histogram(self, server):
        self.assertEqual(self.histogram(server, 'n_there'),
                         (4, 42, [(0.5, 1, 1), (1, 2, 1), (16, 32, 2)]))

    @each_prometheus
    def test_more_left_than_came(self, server):
        self.assertEqual(self.histogram(server, 'n_left'), (1, 3.5, [(4, 8, 1)]))

    @each_prometheus
    def test_every_schema(self, server):
        for schema in range(-4, 9):
            count, total, buckets = self.histogram(server, f'n_schema_{schema + 4}')
            self.assertEqual((count, total, len(buckets)), (10, 30, 1))
            low, high, _ = buckets[0]
            self.assertTrue(low < 3 <= high)
            self.assertAlmostEqual(high / low, 2 ** 2 ** -schema, places=9)

    @each_prometheus
    def test_numbers_agree_under_load(self, server):
        """Pairs whose sum is their count: only what is in the middle may be missing."""
        servers.wait_for(lambda: (server.value('count_over_time(n_loaded[1m])') or 0) >= 12,
                         'scrapes')
        result = server.api('query', query='n_loaded[1m]')['result'][0]
        last = 0
        for _, one in result['histograms']:
            count = float(one['count'])
            self.assertEqual(sum(float(bucket[3]) for bucket in one['buckets']), count)
            self.assertLess(abs(float(one['sum']) - count), 2 * 2 ** 20 + 1)
            self.assertGreaterEqual(count, last)
            last = count
        self.assertGreater(last, 10000)
        self.assertEqual(server.value('resets(n_loaded[1m])'), 0)
        self.assertGreater(server.value('histogram_count(rate(n_loaded[5s]))'), 0)

    @each_prometheus
    def test_exemplars(self, server):
        if server.version.startswith('2.4'):
            return  # knows those of classic buckets only
        found = server.api('query_exemplars', query='n_traced', start=time.time() - 600,
                           end=time.time() + 10)
        self.assertEqual(sorted((one['labels']['trace_id'], float(one['value']))
                                for one in found[0]['exemplars']), [('one', 1.5), ('two', 150)])


def main():
    programs = find_prometheus()
    if not programs:
        print('skipped:', '; '.join(NOTES))
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        started = []
        try:
            ports = servers.free_ports(1 + len(programs))
            started.append(servers.Server([build(folder), str(ports[0])]))
            started[0].address()
            for number, program in enumerate(programs):
                server = servers.Prometheus(program, f'{folder}/prometheus{number}',
                                            ports[1 + number], {'native': ports[0]},
                                            features='native-histograms,exemplar-storage',
                                            settings=settings_for(program))
                PROMETHEUS.append(server)
                started.append(server)
                print('scraped by Prometheus', server.name)
            result = unittest.main(exit=False, verbosity=2).result
        finally:
            for server in started:
                server.end()
    for note in NOTES:
        print('note:', note)
    sys.exit(not result.wasSuccessful())


if __name__ == '__main__':
    main()
