#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches of lib/ the tests reach: report.py FOLDER-OF-OBJECTS

Reads what gcov says of the objects there, prints a table by folder, and lists every branch that was
never taken, with the reason that unreached.txt gives for it. A line of unreached.txt is

    lib/base/os.c | if (clock_gettime(CLOCK_REALTIME, &now) != 0) | the clock does not fail

file, the source line (without blanks around it), the reason; so it stays right when lines move. What
depends on how threads meet has a reason that begins with "at times": some run may take that branch.
Exit status 1 if a branch has no reason, or a reason no branch (--lenient: 0).
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

REASONS = pathlib.Path(__file__).with_name("unreached.txt")


def gcov(objects, tool):
    """Yields what gcov says of each source file in each object."""
    data = sorted(pathlib.Path(objects).glob("lib/*/*.gcno"))  # also what no test is linked with
    if not data:
        sys.exit(f"{objects}: no .gcno files; this is no --coverage build")
    for path in data:
        output = subprocess.run([tool, "--json-format", "--stdout", "--branch-probabilities", path.name],
                                cwd=path.parent, check=True, capture_output=True, text=True).stdout
        for document in output.splitlines():
            if document.startswith("{"):
                yield from json.loads(document)["files"]


def collect(objects, tool):
    """{file: {line: [count, [count of each branch]]}}, over all objects that include the file."""
    files = collections.defaultdict(dict)
    root = pathlib.Path.cwd()
    for entry in gcov(objects, tool):
        path = pathlib.Path(entry["file"])
        if path.is_absolute():
            if root not in path.parents:
                continue
            path = path.relative_to(root)
        if path.parts[0] != "lib":
            continue
        for line in entry["lines"]:
            counts = [branch["count"] for branch in line["branches"]]
            known = files[str(path)].setdefault(line["line_number"], [0, []])
            known[0] += line["count"]
            if len(known[1]) == len(counts):
                known[1] = [a + b for a, b in zip(known[1], counts)]
            elif len(counts) > len(known[1]):  # another copy of an inline function
                known[1] = counts
    return files


def read_reasons():
    reasons = {}
    for line in REASONS.read_text().splitlines() if REASONS.exists() else []:
        if line.strip() and not line.startswith("#"):
            file, rest = line.split("|", 1)
            source, reason = rest.rsplit("|", 1)
            reasons[file.strip(), source.strip()] = reason.strip()
    return reasons


def percent(part, whole):
    return f"{100 * part / whole:6.1f} %" if whole else "       -"


def print_table(files):
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])
    for file, lines in files.items():
        for name in (str(pathlib.Path(file).parent), "all"):
            sums = folders[name]
            for count, branches in lines.values():
                sums[0] += 1
                sums[1] += count > 0
                sums[2] += len(branches)
                sums[3] += sum(branch > 0 for branch in branches)
    print(f"{'folder':<16} {'lines':>7} {'reached':>9}   {'branches':>8} {'taken':>9}")
    for name in sorted(folders, key=lambda name: (name == "all", name)):
        lines, reached, branches, taken = folders[name]
        print(f"{name:<16} {lines:>7} {percent(reached, lines):>9}   {branches:>8} "
              f"{percent(taken, branches):>9}")


def list_unreached(files, reasons):
    """Prints them; how many have no reason, and the reasons that are not needed."""
    unused, unexplained = set(reasons), 0
    for file in sorted(files):
        source = pathlib.Path(file).read_text().splitlines()
        for number, (count, branches) in sorted(files[file].items()):
            missing = sum(branch == 0 for branch in branches)
            if not missing and (branches or count):
                continue
            text = source[number - 1].strip()
            unused.discard((file, text))
            reason = reasons.get((file, text))
            unexplained += reason is None and missing > 0
            if missing:
                what = f"{missing} of {len(branches)} never" if count else "never reached"
                print(f"{file}:{number}: {what}: {text}" + (f"\n        {reason}" if reason else ""))
    return unexplained, unused


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("objects")
    arguments.add_argument("--gcov", default="gcov")
    arguments.add_argument("--lenient", action="store_true")
    options = arguments.parse_args()
    files = collect(options.objects, options.gcov)
    reasons = read_reasons()
    unexplained, unused = list_unreached(files, reasons)
    unused = {line for line in unused if not reasons[line].startswith("at times")}
    for file, text in sorted(unused):
        print(f"{REASONS.name}: reached after all, or gone: {file} | {text}")
    print()
    print_table(files)
    print(f"\n{unexplained} lines with branches that are never taken, and no reason why")
    return 0 if options.lenient or not (unexplained or unused) else 1


if __name__ == "__main__":
    sys.exit(main())
