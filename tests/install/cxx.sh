#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# C++ programs that call the plain functions, one of them the example, compile without a warning as
# C++17 and C++20, with every compiler that is there, and run.
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
found=
for cxx in "${CXX:-c++}" g++ clang++; do
    command -v ${cxx%% *} >/dev/null || continue
    found=yes
    for standard in c++17 c++20; do
        for source in tests/install/cxx.cc examples/cpp.cc; do
            $cxx -std=$standard -Wall -Wextra -Wpedantic -Werror -Iinclude -pthread -o "$dir/cxx" \
                $source "$OBJ/libpromc.a" || exit 1
            "$dir/cxx" 0 1 || { echo "cxx: $cxx -std=$standard $source"; exit 1; }
        done
    done
done
if [ -z "$found" ]; then
    echo "there is no C++ compiler; nothing tried"
    exit 77
fi
