#!/bin/sh
# make torture SECONDS=… SEED=…: everything goes wrong at once, and what must hold is checked. Runs by itself in a private cluster.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

tests/tools/deps.sh run check
make --no-print-directory all

work=$(mktemp -d /var/tmp/letterwatch-torture.XXXXXX)
top=$PWD
disk=$work/tmp_check # where the clusters of the tests are
finish() {
	status=$?
	trap '' INT TERM HUP
	end_servers "$work"
	if [ $status -ne 0 ] && [ -d "$work/tmp_check/log" ]; then
		rm -rf "$top/build/torture-log"
		cp -r "$work/tmp_check/log" "$top/build/torture-log"
		say 'failed; the logs are in build/torture-log'
	fi
	if mountpoint -q "$disk"; then
		umount "$disk"
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# A small disk for the cluster, which can fill.
mkdir "$disk"
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=3g tmpfs "$disk"; then
	export LW_SMALL_DISK="$disk"
else
	say 'without a disk that fills: no tmpfs can be mounted here'
fi
enter_tree "$work"
as postgres prove --failures --timer -I tests/lib -I "$modules/perl" tests/torture/torture.pl :: \
	"${SECONDS_OF_TORTURE:-120}" ${SEED:+"$SEED"}
