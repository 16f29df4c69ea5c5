#!/bin/sh
# CTRF against the JSON schema that its reference implementation brings.
. tests/exports/common.sh
needs_python jsonschema python3-jsonschema
needs_npm ctrf 0.3.0
make_results
for name in evil empty bugs all; do
    export_results ctrf "$name" "$work/$name.ctrf.json"
    "$python" tests/exports/ctrf.py "$work/ctrf/dist/ctrf-schema-0.0.json" \
        "$work/$name.ctrf.json" || fail "see above"
done
