# Sourced by the scripts beside it, which have changed into the top of the tree.
# shellcheck shell=sh

die() {
	echo "$0: $*" >&2
	exit 1
}

say() {
	echo "==> $*"
}

# The directory of the newest installed PostgreSQL server; it fails if there is none that is new enough.
pg_bindir() {
	for version in $(find /usr/lib/postgresql -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort -rn); do
		if [ "$version" -ge 15 ] && [ -x "/usr/lib/postgresql/$version/bin/postgres" ]; then
			echo "/usr/lib/postgresql/$version/bin"
			return 0
		fi
	done
	return 1
}

# as USER COMMAND…: as that user if we are root, as ourselves if not (the server's programs refuse root).
as() {
	if [ "$(id -u)" -eq 0 ]; then
		as_user=$1
		shift
		runuser -u "$as_user" -- "$@"
	else
		shift
		"$@"
	fi
}

# What the caller's own environment says of some PostgreSQL is not about ours.
forget_other_servers() {
	for variable in $(env | sed -n 's/^\(PG[A-Z]*\)=.*/\1/p'); do
		unset "$variable"
	done
}

# enter_tree WORK: changes into the tree and sets the environment as PostgreSQL's test modules (in $modules) want it, with
# everything they make below WORK. For root it is a copy that user postgres may read: the tree itself may be out of reach.
enter_tree() {
	bin=$(pg_bindir)
	modules=$bin/../lib/pgxs/src/test
	mkdir "$1/tmp"
	if [ "$(id -u)" -eq 0 ]; then
		mkdir "$1/tree"
		tar -cf - --exclude=./.git --exclude=./.run . | tar -xf - -C "$1/tree" --no-same-owner
		chmod -R u=rwX,go=rX "$1"
		chown -R postgres: "$1"
		cd "$1/tree" || return
	fi
	forget_other_servers
	# TESTDATADIR and TESTLOGDIR are for PostgreSQL 16 and later; 15 makes the same of TESTDIR.
	export PG_REGRESS="$modules/regress/pg_regress" CMOCKA_MESSAGE_OUTPUT=TAP LANG=C.UTF-8
	export TMPDIR="$1/tmp" TESTDIR="$1" TESTDATADIR="$1/tmp_check" TESTLOGDIR="$1/tmp_check/log"
	export PATH="$bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

# end_servers WORK: what was killed may have left its server below WORK: ends it by the pid in its own file.
end_servers() {
	find "$1" -name postmaster.pid | while read -r file; do
		say "ending a server that was left: $file"
		kill -QUIT "$(head -n 1 "$file")" || :
	done
}
