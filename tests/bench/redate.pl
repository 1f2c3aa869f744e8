#!/usr/bin/perl
#
# redate.pl [LETTERS] [RATE]: what an import of next year's list costs, beside the bare statements, and how long clerks wait meanwhile.
#
# LETTERS (100000) open letters of some 360 offices, received over three months, so that most of their replies end next year. The
# list of that year is imported while RATE (50) clerks' entries a second are made; a loop of redate_letters(500), each call a
# transaction as in the daemon's claim, works it off. Beside it, in the same cluster: one UPDATE of the rows that really changed, in
# a table of the same shape, and one INSERT of their audit rows. Prints times and the ratio; never fails because of a time.
# Run by run.sh.
#
use strict;
use warnings;

use File::Temp ();
use FindBin;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use lib "$FindBin::Bin/../lib";
use LetterWatch;

# PostgreSQL's test modules turn both streams to a log of theirs before the program runs.
my ($out, $err);
BEGIN {
	open $out, '>&', \*STDOUT or die $!;
	open $err, '>&', \*STDERR or die $!;
}

my $LETTERS = shift // 100_000;
my $RATE    = shift // 50;

my $lw = LetterWatch->new(settings => "shared_buffers = 1GB\nmax_wal_size = 4GB\n");
my $db = $lw->fresh_database;

# The end of the calendar year is near: it is 15 December 2026.
$lw->set_clock($db, "timestamptz '2026-12-15 10:00+08' + (statement_timestamp() - pg_postmaster_start_time())");

sub seconds(&) {
	my ($work) = @_;
	my $start = clock_gettime(CLOCK_MONOTONIC);
	$work->();
	return clock_gettime(CLOCK_MONOTONIC) - $start;
}

# Clerks: assignments of letters at random, an open loop; the longest and the 95th percentile of their waiting, in ms.
sub clerks {
	my ($dir, $seconds) = @_;
	open my $script, '>', "$dir/clerk.sql" or die "$dir: $!";
	print $script "\\set n random(1, $LETTERS)\n",
	  "insert into letterwatch.letter_event (letter_no, kind, handler) values ('L' || :n, 'assign', 'H1');\n";
	close $script or die "$dir: $!";
	my $pid = fork // die $!;
	return $pid if $pid;
	open STDOUT, '>', "$dir/out";
	open STDERR, '>&', \*STDOUT;
	exec('pgbench', '-n', '-f', "$dir/clerk.sql", '-c', 4, '-T', $seconds, '-R', $RATE, '-l', "--log-prefix=$dir/log",
		'-h', $lw->node->host, '-p', $lw->node->port, $db) or die $!;
}

sub waiting_ms {
	my ($dir) = @_;
	my @ms;
	for my $path (glob "$dir/log*") {
		open my $log, '<', $path or die "$path: $!";
		while (<$log>) { push @ms, (split)[2] / 1000 }
	}
	@ms = sort { $a <=> $b } @ms;
	die "pgbench logged no transaction: " . `cat $dir/out` unless @ms;
	return ($ms[-1], $ms[ int(0.95 * $#ms) ], scalar @ms);
}

$lw->psql($db, <<~"SQL");
	insert into letterwatch.office (office_code, name) values ('O', 'root');
	insert into letterwatch.office (office_code, name, parent_code) select 'O' || n, 'office', 'O' from generate_series(1, 360) n;
	SQL
$lw->psql($db, <<~"SQL") for 0 .. $LETTERS / 10_000 - 1;
	insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
	select 'L' || n, 'O' || 1 + n % 360, date '2026-12-14' - n % 90, '2026-12-14'
	from generate_series($_ * 10000 + 1, $_ * 10000 + 10000) n
	SQL
$lw->psql($db, <<~"SQL") for 0 .. $LETTERS / 10_000 - 1;
	insert into letterwatch.letter_event (letter_no, kind, outcome)
	select 'L' || n, 'notice', 'accepted' from generate_series($_ * 10000 + 1, $_ * 10000 + 10000) n
	SQL
$lw->psql($db, 'vacuum analyze');
$lw->psql($db, 'create table before as select * from letterwatch.deadline');

# Clerks alone, for comparison, then beside the import.
my $quiet = File::Temp->newdir;
waitpid clerks($quiet, 15), 0;
my $busy = File::Temp->newdir;
my $pid  = clerks($busy, 45);
my $import = seconds {
	$lw->psql($db, <<~'SQL');
		begin;
		insert into letterwatch.calendar_import (day, kind, holiday)
		select (day + interval '1 year')::date::text, 'off', holiday
		from letterwatch.calendar_day where calendar = 'cn' and year = 2026 and kind = 'off'
		on conflict do nothing;
		select letterwatch.import_calendar('cn', 2027, 'a list of the benchmark');
		commit;
		SQL
};
my $redate = seconds {
	$lw->psql($db, <<~'SQL');
		do $do$
		begin
			while letterwatch.redate_letters(500) > 0 loop
				commit;
			end loop;
		end
		$do$
		SQL
};
waitpid $pid, 0;

my $changed = $lw->psql($db, <<~'SQL');
	select count(*) from before b join letterwatch.deadline d using (letter_no, rule, since)
	where (b.due_on, b.late_at, b.overdue_at, b.provisional, b.next_event_at) is distinct from
	      (d.due_on, d.late_at, d.overdue_at, d.provisional, d.next_event_at) and d.state = 'open'
	SQL
my $audited = $lw->psql($db, q{select count(*) from letterwatch.deadline_change where why like 'calendar%'});

# The bare statements on the same rows.
$lw->psql($db, <<~'SQL');
	create table bare (like letterwatch.deadline including all);
	insert into bare select * from before;
	create table bare_change (like letterwatch.deadline_change including all);
	create table after as select * from letterwatch.deadline;
	create index on after (letter_no, rule, since);
	vacuum analyze bare;
	vacuum analyze after;
	SQL
my $bare = $lw->psql($db, <<~'SQL');
	create temporary table begun as select clock_timestamp() as at;
	with changed as (
		update bare b
		set due_on = a.due_on, late_at = a.late_at, overdue_at = a.overdue_at, provisional = a.provisional,
		    next_event_at = a.next_event_at, dated_at = a.dated_at
		from after a, before o
		where a.letter_no = b.letter_no and a.rule = b.rule and a.since = b.since
		  and o.letter_no = b.letter_no and o.rule = b.rule and o.since = b.since and a.state = 'open'
		  and (o.due_on, o.late_at, o.overdue_at, o.provisional, o.next_event_at) is distinct from
		      (a.due_on, a.late_at, a.overdue_at, a.provisional, a.next_event_at)
		returning b.letter_no, b.rule, b.since, o.due_on as old_due, b.due_on
	)
	insert into bare_change (letter_no, rule, since, old_due, new_due, why)
	select letter_no, rule, since, old_due, due_on, 'bare' from changed where old_due <> due_on;
	select extract(epoch from clock_timestamp() - at) from begun;
	SQL
my ($longest, $p95, $count) = waiting_ms($busy);
my ($quiet_longest, $quiet_p95) = waiting_ms($quiet);
printf $out "%d open letters, %d deadlines changed, %d with another last day\n", $LETTERS, $changed, $audited;
printf $out "import %.2f s, re-dating %.2f s in batches of 500; bare UPDATE and INSERT of the same rows %.2f s; ratio %.2f\n",
  $import, $redate, $bare, $redate / $bare;
printf $out "clerks (%d entries, %d a second): longest wait %.0f ms, p95 %.1f ms; without an import %.0f ms, p95 %.1f ms\n",
  $count, $RATE, $longest, $p95, $quiet_longest, $quiet_p95;
