#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# All sources together compile as one: no two files use the same static name for different things,
# so that the library can be shipped as a single file. Layers come in their order.
layers=$(sed -n 's/^layers="\(.*\)"$/\1/p' tests/install/layers.sh)
[ -n "$layers" ] || { echo "no list of layers in layers.sh"; exit 1; }

for layer in $layers; do
    for source in lib/"$layer"/*.c; do
        [ ! -f "$source" ] || echo "#include \"$source\""
    done
done | ${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -D_GNU_SOURCE= -Iinclude -Ilib -I. \
    -Wall -Wextra -Werror -fsyntax-only -xc -
