# SPDX-License-Identifier: Apache-2.0
"""A strict reader of text 0.0.4, for what other readers let pass: repeated series, samples away from
their family, repeated or late HELP and TYPE, histograms without +Inf or that do not add up."""
import math
import re

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
QUOTED = r'"((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf'({NAME})?(?:\{{(.*)\}})? (\S+)(?: (-?[0-9]+))?')
LABEL = re.compile(rf'(?:([a-zA-Z_][a-zA-Z0-9_]*|{QUOTED})=)?{QUOTED}(?:,|$)')
VALUE = re.compile(r'NaN|[+-]Inf|-?[0-9]+(\.[0-9]+)?(e[+-][0-9]+)?')
SUFFIXES = {'histogram': ('_bucket', '_count', '_sum'), 'summary': ('', '_count', '_sum')}


class Exposition:
    """types and helps by family; values by name and labels; order of families."""

    def __init__(self, text):
        self.types, self.helps, self.values, self.raw = {}, {}, {}, {}
        self.family = None
        lines = (text.decode('utf-8') if isinstance(text, bytes) else text).split('\n')
        if lines.pop() != '':
            raise ValueError('the text does not end with a newline')
        for line in lines:
            try:
                self.comment(line) if line.startswith('#') else self.sample(line)
            except ValueError as error:
                raise ValueError(f'{error}: {line}') from None
        for family, kind in self.types.items():
            if kind == 'histogram':
                self.check_histogram(family)

    def comment(self, line):
        match = re.fullmatch(rf'# (HELP|TYPE) ({NAME}|{QUOTED}) (.*)', line)
        if not match:
            raise ValueError('bad comment')
        what, name, unquoted, rest = match.groups()
        name = unescape(unquoted) if unquoted is not None else name
        if what == 'HELP':
            if name in self.helps or re.search(r'\\(?![\\n])', rest.replace('\\\\', '')):
                raise ValueError('bad or second HELP')
            self.helps[name] = rest.replace('\\\\', '\0').replace('\\n', '\n').replace('\0', '\\')
        else:
            if name in self.types or name not in self.helps:
                raise ValueError('second TYPE, or TYPE before HELP')
            if rest not in ('counter', 'gauge', 'histogram', 'summary', 'untyped'):
                raise ValueError('bad TYPE')
            self.types[name] = rest
            self.family = name

    def sample(self, line):
        match = SAMPLE.fullmatch(line)
        if not match or not VALUE.fullmatch(match.group(3)):
            raise ValueError('bad sample')
        name, inside, value, _ = match.groups()
        labels, at = {}, 0
        while inside and at < len(inside):
            label = LABEL.match(inside, at)
            if not label:
                raise ValueError('bad label')
            at = label.end()
            plain, quoted, text = label.groups()
            if plain is None:
                if name is not None or at != label.end() or labels:
                    raise ValueError('second name')
                name = unescape(text)
                continue
            key = unescape(quoted) if quoted is not None else plain
            if key in labels:
                raise ValueError('repeated label')
            labels[key] = unescape(text)
        kind = self.types.get(self.family)
        if name not in [f'{self.family}{suffix}' for suffix in SUFFIXES.get(kind, ('',))]:
            raise ValueError(f'not of the family {self.family}')
        if list(labels) != sorted(labels):
            raise ValueError('labels are not sorted')
        series = name, frozenset(labels.items())
        if series in self.values:
            raise ValueError('repeated series')
        self.raw[series] = value
        self.values[series] = float(value)

    def check_histogram(self, family):
        series = {}
        for (name, labels), value in self.values.items():
            if name == f'{family}_bucket':
                bound = dict(labels)['le']
                rest = frozenset(label for label in labels if label[0] != 'le')
                series.setdefault(rest, []).append((float(bound), value))
        counts = {labels for name, labels in self.values if name == f'{family}_count'}
        if not counts <= series.keys():
            raise ValueError(f'{family}_count without buckets')
        for labels, buckets in series.items():
            bounds = [bound for bound, _ in buckets]
            if bounds != sorted(set(bounds)) or bounds[-1] != math.inf:
                raise ValueError(f'bounds of {family} are not ascending to +Inf: {bounds}')
            numbers = [number for _, number in buckets]
            if numbers != sorted(numbers):
                raise ValueError(f'buckets of {family} are not cumulative: {numbers}')
            if labels in counts and self.values[f'{family}_count', labels] != numbers[-1]:
                raise ValueError(f'{family}: the +Inf bucket is not _count')

    def __call__(self, name, **labels):
        """The value of one sample, given all of its labels; None if there is none."""
        return self.values.get((name, frozenset(labels.items())))

    def count(self, name):
        return sum(key == name for key, _ in self.values)


def unescape(text):
    return re.sub(r'\\(.)', lambda match: '\n' if match.group(1) == 'n' else match.group(1), text)
