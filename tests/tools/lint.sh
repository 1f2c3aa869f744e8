#!/bin/sh
# make lint: what a machine can check of how it is written; make has compiled everything with -Werror before.
# Every check runs; the status is non-zero if one of them complained.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

failed=''

# check NAME COMMAND…
check() {
	name=$1
	shift
	say "$name"
	"$@" || failed="$failed, $name"
}

formatted() {
	found=0
	for file in daemon/*.[ch] tests/unit/*.[ch] tests/fuzz/*.c; do
		clang-format "$file" | cmp -s - "$file" || { echo "$file: make format would change it" && found=1; }
	done
	return $found
}

# No mutable variable lives longer than a function, but in log: the compiler's own list of what is in .data and .bss.
no_file_scope_state() {
	found=0
	for object in "$BUILD"/*.o; do
		[ "$(basename "$object")" != log.o ] || continue
		objdump -t "$object" | awk -v file="$object" '
			$NF !~ /^\./ && / O \.(data|bss)(\.[a-z.]*)?\t/ && !/\.data\.rel\.ro/ { print file ": mutable " $NF; bad = 1 }
			END { exit bad }' || found=1
	done
	return $found
}

# One object a file, named as the file is, with a comment at its head; none forgotten in install.sql.
sql_headers() {
	found=0
	for file in sql/functions/*.sql sql/views/*.sql; do
		[ -e "$file" ] || continue
		name=$(basename "$file" .sql)
		head -n 1 "$file" | grep -q '^-- [^ ]' || { echo "$file: does not begin with a comment" && found=1; }
		objects=$(sed -nE 's/^create (or replace )?(function|procedure|aggregate|(materialized )?view) letterwatch\.(\w+).*/\4/p' "$file" |
			sort -u | tr '\n' ' ')
		[ "$objects" = "$name " ] || { echo "$file: makes $objects, not letterwatch.$name" && found=1; }
	done
	for file in sql/*/*.sql; do
		grep -q "${file#sql/}" sql/install.sql || { echo "$file: sql/install.sql does not run it" && found=1; }
	done
	return $found
}

perl_syntax() {
	modules=$(pg_bindir)/../lib/pgxs/src/test/perl
	for file in $(git ls-files -co --exclude-standard '*.pl' '*.pm' '*.t'); do
		perl -I tests/lib -I "$modules" -wc "$file" 2>&1 | grep -v ' syntax OK$' && return 1
	done
	return 0
}

shell_scripts() {
	shellcheck -x tests/*/*.sh systemd/letterwatch-intake conf/check-letterwatch .ci/run
}

# It counts what it found in other people's headers and tells nothing of it: only what it does tell matters.
clang_tidy() {
	# shellcheck disable=SC2086 # CPPFLAGS is a list
	told=$(clang-tidy --quiet daemon/*.c -- -std=gnu11 $CPPFLAGS 2>/dev/null) || told="$told (status $?)"
	[ ! "$told" ] || { echo "$told" && return 1; }
}

# Every path through a function. Without optimisation, which hides some of them.
analyzed() {
	found=0
	for file in daemon/*.c; do
		# shellcheck disable=SC2086 # CPPFLAGS is a list
		gcc -std=gnu11 -O0 $CPPFLAGS -fanalyzer -Werror -c -o /dev/null "$file" || found=1
	done
	return $found
}

check 'format' formatted
check 'sizes and layers' perl tests/tools/lint-c.pl daemon/*.[ch]
check 'file-scope state' no_file_scope_state
check 'SQL headers' sql_headers
check 'perl' perl_syntax
check 'shellcheck' shell_scripts
check 'cppcheck' cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	--suppress=missingIncludeSystem --error-exitcode=1 daemon
check 'clang-tidy' clang_tidy
check 'gcc -fanalyzer' analyzed

[ ! "$failed" ] || die "complaints of: ${failed#, }"
say "nothing to complain of"
