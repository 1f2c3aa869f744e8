#!/bin/sh
# make bench: what the README says of speed, measured on this machine, in a private cluster. Without arguments all of it; run.sh NAME
# ARGUMENT… runs NAME.pl alone.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

tests/tools/deps.sh run check bench
make --no-print-directory all

work=$(mktemp -d /var/tmp/letterwatch-bench.XXXXXX)
finish() {
	trap '' INT TERM HUP
	end_servers "$work"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

enter_tree "$work"
bench() {
	name=$1
	shift
	as postgres perl -I tests/lib -I "$modules/perl" "tests/bench/$name.pl" "$@"
}
[ $# -gt 0 ] || { bench lateness && bench idle && bench burst && bench register && bench load 200000 && bench redate && bench questions; exit; }
bench "$@"
