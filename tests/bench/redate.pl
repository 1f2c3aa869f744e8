#!/usr/bin/perl
#
# redate.pl [LETTERS [RATE [ROUNDS]]]: what an import of next year's list costs, beside the bare statements, and how long clerks
# wait meanwhile.
#
# LETTERS (100000) open letters of some 360 offices, received over three months, so that most of their replies end next year. Each
# of ROUNDS (5) rounds takes a copy of that database. Clerks make RATE (50) entries a second all the time: alone; while the list of
# next year is imported and redate_letters(4000) works it off, each call a transaction as in the daemon's claim; and while one UPDATE
# writes the rows that really changed into a table of the same shape, and one INSERT their audit rows. Prints the times of each
# round, and the ratio of the medians; never fails because of a time.
# Run by run.sh.
#
use strict;
use warnings;

use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $LETTERS = shift // 100_000;
my $RATE    = shift // 50;
my $ROUNDS  = shift // 5;

my $lw = LetterWatch->new(settings => "shared_buffers = 1GB\nmax_wal_size = 4GB\n");
my $db = country($lw, 360);

# The end of the calendar year is near: it is 15 December 2026.
$lw->set_clock($db, "timestamptz '2026-12-15 10:00+08' + (statement_timestamp() - pg_postmaster_start_time())");

# Clerks: assignments of letters at random, an open loop.
sub clerks {
	my ($database, $seconds) = @_;
	return pgbench($lw, $database, <<~"SQL", '-c', 4, '-T', int $seconds, '-R', $RATE);
		\\set n random(1, $LETTERS)
		insert into letterwatch.letter_event (letter_no, kind, handler) values ('L' || :n, 'assign', 'H1');
		SQL
}

# The longest and the 95th percentile of their waiting, in ms. Without the first second: a session's first entry makes the plans of
# all that follow, some 100 ms.
sub waits {
	my ($clerks) = @_;
	my @ms = waiting_ms($clerks, without_s => 2);
	return (percentile(100, @ms), percentile(95, @ms));
}

$lw->psql($db, <<~"SQL") for 0 .. $LETTERS / 10_000 - 1;
	insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
	select 'L' || n, 'O' || 1 + n % 360, date '2026-12-14' - n / 360 % 90, '2026-12-14'
	from generate_series($_ * 10000 + 1, $_ * 10000 + 10000) n
	SQL
$lw->psql($db, <<~"SQL") for 0 .. $LETTERS / 10_000 - 1;
	insert into letterwatch.letter_event (letter_no, kind, outcome)
	select 'L' || n, 'notice', 'accepted' from generate_series($_ * 10000 + 1, $_ * 10000 + 10000) n
	SQL
$lw->psql($db, 'vacuum analyze');
$lw->psql($db, 'create table before as select * from letterwatch.deadline');
$lw->psql($db, 'analyze before');

my $IMPORT = <<~'SQL';
	begin;
	insert into letterwatch.calendar_import (day, kind, holiday)
	select (day + interval '1 year')::date::text, 'off', holiday
	from letterwatch.calendar_day where calendar = 'cn' and year = 2026 and kind = 'off'
	on conflict do nothing;
	select letterwatch.import_calendar('cn', 2027, 'a list of the benchmark');
	commit;
	SQL

# What really changed, in a table of the same shape and with the same indexes.
my $PREPARE = <<~'SQL';
	create table bare (like letterwatch.deadline including all excluding generated) with (fillfactor = 80);
	insert into bare select * from before;
	create table bare_change (like letterwatch.deadline_change including all);
	create table after as
	select a.*, o.due_on as old_due
	from letterwatch.deadline a
	join before o using (letter_no, rule, since)
	where a.state = 'open'
	  and (o.due_on, o.late_at, o.overdue_at, o.provisional, o.next_event_at) is distinct from
	      (a.due_on, a.late_at, a.overdue_at, a.provisional, a.next_event_at);
	vacuum analyze bare;
	vacuum analyze after;
	checkpoint;
	SQL
my $BARE = <<~'SQL';
	with changed as (
		update bare b
		set due_on = a.due_on, late_at = a.late_at, overdue_at = a.overdue_at, provisional = a.provisional,
		    next_event_at = a.next_event_at, dated_at = a.dated_at, changed_at = a.changed_at, due_month = a.due_month
		from after a
		where a.letter_no = b.letter_no and a.rule = b.rule and a.since = b.since
		returning b.letter_no, b.rule, b.since, a.old_due, b.due_on
	)
	insert into bare_change (letter_no, rule, since, old_due, new_due, why)
	select letter_no, rule, since, old_due, due_on, 'bare' from changed where old_due <> due_on;
	SQL

my (@redate, @bare, @longest, @quiet);
for my $round (1 .. $ROUNDS) {
	my $copy = copy_of($lw, $db, 'round');
	my ($quiet_longest, $quiet_p95) = waits(clerks($copy, 10));

	my $clerks = clerks($copy, 5 + $LETTERS / 10_000);
	sleep 1;
	my $import = seconds { $lw->psql($copy, $IMPORT) };
	my $redate = redating_seconds($lw, $copy);
	my ($longest, $p95) = waits($clerks);

	$lw->psql($copy, $PREPARE);
	my ($changed, $audited) = map { $lw->psql($copy, $_) } 'select count(*) from after', 'select count(*) from after where old_due <> due_on';
	my $others = clerks($copy, 3 + $LETTERS / 20_000);
	sleep 1;
	my $bare = seconds { $lw->psql($copy, $BARE) };
	waits($others);

	report("%d deadlines changed, %d with another last day: import %.2f s, re-dating %.2f s, bare %.2f s;"
		. " clerks' longest wait %.0f ms (p95 %.1f), alone %.0f ms (p95 %.1f)\n",
		$changed, $audited, $import, $redate, $bare, $longest, $p95, $quiet_longest, $quiet_p95);
	push @redate,  $redate;
	push @bare,    $bare;
	push @longest, $longest;
}
figure("re-dating $LETTERS open letters by a list of holidays, to the time of a bare UPDATE and INSERT", '%.2f',
	median(@redate) / median(@bare), 'at most', 1.5);
figure('the longest that a clerk waits meanwhile, ms', '%.0f', median(@longest), 'at most', 200);
