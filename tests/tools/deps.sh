#!/bin/sh
# deps.sh run|check|bench|deb|check-deb|check-ha|fuzz|fuzz-runtime|lint…: installs the Debian packages that these need and that are missing, and says which.
#
# Debian's PostgreSQL package makes and starts a cluster on port 5432, and other packages start services. Neither is
# ours to do on somebody's machine, so both are turned off for as long as apt runs, by two files that are put back after.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

policy=/usr/sbin/policy-rc.d
createcluster=/etc/postgresql-common/createcluster.conf
mark='letterwatch: only while tests/tools/deps.sh runs'

installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# What of set $1 is not there. The server counts as there whatever package it came from.
missing() {
	case $1 in
	run)
		set -- gcc libc6-dev make pkg-config libevent-dev libpq-dev libinih-dev libsystemd-dev perl libtext-csv-xs-perl
		pg_bindir >/dev/null || set -- "$@" postgresql
		;;
	check)
		version=$(pg_bindir) || die "no PostgreSQL server: first \"$0 run\""
		version=$(basename "$(dirname "$version")")
		set -- libcmocka-dev libipc-run-perl "postgresql-$version-pgtap" logrotate mandoc procps prometheus scdoc strace valgrind
		# A real systemd is tested where the machine has one.
		[ ! -x /sbin/init ] || set -- "$@" systemd-container dbus
		# Two of these cannot be on one machine; without rsyslog its test is skipped.
		dpkg-query -W -f '${db:Status-Status} ${Provides}\n' | grep -q '^installed.*system-log-daemon' || set -- "$@" rsyslog
		;;
	bench)
		version=$(pg_bindir) || die "no PostgreSQL server: first \"$0 run\""
		version=$(basename "$(dirname "$version")")
		set -- "postgresql-$version-cron"
		;;
	deb) set -- build-essential debhelper fakeroot lintian ;;
	check-deb) set -- mmdebstrap ;;
	check-ha) set -- patroni etcd-server ;;
	fuzz) set -- clang ;;
	fuzz-runtime)
		version=$(clang -dumpversion | cut -d. -f1)
		set -- "libclang-rt-$version-dev"
		;;
	lint) set -- clang-format clang-tidy cppcheck shellcheck ;;
	*) die "no such set: $1" ;;
	esac
	for package; do
		installed "$package" || printf ' %s' "$package"
	done
}

# Puts text in the place of file $1 until put_back.
take_place() {
	if [ -e "$1" ] || [ -L "$1" ]; then
		mv "$1" "$1.letterwatch-saved"
	fi
	cat >"$1"
}

# Also mends what a run left that was killed hard.
put_back() {
	if grep -qs "$mark" "$1"; then
		rm -f "$1"
	fi
	if [ -e "$1.letterwatch-saved" ] || [ -L "$1.letterwatch-saved" ]; then
		mv -f "$1.letterwatch-saved" "$1"
	fi
}

put_back_all() {
	put_back $policy
	put_back $createcluster
}

get() {
	apt-get -q -y --no-install-recommends --no-remove -o DPkg::Lock::Timeout=600 \
		-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install "$@"
}

install_packages() {
	export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
	exec 9>/run/letterwatch-deps.lock # two at once would save each other's files
	flock 9
	put_back_all
	trap put_back_all EXIT

	take_place $policy <<-END
		#!/bin/sh
		# $mark
		exit 101
	END
	chmod 755 $policy
	apt-get -q update || say "apt-get update failed; going on with the lists that are there"

	# First by itself: it makes its own createcluster.conf, and would ask about one that is there already.
	case " $* " in
	*" postgresql"*) installed postgresql-common || get postgresql-common ;;
	esac
	if [ -d "$(dirname $createcluster)" ]; then
		take_place $createcluster <<-END
			# $mark
			create_main_cluster = false
		END
	fi
	get "$@"
}

# The shell heeds a signal once the command in the foreground is done: nobody leaves while apt runs.
trap 'exit 1' HUP INT TERM

if [ "${1-}" = install ]; then
	shift
	install_packages "$@"
	exit
fi

for set; do
	packages=$(missing "$set")
	[ "$packages" ] || continue
	say "installing Debian packages for $set:$packages"
	root=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "not root, and no sudo: install these packages first:$packages"
		root=sudo
	fi
	# shellcheck disable=SC2086 # words of one package each
	$root sh tests/tools/deps.sh install $packages
done
