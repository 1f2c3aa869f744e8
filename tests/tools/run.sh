#!/bin/sh
# make run:  a private PostgreSQL with letters in it and the daemon watching them, until Ctrl-C or RUN_SECONDS.
# make psql: psql into it. "run.sh clean" throws its data away.
#
# .run/cluster  the server's files, or a symbolic link to them    .run/lock    held while it runs
# .run/socket   the sockets, or a symbolic link to them           .run/*.conf  what the daemon reads
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

# The server's user may be unable to enter the tree.
ctl() {
	(cd / && as "$user" "$bin/pg_ctl" -D "$cluster/data" "$@")
}

psql() {
	"$bin/psql" -h "$socket" -U postgres "$@"
}

sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

# The server, which is not root, may be unable to reach the tree: then its files live outside it.
make_cluster() {
	mkdir .run/cluster
	if [ "$(id -u)" -eq 0 ]; then
		chmod 755 .run
		chown postgres: .run/cluster
		if ! as postgres test -w "$PWD/.run/cluster"; then
			rmdir .run/cluster
			elsewhere=$(mktemp -d /var/tmp/letterwatch-run.XXXXXX)
			chown postgres: "$elsewhere"
			ln -s "$elsewhere" .run/cluster
		fi
	fi
	chmod 700 "$(readlink -f .run/cluster)"
}

find_cluster() {
	[ -e .run/cluster ] || { rm -f .run/cluster && make_cluster; }
	cluster=$(readlink -f .run/cluster)
	user=$(stat -c %U "$cluster")
	[ -r "$cluster" ] || die "$cluster belongs to $user: run it as that user, or \"sudo make clean\""
	if [ -e "$cluster/data/PG_VERSION" ]; then
		bin=/usr/lib/postgresql/$(cat "$cluster/data/PG_VERSION")/bin
		[ -x "$bin/postgres" ] || die "made by PostgreSQL $(cat "$cluster/data/PG_VERSION"): begin anew by \"make clean\""
	else
		say "making a PostgreSQL cluster in $cluster"
		rm -rf "$cluster/data"
		ctl initdb -s -o "-U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync" || die "initdb failed"
	fi
}

remove_socket_directory() {
	[ ! -L .run/socket ] || rm -rf "$(readlink .run/socket)"
	rm -rf .run/socket
}

# Whoever may enter the directory of the sockets is let in by the server, so it is open to the server's user and root only.
# A socket's path has at most 107 bytes; one of plain characters needs no quoting anywhere.
make_socket_directory() {
	remove_socket_directory
	socket=$PWD/.run/socket
	case $socket in
	*[!A-Za-z0-9/._-]*) plain=false ;;
	*) plain=true ;;
	esac
	if $plain && [ ${#socket} -le 85 ] && [ ! -L .run/cluster ]; then
		mkdir "$socket"
	else
		socket=$(mktemp -d /tmp/letterwatch.XXXXXX)
		ln -s "$socket" .run/socket
	fi
	chmod 700 "$socket"
	if [ "$(id -u)" -eq 0 ]; then
		chown "$user:" "$socket"
	fi
}

start_server() {
	if ctl status >/dev/null; then
		say "stopping the server that a killed run left"
		ctl stop -s -m fast
	fi
	make_socket_directory
	ctl start -s -l "$cluster/server.log" -o "-c listen_addresses= -c unix_socket_directories=$socket" 9>&- ||
		die "the server does not start: $cluster/server.log"
}

install_schema() {
	[ "$(sql -d postgres -c "select 1 from pg_database where datname = 'letterwatch'")" ] ||
		sql -d postgres -c 'create database letterwatch'
	say "installing sql/"
	PGOPTIONS='-c client_min_messages=warning' sql -d letterwatch -f sql/install.sql >/dev/null
	sql -d letterwatch <<-'END'
		select 'create role letterwatchd login in role letterwatch_daemon'
		where not exists (select from pg_roles where rolname = 'letterwatchd') \gexec
	END
	if [ "${SAMPLE-1}" != 0 ] && [ "$(sql -d letterwatch -c 'select count(*) from letterwatch.letter')" -eq 0 ]; then
		say "loading sample letters"
		sql -d letterwatch -f sql/sample.sql >/dev/null
	fi
}

# The receiver and the daemon die with this shell, even if it is killed.
start_receiver() {
	setpriv --pdeathsig TERM perl tests/tools/syslog-receiver.pl "$socket/log" 9>&- &
	receiver=$!
	until [ -S "$socket/log" ]; do
		kill -0 "$receiver" || die "the syslog receiver does not start"
		sleep 0.05
	done
}

# timeout 0 waits for ever.
start_daemon() {
	cat >.run/letterwatchd.conf <<-END
		[database]
		conninfo = host=$socket dbname=letterwatch user=letterwatchd
		[alerts]
		syslog_socket = $socket/log
	END
	setpriv --pdeathsig TERM timeout --foreground -s TERM "${RUN_SECONDS:-0}" \
		setpriv --pdeathsig KILL build/letterwatchd -c .run/letterwatchd.conf 9>&- &
	daemon=$!
}

alive() {
	[ -e "/proc/$1" ] && ! grep -qs '^State:.Z' "/proc/$1/status"
}

# Ends our child $1, if there is one, by TERM, after $2 seconds by KILL.
end_child() {
	[ "$1" ] || return 0
	kill -TERM "$1" || :
	tenths=$(($2 * 10))
	while alive "$1" && [ $tenths -gt 0 ]; do
		sleep 0.1
		tenths=$((tenths - 1))
	done
	if alive "$1"; then
		say "process $1 did not stop: killing it"
		kill -KILL "$1"
	fi
	wait "$1" || :
}

stop_all() {
	trap '' INT TERM HUP PIPE
	end_child "$daemon" 5
	end_child "$receiver" 2
	if [ "$cluster" ] && [ -e "$cluster/data/postmaster.pid" ]; then
		ctl stop -s -m fast || ctl stop -s -m immediate
	fi
	remove_socket_directory
	say "stopped; \"make run\" goes on with the same data" || :
}

take_lock() {
	mkdir -p .run
	[ -w .run ] || die ".run belongs to $(stat -c %U .run): run it as that user, or \"sudo make clean\""
	exec 9>.run/lock
	flock -n 9 || die "it is running already ($PWD/.run/lock is held)"
}

run() {
	tests/tools/deps.sh run
	make --no-print-directory
	take_lock
	bin=$(pg_bindir)
	cluster='' socket='' receiver='' daemon=''
	trap stop_all EXIT
	trap 'exit 0' INT TERM HUP PIPE
	find_cluster
	start_server
	install_schema
	start_receiver
	start_daemon
	say "running; \"make psql\" opens psql beside it, Ctrl-C ends it"
	status=0
	wait "$daemon" || status=$?
	daemon=
	[ $status -ne 124 ] || exit 0 # RUN_SECONDS are over
	exit $status
}

open_psql() {
	[ -e .run/socket ] || die "nothing runs here: first \"make run\""
	socket=$(readlink -f .run/socket)
	[ -x "$socket" ] || die "it runs as another user: sudo make psql"
	bin=$(pg_bindir)
	export PSQLRC="$PWD/conf/psqlrc"
	psql -d letterwatch
}

clean() {
	[ -e .run ] || return 0
	take_lock
	remove_socket_directory
	if [ -e .run/cluster ]; then
		rm -rf "$(readlink -f .run/cluster)"
	fi
	rm -rf .run
}

forget_other_servers
case ${1-} in
run) run ;;
psql) open_psql ;;
clean) clean ;;
*) die "usage: $0 run|psql|clean" ;;
esac
