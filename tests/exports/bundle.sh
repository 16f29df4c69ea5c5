#!/bin/sh
# The Gradescope autograder, from the zip to a score: unpacked as Gradescope
# does, built from nothing but what is in it, run on two submissions.
#
#   bundle.sh MMGRADE RESULTS

set -eu
mmgrade=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
AUTOGRADER=$work/autograder
export AUTOGRADER

"$mmgrade" export gradescope-bundle --lab lab1-buddy -o "$work/a.zip"
mkdir -p "$AUTOGRADER/source" "$AUTOGRADER/submission/mm"
python3 - "$work/a.zip" "$AUTOGRADER/source" <<'END'
import os
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as bundle:
    assert bundle.testzip() is None
    for name in ("setup.sh", "run_autograder"):
        assert name in bundle.namelist(), name + " is not at the root"
    for member in bundle.infolist():
        path = bundle.extract(member, sys.argv[2])
        os.chmod(path, member.external_attr >> 16 & 0o777)
END
# All is compiled, but quickly: it is not to run for long.
env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u BUILD \
    CFLAGS='-O0 -g0 -U_FORTIFY_SOURCE' "$AUTOGRADER/source/setup.sh"

# score FILE: what run_autograder gives that mm/page_alloc.c.
score()
{
    cp "$1" "$AUTOGRADER/submission/mm/page_alloc.c"
    "$AUTOGRADER/source/run_autograder" >"$work/said"
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["score"])' \
        "$AUTOGRADER/results/results.json"
}
[ "$(score reference/mm/page_alloc.c)" = 100 ]
[ "$(score skeleton/mm/page_alloc.c)" = 0 ]
