#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Advice on names, compared with what `promtool check metrics` says of the same text.

    lint.py [COUNT] [--seed N]

Deliberately different: we say a thing once for each family; of several units in a name we look at the
first (promtool 2.42 at any); and we have two rules of later versions ("_timestamp_seconds", series
that are there twice). Names with two units and repeated series are therefore not generated.

Environment: OBJ (of parse_driver), RUN. Exit status 77: no promtool.
"""
import argparse
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from effort import effort  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DRIVER = os.path.join(os.environ.get("OBJ", os.path.join(ROOT, "build")), "tests/parse_driver")

UNITS = ["seconds", "milliseconds", "minutes", "bytes", "kilobytes", "kibibytes", "bits", "megabits", "meters",
         "thermometers", "kilometres", "kelvins", "fahrenheit", "grams", "pounds", "volts", "microamperes", "days"]
WORDS = ["http", "requests", "a", "x1", "Latency", "memoryUsed", "s", "ms", "us", "KB", "mb", "b", "d", "sec", "h",
         "gauge", "counter", "Histogram", "summary", "gauge_histogram", "untyped", "sum", "count", "bucket",
         "total", "info", "", "b:c", ":", "size", "secs"]
LABELS = ["le", "quantile", "method", "fooBar", "Code", "x_Y", "aB"]
TYPES = ["counter", "gauge", "histogram", "summary", "untyped", ""]


def family(generator, number):
    words = [generator.choice(WORDS) for _ in range(generator.randrange(4))]
    if generator.randrange(2):
        words.insert(generator.randrange(len(words) + 1), generator.choice(UNITS))
    name = "_".join(["n%d" % number] + words + ["total"] * (generator.randrange(3) == 0))
    kind = generator.choice(TYPES)
    lines = []
    if generator.randrange(4):
        lines.append("# HELP %s%s" % (name, generator.choice([" Help.", " ", "", "   ", " a\\nb"])))
    if kind:
        lines.append("# TYPE %s %s" % (name, kind))
    for i in range(generator.randrange(3)):
        labels = ['i="%d"' % i] + ['%s="0.5"' % label for label in LABELS if not generator.randrange(5)]
        for suffix in {"histogram": ["_bucket", "_sum", "_count"], "summary": ["", "_sum", "_count"]}.get(kind, [""]):
            lines.append("%s%s{%s} %d" % (name, suffix, ",".join(labels), generator.randrange(10)))
    return lines


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("count", nargs="?", type=int, default=effort(60))
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    if not shutil.which("promtool"):
        print("no promtool: install prometheus; nothing compared")
        return 77
    generator, bad, total = random.Random(arguments.seed), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "metrics")
        for _ in range(arguments.count):
            text = "\n".join(sum((family(generator, i) for i in range(40)), [])) + "\n"
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            ours = subprocess.run(shlex.split(os.environ.get("RUN", "")) + [DRIVER, "lint", "text", path],
                                  stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
            theirs = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), timeout=60,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
            mine, other = set(ours.splitlines()), set(theirs.splitlines())
            total += len(other)
            if len(mine) != len(ours.splitlines()):
                print("said twice:", ours)
                bad += 1
            for line in sorted(mine ^ other):
                print("only %s: %s" % ("ours" if line in mine else "promtool's", line))
                bad += 1
    print("%d problems that promtool found, %d differences" % (total, bad))
    return 1 if bad or not total else 0


if __name__ == "__main__":
    sys.exit(main())
