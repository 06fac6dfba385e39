#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The shared library in programs that were not built for it: preloaded, where it must change nothing,
# and loaded and unloaded while the program runs. A plugin that has the static library in it, likewise.
case $SO in
    *.dylib) echo "for ELF systems only"; exit 77 ;;
esac
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
so=$(cd "$(dirname "$SO")" && pwd)/$(basename "$SO")
python=${PYTHON:-python3}

die() {
    echo "loaded: $*"
    exit 1
}

# What a program says and how it ends is the same with the library as without.
cat >"$dir/host.py" <<'END'
import os, subprocess, sys, threading
threads = [threading.Thread(target=sum, args=(range(1000),)) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if os.fork() == 0:
    os._exit(0)
os.wait()
print(subprocess.run(['ls', '/'], capture_output=True, check=True).stdout, sys.argv)
sys.exit(7)
END
"$python" "$dir/host.py" a b >"$dir/without" 2>&1
[ $? -eq 7 ] || die "the host does not run: $(cat "$dir/without")"
LD_PRELOAD=$so "$python" "$dir/host.py" a b >"$dir/with" 2>&1
[ $? -eq 7 ] || die "the host ends otherwise with the library preloaded: $(cat "$dir/with")"
cmp -s "$dir/without" "$dir/with" || die "the host says something else with the library preloaded"
version=$(LD_PRELOAD=$so "$python" -c 'import ctypes
version = ctypes.CDLL(None).promc_version
version.restype = ctypes.c_char_p
print(version().decode())')
[ "$version" = "$(sed -n 's/^.define PROMC_VERSION "\(.*\)"/\1/p' include/promc/version.h)" ] ||
    die "a preloaded library is not found: $version"

${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -Wall -Wextra -Werror -pthread \
    -o "$dir/dlopen" tests/install/dlopen.c -ldl || exit
"$dir/dlopen" "$so" || die "the shared library cannot be unloaded"
${CC:-cc} -shared -o "$dir/plugin.so" -Wl,--whole-archive "$OBJ/libpromc.a" -Wl,--no-whole-archive \
    -pthread || exit
"$dir/dlopen" "$dir/plugin.so" again || die "a plugin with the library in it cannot be unloaded"
