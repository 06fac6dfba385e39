#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A C++ program that calls the plain functions compiles without a warning as C++17 and C++20, with
# every compiler that is there, and runs.
dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
found=
for cxx in "${CXX:-c++}" g++ clang++; do
    command -v ${cxx%% *} >/dev/null || continue
    found=yes
    for standard in c++17 c++20; do
        $cxx -std=$standard -Wall -Wextra -Wpedantic -Werror -Iinclude -pthread -o "$dir/cxx" \
            tests/install/cxx.cc "$OBJ/libpromc.a" || exit 1
        "$dir/cxx" || { echo "cxx: $cxx -std=$standard"; exit 1; }
    done
done
if [ -z "$found" ]; then
    echo "there is no C++ compiler; nothing tried"
    exit 77
fi
