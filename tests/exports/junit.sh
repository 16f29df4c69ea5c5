#!/bin/sh
# JUnit XML, read by junitparser and checked by xmllint.
. tests/exports/common.sh
needs_python junitparser python3-junitparser
make_results
for name in evil empty bugs all; do
    export_results junit "$name" "$work/$name.xml"
done
"$python" tests/exports/junit.py "$work" || fail "see above"
if command -v xmllint >/dev/null; then
    xmllint --nonet --noout "$work"/*.xml || fail "it is not well-formed"
fi
