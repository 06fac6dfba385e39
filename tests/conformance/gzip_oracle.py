#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What our encoder writes is read by zlib (through Python) and by gzip -t, and gives the input
again. Environment: OBJ (where tests/gzip_stream lies), RUN (an emulator to run it with)."""
import gzip
import os
import random
import shutil
import subprocess
import sys
import zlib

PROGRAM = os.environ.get("RUN", "").split() + [os.environ.get("OBJ", "build") + "/tests/gzip_stream"]
HUGE = 10**8


def compress(data, part):
    return subprocess.run(PROGRAM + [str(part)], input=data, stdout=subprocess.PIPE, check=True).stdout


def one_member(data):
    """Decoded by zlib, which has to find the end of the stream at the end of the data."""
    decoder = zlib.decompressobj(31)
    out = decoder.decompress(data)
    assert decoder.eof and not decoder.unused_data, "the stream does not end where it ends"
    return out


def exposition(rng, series):
    lines = ["# HELP requests_total Requests.", "# TYPE requests_total counter"]
    for i in range(series):
        value = rng.choice([0.0, 1.0, float(rng.randrange(10**6)), rng.random() * 1e9])
        lines.append(f'requests_total{{code="{rng.choice((200, 404, 500))}",path="/items/{i // 3}",zone="é{i % 7}"}} {value!r}')
    return ("\n".join(lines) + "\n").encode()


def inputs():
    rng = random.Random(1)
    yield "empty", b""
    for size in (1, 2, 5, 6, 7, 257, 258, 259, 10239, 10240, 32767, 32768, 33089, 33090, 33091, 65535, 65536, 200000):
        yield f"random {size}", rng.randbytes(size)
        yield f"zeros {size}", bytes(size)
        yield f"digits {size}", bytes(rng.choices(b"0123456789.", k=size))
        yield f"few {size}", bytes(rng.choices(b"ab\n", k=size))
    for series in (1, 10, 1000, 100000):
        yield f"exposition {series}", exposition(rng, series)
    block = rng.randbytes(1000)
    for distance in (1000, 32767, 32768, 32769, 65535, 65536, 65537):
        yield f"distance {distance}", (block + rng.randbytes(distance - 1000)) * 4
    for i in range(40):
        parts = []
        for _ in range(rng.randrange(1, 30)):
            kind = rng.randrange(4)
            size = rng.randrange(1, 20000)
            if kind == 0:
                parts.append(rng.randbytes(size))
            elif kind == 1:
                parts.append(rng.randbytes(rng.randrange(1, 50)) * (size // 20 + 1))
            elif kind == 2:
                parts.append(exposition(rng, size // 100))
            elif parts:
                parts.append(rng.choice(parts))
        yield f"mixed {i}", b"".join(parts)


def check_huge():
    """Zeros, more than fits into a buffer anywhere: through pipes."""
    with open("/dev/zero", "rb") as zeros:
        head = subprocess.Popen(["head", "-c", str(HUGE)], stdin=zeros, stdout=subprocess.PIPE)
        ours = subprocess.run(PROGRAM + ["65536"], stdin=head.stdout, stdout=subprocess.PIPE, check=True).stdout
        head.stdout.close()
        head.wait()
    decoder = zlib.decompressobj(31)
    size = 0
    while not decoder.eof:
        out = decoder.decompress(ours if not size else decoder.unconsumed_tail, 1 << 20)
        assert out or decoder.eof, "the stream ends early"
        assert not out.strip(b"\0"), "not zero"
        size += len(out)
    assert size == HUGE and not decoder.unused_data, size


def main():
    count = 0
    gunzip = shutil.which("gzip")
    for name, data in inputs():
        expected = None
        for part in (65536, 61440, 997):
            ours = compress(data, part)
            if expected is None:
                expected = ours
                assert one_member(ours) == data, f"{name}: zlib reads something else"
                assert gzip.decompress(ours) == data, f"{name}: gzip reads something else"
                assert len(ours) <= len(data) + len(data) // 1024 + 32, f"{name}: {len(ours)} bytes"
                if gunzip:
                    subprocess.run([gunzip, "-t"], input=ours, check=True)
            assert ours == expected, f"{name}: parts of {part} bytes give other output"
        if name.startswith("exposition") and len(data) > 10000:
            level_1 = len(zlib.compress(data, 1))
            assert len(expected) <= level_1, f"{name}: {len(expected)} bytes, zlib {level_1}"
        count += 1
    check_huge()
    print(f"{count} inputs, and {HUGE} zeros")


if __name__ == "__main__":
    sys.exit(main())
