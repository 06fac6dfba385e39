#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Random operations, done by client_python and by build/tests/replay: the texts must be the same.

    differential.py [COUNT] [--seed N]

The operations are those of replay.c. Compared are text, in every escaping, and OpenMetrics where
client_python has no quirk. Text must also be readable for client_python's parser and for `promtool
check metrics` (where it is installed), and, of cases without what OpenMetrics
forbids (negative and NaN sums, which client_python writes all the same) and what that parser stumbles
over (braces and # in values), OpenMetrics for client_python's strict parser. A difference is cut down to the operations that matter, and
the seed repeats the run.

client_python is Debian's python3-prometheus-client, or a newer one from the directory that
PROMC_CLIENT_PYTHON names. Released versions up to 0.25.0 write 1e10 as "1e+010"; the corrected rule
is put in their place below. Names outside the old character set, remove_matching and the escapings
are tried only with a version that has them. Where libpromc deliberately does something else (a NaN
observation, duplicate bounds, names that end in a newline), nothing is generated.

Environment: BUILD, REPLAY (the program), RUN (an emulator to run it with). Exit status 77: skipped.
"""
import argparse
import difflib
import io
import math
import os
import random
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from effort import effort  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REPLAY = os.environ.get('REPLAY') or os.path.join(
    os.environ.get('BUILD', os.path.join(ROOT, 'build')), 'tests', 'replay')

for variable in ('PROMETHEUS_DISABLE_CREATED_SERIES', 'PROMETHEUS_LEGACY_NAME_VALIDATION',
                 'PROMETHEUS_MULTIPROC_DIR', 'prometheus_multiproc_dir'):
    os.environ.pop(variable, None)
if os.environ.get('PROMC_CLIENT_PYTHON'):
    sys.path.insert(0, os.environ['PROMC_CLIENT_PYTHON'])
try:
    import prometheus_client as client
    from prometheus_client import exposition, metrics, parser, registry, utils
    from prometheus_client.openmetrics import exposition as openmetrics, parser as strict_parser
except ImportError as error:
    print(f'no client_python ({error}): install python3-prometheus-client; nothing compared')
    sys.exit(77)

HAS_UTF_8 = hasattr(openmetrics, 'escape_metric_name')
HAS_REMOVE_MATCHING = hasattr(client.Counter, 'remove_by_labels')
ESCAPINGS = ('underscores', 'allow-utf-8', 'dots', 'values')


def go_string(d):
    """utils.floatToGoString as it is since July 2026."""
    d = float(d)
    if math.isinf(d):
        return '+Inf' if d > 0 else '-Inf'
    if math.isnan(d):
        return 'NaN'
    text = repr(d)
    dot = text.find('.')
    if d > 0 and dot > 6:
        mantissa = f'{text[0]}.{text[1:dot]}{text[dot + 1:]}'.rstrip('0').rstrip('.')
        return f'{mantissa}e+{dot - 1:02d}'
    return text


if utils.floatToGoString(1e10) != '1e+10':
    for module in [m for n, m in sys.modules.items() if n.startswith('prometheus_client')]:
        if hasattr(module, 'floatToGoString'):
            module.floatToGoString = go_string


# ---- the operations, done by client_python --------------------------------------------------------

ESCAPES = {'\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r'}
UNESCAPES = {'\\': '\\', 't': '\t', 'n': '\n', 'r': '\r'}


def escape(field):
    return ''.join(ESCAPES.get(c, c) for c in field)


def unescape(field):
    characters = iter(field)
    return ''.join(UNESCAPES[next(characters)] if c == '\\' else c for c in characters)


def pairs(fields):
    return dict(zip(fields[::2], fields[1::2]))


class Python:
    """What replay.c is, on client_python."""
    KINDS = {'counter': client.Counter, 'gauge': client.Gauge, 'summary': client.Summary,
             'histogram': client.Histogram, 'info': client.Info, 'enum': client.Enum}

    def __init__(self, operations):
        self.registry = registry.CollectorRegistry()
        self.metrics = {}
        self.now = 0.0
        real_time, time.time = time.time, lambda: self.now
        metrics._use_created = True
        try:
            for line in operations:
                self.run([unescape(field) for field in line.split('\t')])
            self.text = {e: self.generate(e) for e in (ESCAPINGS if HAS_UTF_8 else ESCAPINGS[:1])}
            self.openmetrics = {'underscores': openmetrics.generate_latest(self.registry)}
            if HAS_UTF_8:
                self.openmetrics['allow-utf-8'] = openmetrics.generate_latest(
                    self.registry, escaping='allow-utf-8')
        finally:
            time.time = real_time

    def generate(self, escaping):
        if HAS_UTF_8:
            return exposition.generate_latest(self.registry, escaping=escaping)
        return exposition.generate_latest(self.registry)

    def run(self, fields):
        word, rest = fields[0], fields[1:]
        if word == 'clock':
            self.now = float(rest[0])
        elif word == 'created':
            metrics._use_created = rest[0] == 'on'
        elif word == 'target_info':
            self.registry.set_target_info(pairs(rest))
        elif word in self.KINDS and rest[0] not in self.metrics:
            self.define(self.KINDS[word], *rest)
        else:
            getattr(self, word)(self.metrics[rest[0]], *rest[1:])

    def define(self, kind, name, metric, documentation, *options):
        keywords = dict(option.split('=', 1) for option in options)
        for key in ('labels', 'states', 'buckets'):
            if key in keywords:
                keywords[key] = keywords[key].split(',')
        if 'labels' in keywords:
            keywords['labelnames'] = keywords.pop('labels')
        self.metrics[name] = kind(metric, documentation, registry=self.registry, **keywords)

    @staticmethod
    def child(metric, values):
        return metric.labels(*values) if values else metric

    def inc(self, metric, amount, *values):
        try:
            self.child(metric, values).inc(float(amount))
        except ValueError:
            assert isinstance(metric, client.Counter) and float(amount) < 0

    def dec(self, metric, amount, *values):
        self.child(metric, values).dec(float(amount))

    def set(self, metric, amount, *values):
        self.child(metric, values).set(float(amount))

    def observe(self, metric, amount, *values):
        self.child(metric, values).observe(float(amount))

    def inc_exemplar(self, metric, amount, count, *rest):
        end = 2 * int(count)
        self.child(metric, rest[end:]).inc(float(amount), exemplar=pairs(rest[:end]))

    def observe_exemplar(self, metric, amount, count, *rest):
        end = 2 * int(count)
        self.child(metric, rest[end:]).observe(float(amount), exemplar=pairs(rest[:end]))

    def set_to_current_time(self, metric, *values):
        self.child(metric, values).set_to_current_time()

    def reset(self, metric, *values):
        child = self.child(metric, values)
        if hasattr(child, 'reset'):
            child.reset()
        else:  # as newer versions do
            child._value.set(0)
            child._created = self.now

    def touch(self, metric, *values):
        self.child(metric, values)

    def info(self, metric, count, *rest):
        end = 2 * int(count)
        self.child(metric, rest[end:]).info(pairs(rest[:end]))

    def state(self, metric, state, *values):
        self.child(metric, values).state(state)

    def remove(self, metric, *values):
        try:
            metric.remove(*values)
        except KeyError:  # older versions; newer ones say nothing
            pass

    def remove_matching(self, metric, *rest):
        metric.remove_by_labels(pairs(rest))

    def clear(self, metric):
        if metric._labelnames:
            metric.clear()

    def unregister(self, metric):
        self.registry.unregister(metric)


# ---- random operations ----------------------------------------------------------------------------

WORDS = ('requests', 'a', 'queue_size', 'job', 'HTTP', '_x', '__y', 'x9', 'total', 'created', 'sum', 'a__b')
ODD_ENDS = ('_total', '_created', '_bucket', '_sum', '_count', '_info', '_total_total', '_', '_gsum')
UTF_8_WORDS = ('http.requests', '温度', '9lives', 'a b', 'q"uote', 'back\\slash', 'new\nline', 'é', '-',
               '😱', 'x.y_z', '\u0100', '\u2028', 'U__x')
UNITS = ('seconds', 'bytes', 'ratio', 'total', 'x')
LABELS = ('method', 'code', 'zone', 'a', 'A', 'Az', '_x', 'le', 'quantile', 'label_with_a_long_name', 'x9',
          'job', 'kind')
UTF_8_LABELS = ('http.method', 'status code', '花火', 'a:b', '9', 'q"', 'b\\', 'n\nl', '😱', 'é', 'a.b', 'a-b')
TEXTS = ('', ' ', 'GET', 'a b', 'q"uote', '"', '\\', '\\n', '\\\\', 'trailing\\', '\n', 'two\nlines\n', 'tab\there',
         '\r', 'a\r\nb', 'é', '服务器宕机', '😱', '\u0301', '\ufeff', '\u2028', '\x85', '\x7f', '\x01', '\ufffd',
         '\U0010ffff', '\ud7ff\ue000', '{}', '{a="b"}', ',', '=', '="', '# EOF', '# HELP x y', 'x' * 70,
         'y' * 300, '0', '1.0', '+Inf', ' leading', 'trailing ', "'", '%s%n')
NO_BRACES = str.maketrans('', '', '{}#')
CHARACTERS = '"\\\n\t\r aZ0é中😱{}=,#'
SPECIAL = (0.0, -0.0, 1.0, 0.1, 0.2, 0.30000000000000004, 1e6, 999999.0, 999999.9999999999, 1e10, 1e15, 1e16, 1e17,
           1e21, 1e22, 1e23, 1e-4, 1e-5, 123456789.0, 1000000.5, 5e-324, 2.2250738585072014e-308,
           1.7976931348623157e308, 2.0**53, 2.0**63, 2.0**64, 9007199254740993.0, 0.001, 1 / 3, math.inf)


def look_alike(names):
    """Whether two of them are one with underscores for what is not in the old character set."""
    return len({re.sub('^[0-9]|[^a-zA-Z0-9_]', '_', name) for name in names}) < len(names)


class Case:
    """A list of operations that both sides accept."""

    def __init__(self, rng, utf_8, tame):
        self.rng = rng
        self.tame = tame  # nothing in it that OpenMetrics forbids
        self.utf_8 = utf_8
        self.lines = []
        self.metrics = []
        self.colon = False
        self.reserved = False
        self.alike = False  # labels that escaping makes equal, which we spell out and client_python repeats
        self.clock()
        for _ in range(rng.randint(1, 7)):
            self.define()
        for _ in range(rng.choice((3, 20, 20, 60, 150))):
            self.operation()

    def add(self, *fields):
        self.lines.append('\t'.join(escape(field) for field in fields))

    def text(self):
        if self.rng.random() < 0.8:
            text = self.rng.choice(TEXTS)
        else:
            text = ''.join(self.rng.choice(CHARACTERS) for _ in range(self.rng.randrange(12)))
        return text.translate(NO_BRACES) if self.tame else text

    def number(self, negative=True):
        rng = self.rng
        kind = rng.randrange(8)
        if kind < 2:
            value = float(rng.randrange(100))
        elif kind == 2:
            value = rng.choice(SPECIAL)
        elif kind == 3:
            value = math.ldexp(rng.random(), rng.randint(-40, 70))
        elif kind == 4:
            value = round(rng.random() * 10 ** rng.randint(0, 9), rng.randint(0, 4))
        elif kind == 5:
            value = float(f'{rng.randrange(1, 10**6)}e{rng.randint(-25, 25)}')
        elif kind == 6:
            value = float(rng.randrange(2 ** rng.randint(1, 64)))
        else:
            value = abs(struct.unpack('<d', struct.pack('<Q', rng.getrandbits(64)))[0])
            if math.isnan(value):
                value = 0.5
        return -value if negative and not self.tame and rng.random() < 0.25 else value

    def clock(self):
        self.add('clock', repr(self.rng.choice((
            float(self.rng.randrange(1, 2**31)), round(self.rng.uniform(1.6e9, 1.8e9), self.rng.randint(0, 9)),
            float(self.rng.randrange(1, 1000))))))

    # ---- definitions

    def label_names(self, kind):
        pool = [n for n in LABELS + (UTF_8_LABELS if self.utf_8 else ())
                if (kind, n) not in (('histogram', 'le'), ('summary', 'quantile'))]
        return self.rng.sample(pool, self.rng.choice((0, 0, 1, 2, 2, 3, 5)))

    def metric_name(self, kind):
        rng = self.rng
        pool = WORDS + (UTF_8_WORDS * 2 if self.utf_8 else ())
        # The number keeps names, with all their suffixes, apart.
        name = f'{rng.choice(pool)}_{len(self.metrics)}'
        # An enum's name is a label name too; older versions do not escape it.
        if rng.random() < 0.1 and (kind != 'enum' or HAS_UTF_8):
            name = f'a:{name}'
            self.colon = True
        if rng.random() < 0.3:
            name += rng.choice(ODD_ENDS)
        return name

    def buckets(self):
        bounds = {self.number() for _ in range(self.rng.choice((1, 2, 3, 8, 40)))}
        bounds = sorted(0.0 if b == 0 else b for b in bounds if not math.isinf(b)) or [1.0]
        bounds = sorted(set(bounds))
        return bounds + [math.inf] if self.rng.random() < 0.2 else bounds

    def define(self):
        rng = self.rng
        kind = rng.choice(('counter', 'gauge', 'summary', 'histogram', 'histogram', 'info', 'enum'))
        metric = {'id': f'm{len(self.metrics)}', 'kind': kind, 'labels': self.label_names(kind),
                  'children': [], 'registered': True}
        options = []
        if metric['labels']:
            options.append('labels=' + ','.join(metric['labels']))
        for key in ('namespace', 'subsystem'):
            if rng.random() < 0.2:
                options.append(f'{key}={rng.choice(WORDS)}')
        if kind not in ('info', 'enum') and rng.random() < 0.3:
            options.append('unit=' + rng.choice(UNITS))
        if kind == 'histogram' and rng.random() < 0.6:
            options.append('buckets=' + ','.join(map(repr, self.buckets())))
        if kind == 'enum':
            states = sorted({s for s in TEXTS if ',' not in s}, key=lambda s: rng.random())
            metric['states'] = states[:rng.randint(1, 6)]
            options.append('states=' + ','.join(metric['states']))
        rng.shuffle(options)
        self.add(kind, metric['id'], self.metric_name(kind), self.text(), *options)
        self.reserved |= kind == 'enum' and '__y' in self.lines[-1]  # a label that begins so
        self.alike |= look_alike(metric['labels'])
        self.metrics.append(metric)

    # ---- operations

    def values(self, metric):
        if not metric['labels']:
            return []
        if metric['children'] and self.rng.random() < 0.6:
            return self.rng.choice(metric['children'])
        values = [self.text() for _ in metric['labels']]
        metric['children'].append(values)
        return values

    def some_pairs(self, avoid=(), length=None):
        names = [n for n in LABELS if n not in avoid]
        result = []
        for name in self.rng.sample(names, self.rng.randrange(4)):
            value = self.text()
            if length is not None:
                value = value[:20]
            result += [name, value]
        return result

    def update(self, metric):
        rng, name, kind = self.rng, metric['id'], metric['kind']
        values = self.values(metric)
        if rng.random() < 0.05:
            self.add('touch', name, *values)
        elif kind == 'counter':
            pick = rng.random()
            if pick < 0.05:
                self.add('reset', name, *values)
            elif pick < 0.2:
                exemplar = self.some_pairs(length=20)
                self.add('inc_exemplar', name, repr(self.number(False)), str(len(exemplar) // 2),
                         *exemplar, *values)
            elif pick < 0.25 and not self.tame:
                self.add('inc', name, repr(rng.choice((-1.0, -0.0, math.nan, -math.inf))), *values)
            else:
                self.add('inc', name, repr(self.number(False)), *values)
        elif kind == 'gauge':
            word = rng.choice(('inc', 'dec', 'set', 'set', 'set_to_current_time'))
            if word == 'set_to_current_time':
                self.add(word, name, *values)
            else:
                value = math.nan if rng.random() < 0.02 else self.number()
                self.add(word, name, repr(value), *values)
        elif kind in ('summary', 'histogram'):
            if kind == 'histogram' and rng.random() < 0.2:
                exemplar = self.some_pairs(length=20)
                self.add('observe_exemplar', name, repr(self.number()), str(len(exemplar) // 2),
                         *exemplar, *values)
            else:
                self.add('observe', name, repr(self.number()), *values)
        elif kind == 'info':
            content = self.some_pairs(avoid=metric['labels'])
            self.add('info', name, str(len(content) // 2), *content, *values)
        else:
            self.add('state', name, rng.choice(metric['states']), *values)

    def operation(self):
        rng = self.rng
        pick = rng.random()
        metric = rng.choice(self.metrics)
        if pick < 0.03:
            self.clock()
        elif pick < 0.04:
            self.add('created', rng.choice(('on', 'off')))
        elif pick < 0.05:
            self.add('target_info', *self.some_pairs())
        elif pick < 0.055 and metric['registered'] and len(self.metrics) > 1:
            self.add('unregister', metric['id'])
            metric['registered'] = False
        elif pick < 0.06:
            self.add('clear', metric['id'])
        elif pick < 0.12 and metric['labels']:
            self.add('remove', metric['id'], *self.values(metric))
        elif pick < 0.15 and metric['labels'] and HAS_REMOVE_MATCHING:
            values = self.values(metric)
            chosen = rng.sample(range(len(values)), rng.randint(1, len(values)))
            self.add('remove_matching', metric['id'],
                     *[f for i in chosen for f in (metric['labels'][i], values[i])])
        elif pick < 0.17 and len(self.metrics) < 12:
            self.define()
        else:
            self.update(metric)


# ---- comparing ------------------------------------------------------------------------------------

class Comparison:
    def __init__(self, directory):
        self.directory = directory
        self.path = os.path.join(directory, 'case.ops')
        self.command = shlex.split(os.environ.get('RUN', '')) + [REPLAY]
        self.promtool = shutil.which('promtool')
        self.compared = self.parsed = self.strictly = self.checked = 0
        self.write([])
        self.has_openmetrics = self.replay('om', 'underscores').returncode == 0

    def write(self, lines):
        with open(self.path, 'w', encoding='utf-8', newline='') as file:
            file.write(''.join(line + '\n' for line in lines))

    def replay(self, format_name, escaping):
        return subprocess.run(self.command + [self.path, format_name, escaping], capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)

    def formats(self, case):
        for escaping in ESCAPINGS if HAS_UTF_8 else ESCAPINGS[:1]:
            if not case.alike or escaping in ('allow-utf-8', 'values'):
                yield 'text', escaping
        # When it escapes sample names for OpenMetrics, client_python uses the rule for label names.
        if self.has_openmetrics and not case.utf_8 and not case.colon:
            yield 'om', 'underscores'
        if self.has_openmetrics and HAS_UTF_8:
            yield 'om', 'allow-utf-8'

    def difference(self, lines, format_name, escaping):
        """None, or the difference as text."""
        python = Python(lines)
        self.write(lines)
        ours = self.replay(format_name, escaping)
        expected = (python.text if format_name == 'text' else python.openmetrics)[escaping]
        if ours.returncode == 0 and not ours.stderr and ours.stdout == expected:
            self.last = ours.stdout
            return None
        if ours.returncode or ours.stderr:
            return f'replay: exit status {ours.returncode}: {ours.stderr.decode(errors="replace")}'
        return '\n'.join(difflib.unified_diff(
            expected.decode(errors='backslashreplace').split('\n'),
            ours.stdout.decode(errors='backslashreplace').split('\n'),
            'client_python', 'libpromc', lineterm='', n=1)).replace('\r', '\\r')

    def still_differs(self, lines, format_name, escaping, crashed):
        try:
            found = self.difference(lines, format_name, escaping)
        except Exception:  # the operations make no sense any more
            return None
        return found if found and found.startswith('replay:') == crashed else None

    def shrink(self, lines, format_name, escaping, found):
        """Takes operations out as long as there is a difference of the same kind."""
        crashed = found.startswith('replay:')
        step = len(lines) // 2
        deadline = time.monotonic() + 20
        while step and time.monotonic() < deadline:
            at = 1  # the first operation sets the clock
            while at < len(lines) and time.monotonic() < deadline:
                fewer = lines[:at] + lines[at + step:]
                smaller = self.still_differs(fewer, format_name, escaping, crashed)
                if smaller:
                    lines, found = fewer, smaller
                else:
                    at += step
            step //= 2
        return lines, found

    def parse(self, text):
        """Whether client_python's parser reads it; an error as text."""
        try:
            for _ in parser.text_fd_to_metric_families(io.StringIO(text.decode(), newline='\n')):
                pass
        except Exception as error:
            return f'client_python cannot parse it: {error!r}'
        self.parsed += 1
        return None

    def parse_strictly(self, text):
        """Whether client_python's parser of OpenMetrics reads it; an error as text."""
        try:
            for _ in strict_parser.text_fd_to_metric_families(io.StringIO(text.decode(),
                                                                          newline='\n')):
                pass
        except Exception as error:
            return f"client_python's strict parser refuses it: {error!r}"
        self.strictly += 1
        return None

    def check(self, text):
        """Whether promtool reads it. Exit status 3 is only a matter of taste in names."""
        done = subprocess.run([self.promtool, 'check', 'metrics'], input=text, capture_output=True,
                              timeout=60, check=False)
        if done.returncode not in (0, 3):
            return f'promtool: exit status {done.returncode}: {done.stderr.decode(errors="replace")}'
        self.checked += 1
        return None

    def check_alike(self, case):
        """Whether promtool reads what client_python does not write well; an error as text."""
        for escaping in ('underscores', 'dots'):
            self.write(case.lines)
            ours = self.replay('text', escaping)
            if ours.returncode or ours.stderr:
                return f'replay: exit status {ours.returncode}: {ours.stderr.decode(errors="replace")}'
            wrong = self.promtool and self.check(ours.stdout)
            if wrong:
                return f'text, {escaping}: {wrong}'
        return None

    def run(self, case, check):
        """None, or (operations, what is wrong)."""
        wrong = case.alike and self.check_alike(case)
        if wrong:
            return case.lines, wrong
        for format_name, escaping in self.formats(case):
            found = self.difference(case.lines, format_name, escaping)
            if found:
                lines, found = self.shrink(case.lines, format_name, escaping, found)
                return lines, f'{format_name}, {escaping}:\n{found}'
            self.compared += 1
            readable = None
            # No parser likes escaped label names that meet ("a.b", "a-b") or begin with "__".
            if (not (HAS_UTF_8 and case.reserved)
                    and escaping == ('allow-utf-8' if case.utf_8 else 'underscores')):
                if format_name == 'om':
                    readable = self.parse_strictly(self.last) if case.tame else None
                else:
                    readable = self.parse(self.last)
                if format_name == 'text' and check and not readable and not case.utf_8:
                    readable = self.check(self.last)
            if readable:
                return case.lines, readable
        return None


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    arguments.add_argument('count', nargs='?', type=int, default=effort(400), help='how many cases (400)')
    arguments.add_argument('--seed', type=int, default=random.SystemRandom().randrange(2**32))
    options = arguments.parse_args()
    if not os.access(REPLAY, os.X_OK):
        sys.exit(f'{REPLAY} is missing: make check-conformance builds it')
    version = 'with' if HAS_UTF_8 else 'without'
    print(f'seed {options.seed}, {os.path.dirname(client.__file__)} ({version} UTF-8 names)', flush=True)

    failures = []
    with tempfile.TemporaryDirectory(prefix='promc-differential-') as directory:
        comparison = Comparison(directory)
        for number in range(options.count):
            rng = random.Random(f'{options.seed}/{number}')
            case = Case(rng, HAS_UTF_8 and rng.random() < 0.4, rng.random() < 0.4)
            check = comparison.promtool and number % 10 == 0
            failure = comparison.run(case, check)
            if failure:
                failures.append(number)
                print(f'\nFAILED case {number}: these {len(failure[0])} operations\n')
                print('\n'.join(failure[0]))
                print(f'\n{failure[1]}')
                if len(failures) == 3:
                    print('three are enough')
                    break
    unchecked = '' if comparison.promtool else ' (promtool is not installed)'
    print(f'{comparison.compared} texts compared, {comparison.parsed} parsed by client_python, '
          f'{comparison.strictly} by its strict parser, {comparison.checked} by promtool{unchecked}, {len(failures)} cases failed')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
