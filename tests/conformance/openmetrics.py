#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges the public OpenMetrics test data (github.com/prometheus/OpenMetrics, tests/testdata/parsers)
with our parser: a folder for each text, which has to be read or refused as its test.json says.

Environment: SHARED (where the data lies), OBJ (of parse_driver), RUN. Exit status 77: no data.
"""
import json
import os
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(os.environ.get("SHARED") or os.path.join(ROOT, "../shared"),
                    "conformance/openmetrics")
DRIVER = os.path.join(os.environ.get("OBJ", os.path.join(ROOT, "build")), "tests/parse_driver")


def main():
    if not os.path.isdir(DATA):
        print("no conformance data in %s (set SHARED): nothing judged" % DATA)
        return 77
    cases = {}
    for name in sorted(os.listdir(DATA)):
        folder = os.path.join(DATA, name)
        with open(os.path.join(folder, "test.json"), encoding="utf-8") as file:
            test = json.load(file)
        cases[os.path.join(folder, test["file"])] = test["shouldParse"]
    lines = subprocess.run(shlex.split(os.environ.get("RUN", "")) + [DRIVER, "judge", "om"] +
                           list(cases), stdout=subprocess.PIPE, check=True,
                           timeout=120).stdout.decode("utf-8", "replace").splitlines()
    answers = dict(line.split("\t", 1) for line in lines)
    wrong = [path for path, good in cases.items() if (answers.get(path) == "ok") != good]
    for path in wrong:
        print("WRONG %s: should parse: %s; %s" % (os.path.basename(os.path.dirname(path)),
                                                  cases[path], answers.get(path)))
    print("%d texts judged, %d wrong" % (len(cases), len(wrong)))
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
