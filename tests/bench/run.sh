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
if [ $# -gt 0 ]; then
	bench "$@"
	exit
fi

# All that has an aim, and last the table of it.
export LETTERWATCH_FIGURES="$work/figures"
for name in lateness idle burst register 'load 200000 3' redate questions; do
	# shellcheck disable=SC2086 # a name and its arguments
	bench $name
done
printf '\nOn %s cores of %s, Linux %s, PostgreSQL %s:\n\n| | measured | aim |\n|---|---|---|\n' "$(nproc)" \
	"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(uname -r)" "$("$bin/postgres" --version | sed 's/[^0-9]*\([0-9.]*\).*/\1/')"
cat "$LETTERWATCH_FIGURES"
