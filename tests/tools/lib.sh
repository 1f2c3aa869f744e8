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
