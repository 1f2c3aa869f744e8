#!/usr/bin/perl
#
# questions.pl [LETTERS [TIMES]]: how long the questions of conf/psqlrc take, for a county, a province and the nation.
#
# LETTERS (200000) of the last twelve months under 3,600 offices of four levels: nearly all have their notice in time, most older ones a
# reply, some late. Each question, by its one word, is asked once to warm up and then TIMES (5) times by a reader of each level,
# planned anew each time as in psql. Prints the medians in ms; never fails because of a time. Run by run.sh.
#
use strict;
use warnings;

use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $LETTERS = shift // 200_000;
my $TIMES   = shift // 5;

my @WORDS = qw(overdue due_soon mine letters late_entries summary rates board backlog ageing workload supervision campaign);
my @AIMS  = ([ 'overdue', 0, 10 ], [ 'due_soon', 0, 10 ], [ 'rates', 2, 1000 ]); # word, level, ms

my $lw = LetterWatch->new(settings => "shared_buffers = 2GB\nwork_mem = 16MB\nmax_wal_size = 8GB\nmaintenance_work_mem = 512MB\n");
my $db = $lw->fresh_database;

# 1 + 31 + 310 + 3,258 offices; of the letters 1 in 100 goes to the nation, 4 to a province, 15 to a city, 80 to a county.
$lw->psql($db, <<~'SQL');
	insert into letterwatch.office (office_code, name) values ('N', 'nation');
	insert into letterwatch.office (office_code, name, parent_code) select 'P' || n, 'province', 'N' from generate_series(0, 30) n;
	insert into letterwatch.office (office_code, name, parent_code) select 'C' || n, 'city', 'P' || n % 31 from generate_series(0, 309) n;
	insert into letterwatch.office (office_code, name, parent_code) select 'T' || n, 'county', 'C' || n % 310 from generate_series(0, 3257) n;
	create role q_county login in role letterwatch_reader;
	create role q_province login in role letterwatch_reader;
	create role q_nation login in role letterwatch_reader;
	insert into letterwatch.office_member (db_role, office_code, duty)
	values ('q_county', 'T7', 'reader'), ('q_province', 'P7', 'reader'), ('q_nation', 'N', 'reader');
	analyze letterwatch.office, letterwatch.office_setting;
	SQL
my $PART = 10_000;
for my $first (map { $_ * $PART + 1 } 0 .. $LETTERS / $PART - 1) {
	my $last = $first + $PART - 1;
	$lw->psql($db, <<~"SQL");
		begin;
		insert into letterwatch.letter (letter_no, office_code, received_at, registered_at)
		select 'L' || n,
		       case when n % 100 = 0 then 'N' when n % 100 < 5 then 'P' || n % 31 when n % 100 < 20 then 'C' || n % 310 else 'T' || n % 3258 end,
		       r.at, r.at
		from generate_series($first, $last) n
		cross join lateral (select now() - (hashint4(n)::bigint + 2147483648) / 4294967296.0 * interval '365 days') r (at);
		insert into letterwatch.letter_event (letter_no, kind, outcome, occurred_at, recorded_at)
		select l.letter_no, 'notice', 'accepted', e.at, e.at
		from letterwatch.letter l
		cross join lateral (select l.received_at + (1 + abs(hashtext(l.letter_no)) % 1000 / 160.0) * interval '1 day') e (at)
		where l.letter_no in (select 'L' || n from generate_series($first, $last) n) and e.at < now();
		insert into letterwatch.letter_event (letter_no, kind, occurred_at, recorded_at)
		select l.letter_no, 'result', e.at, e.at
		from letterwatch.letter l
		cross join lateral (select l.received_at + (10 + abs(hashtext('r' || l.letter_no)) % 1000 / 12.0) * interval '1 day') e (at)
		where l.letter_no in (select 'L' || n from generate_series($first, $last) n) and e.at < now()
		  and l.received_at + (1 + abs(hashtext(l.letter_no)) % 1000 / 160.0) * interval '1 day' < now();
		commit;
		SQL
}
$lw->psql($db, 'vacuum analyze');

# { word => median ms } for a reader.
sub ask {
	my ($role) = @_;
	my $script = "\\i $LetterWatch::TREE/conf/psqlrc\n\\set ON_ERROR_STOP 1\n\\o /dev/null\n\\timing on\n"
	  . join '', map { "\\warn $_\n" . ":$_\n" x ($TIMES + 1) } @WORDS;
	my ($in, $out) = ($script, '');
	IPC::Run::run([ 'psql', '-X', '-q', '-d', $lw->node->connstr($db) . " user=$role" ], '<', \$in, '>&', \$out) or die "psql: $out";
	my (%ms, $word);
	for (split /\n/, $out) {
		$word = $1 if /^(\w+)$/;
		push @{ $ms{$word} }, $1 if /^Time: ([\d.]+) ms/;
	}
	return { map { shift @{ $ms{$_} }; $_ => median(@{ $ms{$_} }) } @WORDS };
}

my @levels = qw(county province nation);
my %ms     = map { $_ => ask("q_$_") } @levels;
report("%-14s %10s %10s %10s   ms, %d letters\n", 'question', @levels, $LETTERS);
for my $word (@WORDS) {
	report("%-14s %10.1f %10.1f %10.1f\n", ":$word", map { $ms{$_}{$word} } @levels);
}
figure(sprintf(':%s of a %s, ms', $_->[0], $levels[ $_->[1] ]), '%.1f', $ms{ $levels[ $_->[1] ] }{ $_->[0] }, 'at most', $_->[2]) for @AIMS;
