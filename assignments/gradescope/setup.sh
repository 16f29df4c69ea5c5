#!/bin/sh
# Gradescope runs this once, as root, when it builds the autograder's image:
# installs what mmgrade needs and builds it. What it prints is in Gradescope's
# log of the build. $AUTOGRADER stands in for /autograder where this is tried.

set -eu
source=${AUTOGRADER:-/autograder}/source
# Written by `mmgrade export gradescope-bundle`: LAB, FROM, REF and more.
# shellcheck source=/dev/null
. "$source/bundle.conf"

if [ -n "$FROM" ]; then
    command -v git >/dev/null || {
        apt-get update
        DEBIAN_FRONTEND=noninteractive apt-get install -y git ca-certificates
    }
    rm -rf "$source/kit"
    git clone --quiet ${REF:+--branch "$REF"} --depth 1 -- "$FROM" "$source/kit"
fi
cd "$source/kit"
command -v make >/dev/null || {
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y make
}
chmod +x scripts/setup
scripts/setup grade
make -j"$(nproc)" kernel grader suites
# Better now, in the log of the build, than in front of a student.
if ! build/mmgrade grade reference --lab "$LAB" --sandbox "$SANDBOX" --quiet \
    --min-score 100; then
    echo "The reference did not get 100 points here (see above); bundle again" \
        "with --sandbox=none if it is the sandbox that can't be set up." >&2
    exit 1
fi
