#!/bin/sh
# make torture SECONDS=… SEED=…: everything goes wrong at once, and what must hold is checked. Runs by itself in a private cluster.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

tests/tools/deps.sh run check
make --no-print-directory all

work=$(mktemp -d /var/tmp/letterwatch-torture.XXXXXX)
top=$PWD
finish() {
	status=$?
	trap '' INT TERM HUP
	end_servers "$work"
	if [ $status -ne 0 ] && [ -d "$work/tmp_check/log" ]; then
		rm -rf "$top/build/torture-log"
		cp -r "$work/tmp_check/log" "$top/build/torture-log"
		say 'failed; the logs are in build/torture-log'
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

enter_tree "$work"
as postgres prove --failures --timer -I tests/lib -I "$modules/perl" tests/torture/torture.pl :: \
	"${SECONDS_OF_TORTURE:-120}" ${SEED:+"$SEED"}
