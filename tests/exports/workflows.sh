#!/bin/sh
# Runs the scripts in the workflows, as a runner would: a kit is downloaded, a
# student's repository graded. Only the download and apt-get are feigned.
. tests/exports/common.sh
needs_python yaml python3-yaml
"$python" tests/exports/workflows.py "$build" "$work" || fail "see above"
