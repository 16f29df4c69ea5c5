# shellcheck shell=sh
# What the scripts for CI's formats share. As all here they are called as
# `SCRIPT MMGRADE RESULTS` in the top folder, and exit 0, or 1 after they have said
# what is wrong, or 77 after they have said who is missing.

mmgrade=$1
results=$2
build=$(dirname "$mmgrade")
work=$(mktemp -d "${TMPDIR:-/tmp}/mmgrade-exports.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# Debian's, which has Debian's modules; another may come first in PATH.
python=/usr/bin/python3

skip()
{
    echo "$*"
    exit 77
}

fail()
{
    echo "$*"
    exit 1
}

# needs_python MODULE PACKAGE
needs_python()
{
    "$python" -c "import $1" 2>/dev/null ||
        skip "there is no Python module $1 (apt-get install $2)"
}

# needs_npm PACKAGE VERSION: unpacked to $work/PACKAGE, as the registry has it.
needs_npm()
{
    command -v npm >/dev/null && command -v node >/dev/null ||
        skip "there is no npm (apt-get install npm)"
    (cd "$work" && timeout 120 npm pack --silent "$1@$2" >npm.log 2>&1 &&
        mkdir "$1" && tar -xzf "$1-$2.tgz" -C "$1" --strip-components=1) ||
        skip "the npm registry does not give $1@$2"
}

# Results to write about, in $work: of a submission that does not compile and
# says so in the worst way, of one with bugs, of one that is refused, and a list
# of them all. Graded once, into RESULTS, for all scripts that want them.
make_results()
{
    [ -e "$results/graded/all.json" ] || grade_them "$results/graded"
    cp "$results"/graded/*.json "$work" || exit 1
}

# grade_them FOLDER
grade_them()
{
    mkdir -p "$1" "$work/evil/mm" "$work/empty"
    cp skeleton/mm/page_alloc.c "$work/evil/mm"
    cat tests/exports/evil.txt >>"$work/evil/mm/page_alloc.c"
    echo nothing >"$work/empty/README"
    for name in evil:"$work/evil" empty:"$work/empty" \
        bugs:"$build/samples/two-bugs.tar.gz"; do
        "$mmgrade" grade --quiet --json --lab lab1-buddy "${name#*:}" \
            >"$1/${name%%:*}.json" 2>>"$work/log"
    done
    grep -q '"status": "build-failed"' "$1/evil.json" &&
        grep -q '"refused": {' "$1/empty.json" &&
        grep -q '"status": "fail"' "$1/bugs.json" ||
        fail "the submissions were not graded: $(cat "$work/log")"
    {
        echo [
        cat "$1/evil.json"
        echo ,
        cat "$1/empty.json"
        echo ,
        cat "$1/bugs.json"
        echo ]
    } >"$1/all.json.part"
    mv "$1/all.json.part" "$1/all.json"
}

# export FORMAT NAME FILE: what mmgrade makes of $work/NAME.json.
export_results()
{
    "$mmgrade" export "$1" "$work/$2.json" -o "$3" ||
        fail "mmgrade export $1 failed"
}
