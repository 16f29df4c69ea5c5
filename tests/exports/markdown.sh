#!/bin/sh
# The summary, rendered as GitHub renders it: no text of a student's is anything.
. tests/exports/common.sh
command -v cmark-gfm >/dev/null ||
    skip "there is no cmark-gfm (apt-get install cmark-gfm)"
make_results
for name in evil empty bugs all; do
    export_results markdown "$name" "$work/$name.md"
    cmark-gfm --unsafe -e table -e autolink -e strikethrough "$work/$name.md" \
        >"$work/$name.html" || fail "cmark-gfm failed"
    "$python" tests/exports/markdown.py "$work/$name.json" "$work/$name.html" ||
        fail "see above"
done
