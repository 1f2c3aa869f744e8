#!/bin/sh
# make check: everything under prove, each test against clusters of its own. "check.sh FILE…" runs only these.
#
# PostgreSQL's own test modules make the clusters. They and the server refuse root, so root lets user postgres test a
# copy of the tree: the tree itself may be out of that user's reach, and stays as it is.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

tests/tools/deps.sh run check
make --no-print-directory all unit

work=$(mktemp -d /var/tmp/letterwatch-check.XXXXXX)
top=$PWD

# What a failed test wrote is kept.
finish() {
	status=$?
	trap '' INT TERM HUP
	end_servers "$work"
	rm -rf "$top/build/check-log"
	if [ $status -ne 0 ] && [ -d "$work/tmp_check/log" ]; then
		cp -r "$work/tmp_check/log" "$top/build/check-log"
		say "failed; the logs are in build/check-log"
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

enter_tree "$work"
status=0
if [ $# -eq 0 ]; then
	prove --timer tests/root/ || status=$? # as whom we are: what needs root is skipped without
	# shellcheck disable=SC2046 # file names without blanks
	set -- $(find build/tests -type f -executable 2>/dev/null | sort) tests/t/
fi
as postgres prove -j 2 --failures --timer -I tests/lib -I "$modules/perl" "$@" || status=$?
[ "$status" -eq 0 ]
