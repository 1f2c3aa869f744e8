#!/bin/sh
# make fuzz: libFuzzer on what reads bytes from outside: the configuration file, connection strings, what a claim answers, and the
# values of a log line. FUZZ_SECONDS (15) for each; longer runs find more. FUZZ_SEED repeats a run, as far as time does. Seeds are in corpus/; what is found anew is kept in
# build-fuzz/corpus, and an input that breaks something in build-fuzz.
set -eu
cd "$(dirname "$0")/../.."
. tests/tools/lib.sh

tests/tools/deps.sh run fuzz fuzz-runtime
top=$PWD
seconds=${FUZZ_SECONDS:-15}
build='build-fuzz'
sanitize='-fsanitize=address,undefined -fno-sanitize-recover=all'
make --no-print-directory BUILD=$build CC=clang HARDEN= SANITIZE="$sanitize -fsanitize=fuzzer-no-link" WERROR= $build/modules.a

packages='libevent_core libevent_extra libpq inih libsystemd'
for name in conf logfmt redact store; do
	# shellcheck disable=SC2046,SC2086 # lists of options
	clang -std=gnu11 -O1 -g -D_GNU_SOURCE -Idaemon $sanitize -fsanitize=fuzzer $(pkg-config --cflags $packages) \
		-o $build/fuzz_$name tests/fuzz/fuzz_$name.c $build/modules.a $(pkg-config --libs $packages)
	mkdir -p $build/corpus/$name
	(
		cd $build
		./fuzz_$name -max_total_time="$seconds" -max_len=6000 -rss_limit_mb=2048 -print_final_stats=1 -seed="${FUZZ_SEED:-0}" \
			corpus/$name "$top/tests/fuzz/corpus/$name" >fuzz_$name.log 2>&1 || { cat fuzz_$name.log && die "fuzz_$name broke"; }
	)
	say "fuzz_$name: $(sed -n 's/^stat::number_of_executed_units: *//p' $build/fuzz_$name.log) inputs in $seconds s"
done
say 'nothing broke'
