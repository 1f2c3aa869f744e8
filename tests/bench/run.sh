#!/bin/sh
# make bench: what the README says of speed, measured on this machine, in a private cluster. Arguments go to lateness.pl.
#
# As check.sh does: root lets user postgres measure a copy of the tree.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

tests/tools/deps.sh run check
make --no-print-directory all

bin=$(pg_bindir)
work=$(mktemp -d /var/tmp/letterwatch-bench.XXXXXX)
tree=$PWD

# A measurement that was killed may have left its server: it is ended by the pid in its own file.
finish() {
	trap '' INT TERM HUP
	find "$work" -name postmaster.pid | while read -r file; do
		kill -QUIT "$(head -n 1 "$file")" || :
	done
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

mkdir "$work/tmp"
if [ "$(id -u)" -eq 0 ]; then
	tree=$work/tree
	mkdir "$tree"
	tar -cf - build/letterwatchd sql tests/lib tests/bench | tar -xf - -C "$tree" --no-same-owner
	chmod -R u=rwX,go=rX "$work"
	chown -R postgres: "$work"
fi
cd "$tree"

modules=$bin/../lib/pgxs/src/test
export PG_REGRESS="$modules/regress/pg_regress" LANG=C.UTF-8
export TMPDIR="$work/tmp" TESTDIR="$work" TESTDATADIR="$work/tmp_check" TESTLOGDIR="$work/tmp_check/log"
export PATH="$bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
as postgres perl -I tests/lib -I "$modules/perl" tests/bench/lateness.pl "$@"
