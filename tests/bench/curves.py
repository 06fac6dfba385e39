#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures how cost grows (curves.c), prints the points, and draws them.

curves.py --program PROGRAM --data FILE.json --picture FILE.svg [--most SERIES] [--draw-only]
"""
import argparse
import json
import math
import os
import subprocess
from xml.sax.saxutils import escape

MEMORY_SERIES = 1000, 10000, 100000, 1000000

# The panels of the picture: curve, title, what x and y are, whether y is logarithmic.
PANELS = [
    ('threads', f'Updates by threads on {len(os.sched_getaffinity(0))} cores', 'threads', 'ns of a core', False),
    ('updates', 'Updates by series, in any order', 'series', 'ns', True),
    ('scrape', 'Text scrape by series', 'series', 'ns a sample', False),
    ('memory', 'Private memory by threads', 'threads', 'MiB', True),
]


def measure(program, most):
    runs = [['threads'], ['series', str(most)], *(['memory', str(series)] for series in MEMORY_SERIES)]
    curves = {}
    for arguments in runs:
        output = subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout
        for text in output.splitlines():
            curve, line, x, y = text.split('\t')
            curves.setdefault(curve, {}).setdefault(line, []).append((int(x), float(y)))
    return curves


def print_points(curves):
    for curve, title, x_name, y_name, _ in PANELS:
        lines = curves[curve]
        print(f'\n{title} ({y_name})')
        xs = sorted({x for points in lines.values() for x, _ in points})
        print(f'  {x_name:24}' + ''.join(f'{short(x):>8}' for x in xs))
        for name, points in lines.items():
            values = dict(points)
            print(f'  {name:24}' + ''.join(f"{values.get(x, math.nan):8.3g}" for x in xs))


def short(value):
    for size, letter in (1e6, 'M'), (1e3, 'k'):
        if value >= size:
            return f'{value / size:g}{letter}'
    return f'{value:g}'


# ---- the picture -----------------------------------------------------------------------------------

WIDTH, HEIGHT = 440, 270  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 52, 18, 58, 42

STYLE = '''
text { font: 12px sans-serif; fill: #444 } .title { font-size: 14px; font-weight: bold }
.grid { stroke: #8884; stroke-width: 1 } .line { fill: none; stroke-width: 2 }
.c0 { stroke: #1f77b4; fill: #1f77b4 } .c1 { stroke: #d9730d; fill: #d9730d }
.c2 { stroke: #2a9d5c; fill: #2a9d5c } .c3 { stroke: #a45cc9; fill: #a45cc9 }
.line.c0, .line.c1, .line.c2, .line.c3 { fill: none }
@media (prefers-color-scheme: dark) { text { fill: #ccc } }
'''


def nice_step(greatest):
    size = 10 ** math.floor(math.log10(greatest / 4))
    return next(size * step for step in (1, 2, 5, 10) if size * step * 5 >= greatest)


class Scale:
    """From values to places, with round values to name on the axis."""

    def __init__(self, values, begin, end, logarithmic):
        self.begin, self.end, self.logarithmic = begin, end, logarithmic
        if logarithmic:
            base = 10 if max(values) / min(values) >= 100 else 2
            first, last = math.floor(math.log(min(values), base) + 1e-9), math.ceil(math.log(max(values), base) - 1e-9)
            last = max(last, first + 1)
            self.ticks = [base ** power for power in range(first, last + 1)]
            self.low, self.high = math.log(self.ticks[0]), math.log(self.ticks[-1])
        else:
            step = nice_step(max(values))
            self.ticks = [i * step for i in range(math.ceil(max(values) / step - 1e-9) + 1)]
            self.low, self.high = 0, self.ticks[-1]

    def place(self, value):
        at = math.log(value) if self.logarithmic else value
        return self.begin + (self.end - self.begin) * (at - self.low) / (self.high - self.low)


def text(x, y, content, anchor='middle', extra=''):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(content)}</text>'


def draw_panel(lines, title, x_name, y_name, logarithmic):
    points = [point for line in lines.values() for point in line]
    xs = Scale([x for x, _ in points], LEFT, WIDTH - RIGHT, True)
    ys = Scale([max(y, 0.01) for _, y in points], HEIGHT - BOTTOM, TOP, logarithmic)
    parts = [text(LEFT, 18, f'{title}: {y_name}', 'start', ' class="title"'),
             text(WIDTH - RIGHT, HEIGHT - 8, x_name, 'end')]
    for tick in ys.ticks:
        y = ys.place(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text(LEFT - 6, y + 4, short(round(tick, 6)), 'end'))
    for tick in xs.ticks:
        parts.append(text(xs.place(tick), HEIGHT - BOTTOM + 18, short(tick)))
    at = LEFT
    for number, (name, line) in enumerate(lines.items()):
        places = [(xs.place(x), ys.place(max(y, 0.01))) for x, y in line]
        path = 'M' + 'L'.join(f'{x:.1f} {y:.1f}' for x, y in places)
        parts.append(f'<path class="line c{number}" d="{path}"/>')
        parts += [f'<circle class="c{number}" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>' for x, y in places]
        if len(lines) > 1:
            parts.append(f'<circle class="c{number}" cx="{at + 4}" cy="34" r="4"/>')
            parts.append(text(at + 12, 38, name, 'start'))
            at += 26 + 6.2 * len(name)
    return '\n'.join(parts)


def draw(curves):
    panels = []
    for number, (curve, *labels) in enumerate(PANELS):
        x, y = number % 2 * WIDTH, number // 2 * HEIGHT
        panels.append(f'<g transform="translate({x} {y})">\n{draw_panel(curves[curve], *labels)}\n</g>')
    width, height = 2 * WIDTH, (len(PANELS) + 1) // 2 * HEIGHT
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">\n<title>How the cost of libpromc grows</title>\n'
            f'<style>{STYLE}</style>\n' + '\n'.join(panels) + '\n</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--program', required=True)
    parser.add_argument('--data', required=True)
    parser.add_argument('--picture', required=True)
    parser.add_argument('--most', type=int, default=10000000)
    parser.add_argument('--draw-only', action='store_true')
    options = parser.parse_args()
    if not options.draw_only:
        curves = measure(options.program, options.most)
        with open(options.data, 'w', encoding='utf-8') as file:
            json.dump(curves, file, indent=1)
    with open(options.data, encoding='utf-8') as file:
        curves = json.load(file)
    with open(options.picture, 'w', encoding='utf-8') as file:
        file.write(draw(curves))
    print_points(curves)
    print(f'\nwritten: {options.data}, {options.picture}')


if __name__ == '__main__':
    main()
