#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Texts with mistakes, judged by our parser and by client_python's: both have to say the same, and
where both read a text, to read the same in it.

    parse_differential.py [COUNT] [--seed N] [--show]

The texts are good ones, changed a little at random: bytes, tokens and lines are replaced, repeated,
exchanged or left out. The good ones are those below and, if SHARED has them, those of the conformance
data. client_python is Debian's python3-prometheus-client, or a newer one from the directory that
PROMC_CLIENT_PYTHON names. Differences that are deliberate are listed below with their reason.

Environment: SHARED, OBJ (of parse_driver), RUN. Exit status 77: skipped.
"""
import argparse
import collections
import glob
import math
import os
import random
import re
import shlex
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from effort import effort  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.path.join(os.environ.get("SHARED") or os.path.join(ROOT, "../shared"), "conformance")
DRIVER = os.path.join(os.environ.get("OBJ", os.path.join(ROOT, "build")), "tests/parse_driver")

if os.environ.get("PROMC_CLIENT_PYTHON"):
    sys.path.insert(0, os.environ["PROMC_CLIENT_PYTHON"])
try:
    from prometheus_client import parser as text_parser
    from prometheus_client.openmetrics import parser as om_parser
except ImportError as error:
    print("no client_python (%s): install python3-prometheus-client; nothing compared" % error)
    sys.exit(77)

KNOWS_QUOTES = hasattr(text_parser, "_unquote_unescape")

TEXT = ['''# HELP a_total Help with \\\\ and \\n.
# TYPE a_total counter
a_total{foo="bar",x="y\\"z"} 1.0
a_total{foo="baz",x=""} 2e3 1500000000000
# A comment
# TYPE h histogram
h_bucket{le="0.5"} 1
h_bucket{le="+Inf"} 3.0
h_count 3
h_sum 2.25
# TYPE s summary
s{quantile="0.5"} 7
s_sum 8
s_count 9
untyped_metric 12 -5
nan_value NaN
''']
OM = ['''# HELP a Help with \\\\ and \\n and \\".
# TYPE a counter
a_total{foo="bar",x="y\\"z"} 1.0 1500000000.123 # {trace="abc"} 0.5 12
a_created{foo="bar",x="y\\"z"} 1.0 1500000000.123
a_total{foo="baz",x=""} 2e3
# TYPE h_seconds histogram
# UNIT h_seconds seconds
h_seconds_bucket{le="0.5"} 1 # {} 0.25
h_seconds_bucket{le="+Inf"} 3.0
h_seconds_count 3
h_seconds_sum 2.25
# TYPE gh gaugehistogram
gh_bucket{l="1",le="-0.5"} 1
gh_bucket{l="1",le="+Inf"} 3.0
gh_gcount{l="1"} 3
gh_gsum{l="1"} -2.25
# TYPE s summary
s{quantile="0.5"} 7
s_sum 8
s_count 9
# TYPE i info
i_info{version="1"} 1
# TYPE st stateset
st{st="a"} 1
st{st="b"} 0
# TYPE u unknown
u 5
u{a="b"} 6 7
plain NaN
# EOF
''']

TOKENS = ["", " ", "  ", "\t", ",", "{", "}", '"', "\\", "\\n", "=", "#", " # ", "\n", "\n\n", "a", "b", "_total",
          "_count", "_sum", "_bucket", "_created", "_info", "_gcount", "_gsum", "0", "1", "-1", "1.5", "+Inf",
          "-Inf", "NaN", "1e999", "nan", "inf", "0x1", "1_0", "le", 'le="1"', 'le="+Inf"', "quantile",
          'quantile="0.5"', "counter", "gauge", "histogram", "summary", "info", "stateset", "unknown",
          "untyped", "gaugehistogram", "# EOF\n", "# TYPE a gauge\n", "# TYPE a counter\n",
          "# HELP a b\n", "# UNIT a_s s\n", "a 1\n", "a 2 3\n", 'a{a="b"} 1\n', "{}", "é", "世", "\r", "e", ".",
          "+", "-", ":", "__a", "TYPE", "HELP", "UNIT", "# "]

# Why we refuse what client_python reads (our reason), and the other way round (its reason).
WE_REFUSE = {
    "om": [
        (r"is not a number", r"[+-][nN][aA][nN]|[^\x00-\x7f]", "NaN has no sign; digits are ASCII"),
        (r"too large for a double", r"", "Prometheus refuses it too"),
        (r"not a type of|expected a number|not end in its unit", r"  |[ \t]\n", "repeated blanks"),
        (r"is not a number", r"\{|\r", "blanks before braces, and in numbers"),
        (r"is not a number", r'"', "it skips what is in quotes where a timestamp is"),
        (r"is reserved", r"__name__", "0.16 takes it for a label"),
        (r"expected (a comma or \}|a label name|= after|the value of)", r"[ \t:]",
         "blanks and colons among labels"),
        (r"expected = after label", r"=", "0.16 reads such label lists"),
        (r"cannot be in a metric name|expected a metric name", r"", "0.16 reads any name"),
        (r"the value of label .* in quotes|quote is not closed|expected a (comma|label name)", r"",
         "0.16 reads such label lists"),
        (r"not valid UTF-8", r"", ""),
        (r"this cannot be in a metric name|expected # HELP", r"[ \t]", "more than one blank in metadata"),
        (r"has a label (quantile|le)", r"", "numbers in labels as everywhere"),
        (r"expected a space and a value", r"", "0.16 reads past the labels"),
        (r"expected the end of the line or an exemplar|expected a space and the value of the exemplar",
         r"", "0.16 reads past the labels"),
        (r"no metric name", r"", "0.16 reads samples without a name"),
        (r"is there twice", r"", "0.16 overlooks it in exemplars"),
    ],
    # client_python's text parser is lax by its own words; these are what Prometheus refuses.
    "text": [(r"", r"", "")],
}
WE_READ = {
    "om": [
        (r"\+Inf bucket missing|must be present|out of order|does not match", r" ",
         "samples at a later time, which it takes for repeated"),
        (r"AttributeError|'<' not supported|'>' not supported|not supported between", r"", "it compares times badly"),
        (r"Invalid line|Invalid labels|ValueError\(\)|substring not found|invalid metric name", r'\{"',
         "0.16 does not know names in quotes"),
        (r"invalid literal|could not convert", r"[eE.]", "timestamps"),
        (r"Invalid labels|ValueError\(\)", r"__", "reserved names, which escaping produces"),
        (r"Timestamps went backwards", r"\.", "0.16 compares nanoseconds without the seconds"),
        (r"Invalid line", r'"[^"]*[{}]', "0.16 looks for braces inside of quotes"),
        (r"Invalid line: # \{", r'\\"', "it overlooks backslashes before quotes in exemplars"),
    ],
    "text": [
        (r"could not convert string to float", r"", "values beside tabs"),
        (r"Invalid value|invalid metric name|Invalid labels|ValueError\(\)", r'\{ *"|\t|__|\\',
         "0.16: names in quotes, tabs"),
        (r"Invalid metric type", r"#[^ ]", "words of comments"),
        (r"substring not found|string index out of range|index", r"", "0.16 stumbles"),
    ],
}


def quotes_names(text):
    return re.search(r'[{,] *"|^# \w+ "', text, re.MULTILINE)


def seeds():
    text, om = list(TEXT), list(OM)
    for name in sorted(glob.glob(os.path.join(DATA, "client_python/*.text")))[:60]:
        text.append(open(name, encoding="utf-8", newline="").read())
    for name in sorted(glob.glob(os.path.join(DATA, "client_python/*.om")))[:60]:
        om.append(open(name, encoding="utf-8", newline="").read())
    for name in sorted(glob.glob(os.path.join(DATA, "openmetrics/*/metrics"))):
        om.append(open(name, encoding="utf-8", newline="").read())
    text, om = ([t for t in some if len(t) < 4000 and (KNOWS_QUOTES or not quotes_names(t))]
                for some in (text, OM * 60 + om))
    return {"text": text, "om": om}


def corpus():
    """What fuzzing has found. Byte 0 of a file is for the fuzzer; what is not UTF-8 is not for Python."""
    texts = {"text": [], "om": []}
    for form, folder in (("text", "parse_text"), ("om", "parse_openmetrics")):
        for name in sorted(glob.glob(os.path.join(ROOT, "tests/fuzz/corpus", folder, "*"))):
            with open(name, "rb") as file:
                text = file.read()[1:].decode("utf-8", "replace")
            if KNOWS_QUOTES or not quotes_names(text):
                texts[form].append(text)
    return texts


def change(text, generator):
    for _ in range(generator.choice((0, 1, 1, 1, 1, 2))):
        kind = generator.randrange(7)
        lines = text.splitlines(True)
        at = generator.randrange(len(text) + 1)
        if kind == 0:
            text = text[:at] + generator.choice(TOKENS) + text[at:]
        elif kind == 1:
            text = text[:at] + generator.choice(TOKENS) + text[at + generator.randrange(1, 4):]
        elif kind == 2:
            text = text[:at] + text[at + generator.randrange(1, 8):]
        elif kind == 3 and lines:
            del lines[generator.randrange(len(lines))]
            text = "".join(lines)
        elif kind == 4 and lines:
            lines.insert(generator.randrange(len(lines) + 1), generator.choice(lines))
            text = "".join(lines)
        elif kind == 5 and len(lines) > 1:
            a, b = generator.randrange(len(lines)), generator.randrange(len(lines))
            lines[a], lines[b] = lines[b], lines[a]
            text = "".join(lines)
        elif kind == 6:
            words = re.findall(r"\w+|\W", text)
            if words:
                words[generator.randrange(len(words))] = generator.choice(TOKENS)
                text = "".join(words)
    return text


def ours(texts, form):
    data = b"".join(b"%d\n%s" % (len(t), t) for t in (text.encode() for text in texts))
    lines = subprocess.run(shlex.split(os.environ.get("RUN", "")) + [DRIVER, "dump", form], input=data,
                           stdout=subprocess.PIPE, check=True, timeout=250).stdout
    results, content = [], []
    for line in lines.decode("utf-8", "replace").split("\n")[:-1]:
        if line[:2] in ("F ", "S "):
            content.append(line)
        else:
            results.append((line, content))
            content = []
    if len(results) != len(texts):
        sys.exit("parse_differential: %d answers for %d texts" % (len(results), len(texts)))
    return results


def theirs(text, form):
    parser = om_parser if form == "om" else text_parser
    try:
        return "ok", list(parser.text_string_to_metric_families(text))
    except Exception as error:  # it stumbles over some texts with other exceptions than its own
        return repr(error), None


def hexadecimal(text):
    return text.encode().hex()


def number(value):
    value = float(value)
    return "nan" if math.isnan(value) else "%.17g" % value


def label_text(labels):
    return "{" + ",".join(sorted("%s=%s" % (hexadecimal(k), hexadecimal(v)) for k, v in labels.items())) + "}"


def stem(name):
    while name.endswith("_total"):
        name = name[:-6]
    return name


def their_content(families, form):
    """Samples (in text without "_total", which it adds), and families of OpenMetrics."""
    lines = []
    for f in families:
        if form == "om":
            lines.append("F %s %s %s %s" % (hexadecimal(f.name), f.type, hexadecimal(f.documentation.lstrip(" ")),
                                            hexadecimal(f.unit)))
        for s in f.samples:
            name = s.name if form == "om" else stem(s.name)
            line = "S %s%s %s %s" % (hexadecimal(name), label_text(s.labels), number(s.value),
                                     "-" if s.timestamp is None else number(s.timestamp))
            if s.exemplar:
                line += " # %s %s %s" % (label_text(s.exemplar.labels), number(s.exemplar.value),
                                         "-" if s.exemplar.timestamp is None else
                                         number(s.exemplar.timestamp))
            lines.append(line)
    return lines


def sort_labels(match):
    return "{" + ",".join(sorted(match.group(1).split(","))) + "}"


def our_content(lines, form):
    out = []
    for line in lines:
        if line.startswith("F "):
            if form == "om":
                parts = [part if part != "-" else "" for part in line.split(" ")]
                parts[3] = re.sub("^(20)+", "", parts[3]) # it takes blanks before a text for separators
                out.append(" ".join(parts))
            continue
        line = re.sub(r"\{([^}]*)\}", sort_labels, line).replace("-nan", "nan")
        if form == "text":
            name, rest = line[2:].split("{", 1)
            line = "S %s{%s" % (hexadecimal(stem(bytes.fromhex(name).decode())), rest)
        out.append(line)
    return out


def excuse(rules, reason, text):
    return any(re.search(why, reason) and re.search(where, text) for why, where, _ in rules)


def compare(texts, form, counts, show):
    bad = 0
    for text, (answer, content) in zip(texts, ours(texts, form)):
        judgement, families = theirs(text, form)
        good, theirs_good = answer == "ok", judgement == "ok"
        counts[form, good, theirs_good] += 1
        if good and theirs_good:
            mine, other = our_content(content, form), their_content(families, form)
            if form == "text":
                mine, other = sorted(mine), sorted(other)
            # 0.16 takes a first comma for a part of the label's name.
            excused = re.search("\r|\x85", text) or (not KNOWS_QUOTES and re.search(r"\{\s*,", text))
            if mine != other and not excused and not close(mine, other):
                bad += 1
                print("DIFFERENT CONTENT (%s) %r\n  ours   %s\n  theirs %s" % (
                    form, text, [m for m in mine if m not in other], [o for o in other if o not in mine]))
        elif good != theirs_good:
            rules = WE_READ if good else WE_REFUSE
            if show or not excuse(rules[form], judgement if good else answer, text):
                bad += not excuse(rules[form], judgement if good else answer, text)
                print("%s (%s) %r\n  ours   %s\n  theirs %s" % (
                    "WE READ" if good else "WE REFUSE", form, text, answer, judgement))
    return bad


def close(mine, other):
    """Timestamps: theirs are cut to nanoseconds, ours are doubles."""
    if len(mine) != len(other):
        return False
    for a, b in zip(mine, other):
        for x, y in zip(a.split(" "), b.split(" ")):
            if x != y:
                try:
                    if not math.isclose(float(x), float(y), rel_tol=1e-15, abs_tol=1.1e-9):
                        return False
                except ValueError:
                    return False
    return True


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("count", nargs="?", type=int, default=effort(6000))
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--show", action="store_true", help="also what is excused")
    arguments = arguments.parse_args()
    if not os.path.exists(DRIVER):
        print("%s is missing: make check-conformance builds it" % DRIVER)
        return 1
    generator = random.Random(arguments.seed)
    good, found, counts, bad = seeds(), corpus(), collections.Counter(), 0
    for form in ("om", "text"):
        texts = [change(generator.choice(good[form]), generator) for _ in range(arguments.count)]
        bad += compare(found[form] + texts, form, counts, arguments.show)
        print("%s: %d read by both, %d refused by both, %d only we refuse, %d only we read" % (
            form, counts[form, True, True], counts[form, False, False], counts[form, False, True],
            counts[form, True, False]))
    print("seed %d: %d differences" % (arguments.seed, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
