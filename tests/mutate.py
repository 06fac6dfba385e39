#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Changes conditions and operators of lib/, one at a time, in a copy of the sources, and runs the unit
and torture tests until one notices. What no test notices is printed: a test is missing there, or the
change makes no difference.

    mutate.py --count 20 --seed 1 [--files 'lib/http/*.c'] [--build FOLDER]
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

# What is looked for in code, and what it becomes.
CHANGES = [
    (r"(?<=[\w)\]] )<=(?= )", ["<", ">"]),
    (r"(?<=[\w)\]] )>=(?= )", [">", "<"]),
    (r"(?<=[\w)\]] )<(?= )", ["<=", ">"]),
    (r"(?<=[\w)\]] )>(?= )", [">=", "<"]),
    (r"(?<= )==(?= )", ["!="]),
    (r"(?<= )!=(?= )", ["=="]),
    (r"(?<= )&&(?= |$)", ["||"]),
    (r"(?<= )\|\|(?= |$)", ["&&"]),
    (r"(?<=[\w)\]] )\+(?= \w)", ["-"]),
    (r"(?<=[\w)\]] )-(?= \w)", ["+"]),
    (r"(?<=[( ])!(?=[\w(])", [""]),
    (r"(?<= )\+ 1\b", ["", "+ 2"]),
    (r"(?<= )- 1\b", ["", "- 2"]),
    (r"\breturn true\b", ["return false"]),
    (r"\breturn false\b", ["return true"]),
    (r"\breturn -1\b", ["return 0"]),
    (r"\bbreak;", [";"]),
    (r"\bcontinue;", [";"]),
]
NOT_CODE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'', re.DOTALL)
SLOW_LAST = ("torture_calls", "torture_http", "torture_clients", "test_http_server")


def blanked(text):
    """The text with comments, strings and preprocessor lines replaced by blanks of the same length."""
    text = NOT_CODE.sub(lambda m: re.sub(r"[^\n]", "\x00", m.group()), text)
    return re.sub(r"^#(?:.*\\\n)*.*$", lambda m: re.sub(r"[^\n]", "\x00", m.group()), text,
                  flags=re.MULTILINE)


def all_changes(files):
    """Every change there could be: (file, begin, end, replacement)."""
    for file in files:
        code = blanked(file.read_text())
        for pattern, replacements in CHANGES:
            for match in re.finditer(pattern, code, re.MULTILINE):
                for replacement in replacements:
                    yield file, match.start(), match.end(), replacement


def tests_for(file, sources):
    """All tests, those that have to do with the file first."""
    stem, folder = file.stem, file.parent.name
    words = set(stem.split("_"))

    def distance(source):
        name = source.stem.split("_", 1)[1]
        text = source.read_text()
        return (source.stem in SLOW_LAST and folder != "http", name != stem,
                f'"{folder}/{stem}.h"' not in text, not words & set(name.split("_")),
                f'"{folder}/' not in text and folder not in name, source.stem in SLOW_LAST,
                source.stat().st_size)
    return sorted(sources, key=distance)


class Copy:
    """A copy of the sources, its build, and one change at a time."""

    def __init__(self, build):
        self.tree = pathlib.Path(build).absolute() / "tree"
        shutil.rmtree(self.tree, ignore_errors=True)
        for name in ("Makefile", "lib", "include", "tests", "examples", "pkgconfig"):
            source, target = pathlib.Path(name), self.tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)
        environment = {key: value for key, value in os.environ.items()
                       if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "BUILD", "UNIT")}
        self.environment = environment
        self.objects = self.output("print-objects")
        self.compiled = {}

    def output(self, *targets):
        make = 'include Makefile\nprint-objects:\n\t@echo $(OBJ)\n'
        return subprocess.run(["make", "-s", "-f", "-", *self.arguments(), *targets], input=make,
                              cwd=self.tree, env=self.environment, check=True, text=True,
                              capture_output=True).stdout.strip()

    def arguments(self):
        return ["CFLAGS=-O1 -g -w", "BUILD=build"]

    def make(self, *targets):
        return subprocess.run(["make", "-s", f"-j{os.cpu_count()}", *self.arguments(), *targets],
                              cwd=self.tree, env=self.environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def code_of(self, file):
        """What the compiler makes of a source file; asked first before the file is changed."""
        return (self.tree / self.objects / file.with_suffix(".o")).read_bytes()

    def passes(self, test, seconds):
        """Whether a test program passes; one that hangs does not."""
        process = subprocess.Popen([f"{self.objects}/tests/{test.stem}"], cwd=self.tree,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            return process.wait(seconds) in (0, 77)
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def noticed_by(copy, file, tests, seconds):
    """The test that notices the change in `file`; "" if it does not compile, or is in code for other
    systems, which is not compiled here; None: nobody does."""
    before = copy.compiled.setdefault(file, copy.code_of(file))
    if not copy.make(f"{copy.objects}/libpromc.a") or copy.code_of(file) == before:
        return ""
    for test in tests_for(file, tests):
        if not copy.make(f"{copy.objects}/tests/{test.stem}") or not copy.passes(test, seconds):
            return test.stem
    return None


def describe(file, text, begin, end, replacement):
    line = text.count("\n", 0, begin) + 1
    source = text.splitlines()[line - 1].strip()
    return f"{file}:{line}: {text[begin:end]} -> {replacement or 'nothing'}: {source}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--count", type=int, default=20)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--files", default="lib/*/*.c")
    arguments.add_argument("--build", default="build/mutate")
    arguments.add_argument("--timeout", type=float, default=60, help="seconds for one test")
    options = arguments.parse_args()
    files = sorted(pathlib.Path(".").glob(options.files))
    changes = list(all_changes(files))
    random.Random(options.seed).shuffle(changes)
    tests = sorted([*pathlib.Path("tests/unit").glob("test_*.c"),
                    *pathlib.Path("tests/torture").glob("torture_*.c")])
    copy = Copy(options.build)
    if not copy.make(f"{copy.objects}/libpromc.a",
                     *(f"{copy.objects}/tests/{test.stem}" for test in tests)):
        sys.exit("the sources do not build")
    # What fails without a change cannot notice one.
    tests = [test for test in tests if copy.passes(test, options.timeout)
             or print(f"fails by itself, and is left out: {test.stem}")]
    print(f"{len(changes)} changes are possible in {len(files)} files; {options.count} are tried "
          f"(seed {options.seed})")
    tried, survivors, begun = 0, [], time.monotonic()
    for file, begin, end, replacement in changes:
        if tried == options.count:
            break
        text = file.read_text()
        target = copy.tree / file
        target.write_text(text[:begin] + replacement + text[end:])
        noticed = noticed_by(copy, file, tests, options.timeout)
        target.write_text(text)
        if noticed == "":
            continue
        tried += 1
        words = describe(file, text, begin, end, replacement)
        print(f"{'noticed by ' + noticed if noticed else 'NOBODY NOTICES':<32} {words}", flush=True)
        if not noticed:
            survivors.append(words)
    print(f"{tried - len(survivors)} of {tried} changes were noticed, in "
          f"{time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
