#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The rules of lib/ that a compiler does not know:
#   - a folder includes itself, the folders before it in this list, and public headers;
#   - functions that overflow, print, or end the program are not called;
#   - memory comes from base/memory.c only.
layers="base cells metrics registry exposition http delivery alerts"

awk -v layers="$layers" '
function complain(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    failed = 1
}

# The line without comments, strings and characters. Comments may go on from line to line.
function code_of(line,    out, c, two, quote) {
    out = ""
    while (line != "") {
        c = substr(line, 1, 1)
        two = substr(line, 1, 2)
        if (in_comment || two == "/*") {
            if (!in_comment)
                line = substr(line, 3)
            in_comment = !(c = index(line, "*/"))
            line = in_comment ? "" : substr(line, c + 2)
            out = out " "
        } else if (two == "//") {
            line = ""
        } else if (c == "\"" || c == "'\''") {
            quote = c
            for (line = substr(line, 2); line != "" && substr(line, 1, 1) != quote;)
                line = substr(line, substr(line, 1, 1) == "\\" ? 3 : 2)
            line = substr(line, 2)
            out = out quote quote
        } else {
            out = out c
            line = substr(line, 2)
        }
    }
    return out
}

function calls(code, names) {
    return code ~ ("(^|[^A-Za-z0-9_.>])(" names ")[ \t]*\\(")
}

BEGIN {
    for (count = split(layers, name, " "); count > 0; count--)
        level[name[count]] = count
}

FNR == 1 {
    in_comment = 0
    split(FILENAME, path, "/")
    folder = path[2]
    if (!(folder in level))
        complain("lib/" folder " is not in the list of layers")
    if ($0 !~ /^\/\* SPDX-License-Identifier: Apache-2.0 \*\/$/)
        complain("the first line is not the licence")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\"")
    slash = index(part[2], "/")
    target = substr(part[2], 1, slash - 1)
    if (!slash || !(target in level))
        complain("include \"" part[2] "\": write it from lib/, as \"folder/file.h\"")
    else if (level[target] > level[folder])
        complain(folder " must not include " part[2])
}

{
    code = code_of($0)
    if (calls(code, "strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca"))
        complain("unsafe function: " $0)
    if (calls(code, "printf|vprintf|fprintf|vfprintf|dprintf|puts|fputs|putchar|putc|fputc|perror") ||
        code ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/)
        complain("the library never prints: " $0)
    if (calls(code, "exit|_exit|_Exit|quick_exit|abort|assert|raise|kill|__builtin_trap"))
        complain("the library never ends the program: " $0)
    if (calls(code, "signal|sigaction|sigset"))
        complain("the library leaves signals alone: " $0)
    if (calls(code, "setlocale|uselocale|strtod|strtof"))
        complain("depends on the locale: " $0)
    if (FILENAME != "lib/base/memory.c" && calls(code, "malloc|calloc|realloc|free|strdup|strndup|asprintf"))
        complain("memory comes from base/memory.h: " $0)
}

END { exit failed }
' lib/*/*.[ch]
