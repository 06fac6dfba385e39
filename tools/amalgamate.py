#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes two files of the whole library, to be copied into a program's own sources.

    amalgamate.py FOLDER    writes FOLDER/promc.h and FOLDER/promc.c

Compile promc.c as C11 with -pthread; every other file includes "promc.h". Sources come in the order
of the layers, each header where it is first needed.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = "base cells metrics registry exposition http delivery alerts".split()
INCLUDE = re.compile(r'#include (?:"([a-z0-9_/]+\.h)"|<(promc/[a-z0-9_]+\.h)>)')
FEATURES = re.compile(r"#(define|undef) _(GNU_SOURCE|DARWIN_C_SOURCE|POSIX_C_SOURCE)\b")
LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"

HEADER = LICENCE + """/* libpromc %s in one header. Made by tools/amalgamate.py from include/promc; do not edit. */
"""

SOURCE = LICENCE + """/* libpromc %s in one source. Made by tools/amalgamate.py from lib; do not edit. */
#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE
#elif defined(__APPLE__) && !defined(_DARWIN_C_SOURCE)
#define _DARWIN_C_SOURCE
#endif
#include "promc.h"
"""


def expanded(path, seen):
    """The lines of a file, with our own headers in place of what includes them."""
    yield "/* ---- %s ---- */\n" % path.relative_to(ROOT)
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        found = INCLUDE.match(line)
        if found:
            private, public = found.groups()
            header = ROOT / "lib" / private if private else ROOT / "include" / public
            if header not in seen:
                seen.add(header)
                yield from expanded(header, seen)
        elif line != LICENCE and not FEATURES.match(line):
            yield line


def main(folder):
    folder = pathlib.Path(folder)
    version = re.search(r'define PROMC_VERSION "(.*)"',
                        (ROOT / "include/promc/version.h").read_text(encoding="utf-8")).group(1)
    seen = set()
    header = list(expanded(ROOT / "include/promc/promc.h", seen))
    source = [line for layer in LAYERS for path in sorted((ROOT / "lib" / layer).glob("*.c"))
              for line in expanded(path, seen)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, head, lines in (("promc.h", HEADER, header), ("promc.c", SOURCE, source)):
        (folder / name).write_text(head % version + "".join(lines), encoding="utf-8")


if len(sys.argv) != 2:
    sys.exit(__doc__)
main(sys.argv[1])
