#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""into_readme.py NAME: puts what comes in between the marks <!-- NAME --> and <!-- end of NAME -->."""
import pathlib
import re
import sys

readme = pathlib.Path('README.md')
name, output = sys.argv[1], sys.stdin.read().strip()
begin, end = f'<!-- {name} -->', f'<!-- end of {name} -->'
if not output:
    sys.exit('nothing to put into README.md')
text, count = re.subn(f'{begin}.*?{end}', lambda _: f'{begin}\n{output}\n{end}', readme.read_text(encoding='utf-8'),
                      flags=re.DOTALL)
if count != 1:
    sys.exit(f'README.md has no place for {name}')
readme.write_text(text, encoding='utf-8')
