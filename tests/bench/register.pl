#!/usr/bin/perl
#
# register.pl [SECONDS [ROUNDS [EVENTS]]]: what clerks can enter, beside the bare rows.
#
# Letters, one an INSERT, from 1, 16 and 64 sessions for twice SECONDS (10), of which the second half counts; beside them one statement that writes the rows which
# this makes in letter, letter_state and deadline, with the same indexes and constraints, but without triggers: nobody checks or
# plans. Then a notice of each of EVENTS (50000) letters by one COPY; beside it the same COPY without triggers, and an UPDATE of the
# rows that this changes in letter_state and deadline. Prints the rates and ratios, medians of ROUNDS (3) rounds; never fails
# because of a time. Run by run.sh.
#
use strict;
use warnings;

use File::Temp ();
use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $SECONDS = shift // 10;
my $ROUNDS  = shift // 3;
my $EVENTS  = shift // 50_000;

my $lw = LetterWatch->new(settings => <<~'END');
	fsync = on
	synchronous_commit = on
	shared_buffers = 1GB
	max_wal_size = 8GB
	max_connections = 100
	log_statement = none
	END
my $db = country($lw, 3600);

my $LETTER = <<~'SQL';
	\set office random(1, 3600)
	insert into letterwatch.letter (office_code) values ('O' || :office);
	SQL
my $BARE_LETTER = <<~'SQL';
	\set office random(1, 3600)
	with l as (
		insert into letterwatch.letter (office_code, received_at, received_on) values ('O' || :office, now(), current_date)
		returning letter_no, office_code, received_on, registered_at
	), s as (
		insert into letterwatch.letter_state
			(letter_no, office_code, rule_set, status, status_on, status_event, last_event, impossible, received_on)
		select l.letter_no, l.office_code, 'procuratorate', 'registered', l.received_on, 0, 0, 0, l.received_on from l
	)
	insert into letterwatch.deadline
		(letter_no, rule, since, rule_set, office_code, unit, state, start_on, due_on, late_at, overdue_at, provisional, first_stage,
		 rule_from, begun_at, baseline, changed_at, dated_at, next_event_at)
	select l.letter_no, r.rule, 0, 'procuratorate', l.office_code, 'petitions', 'open', l.received_on, l.received_on + r.days,
	       l.registered_at + make_interval(days => r.days), l.registered_at + make_interval(days => r.days), false, 1,
	       '2019-01-01', l.registered_at, false, l.registered_at, l.registered_at, l.registered_at + make_interval(days => r.days - 3)
	from l
	cross join (values ('notice', 7), ('reply', 92)) r (rule, days);
	SQL

# Transactions a second, in the second half of the time: a session's first entry makes the plans of all that follow, some 100 ms.
sub rate {
	my ($database, $script, $sessions) = @_;
	my @ms = waiting_ms(pgbench($lw, $database, $script, '-c', $sessions, '-j', 2, '-T', 2 * $SECONDS), without_s => $SECONDS);
	return @ms / $SECONDS;
}

for my $sessions (1, 16, 64) {
	my (@ours, @bare);
	for my $round (1 .. $ROUNDS) {
		push @ours, rate(copy_of($lw, $db, 'ours'), $LETTER, $sessions);
		push @bare, rate(bare_copy_of($lw, $db, 'bare'), $BARE_LETTER, $sessions);
	}
	my ($ours, $bare) = (median(@ours), median(@bare));
	report("letters, one an INSERT, %2d sessions: %6.0f a second, bare rows %6.0f\n", $sessions, $ours, $bare);
	figure(sprintf('letters, one an INSERT, %d session%s, to the rate of the bare rows', $sessions, $sessions > 1 ? 's' : ''), '%.2f',
		$ours / $bare, 'at least', 0.6);
}

# Letters of three months, and a notice of each.
$lw->psql($db, <<~"SQL");
	insert into letterwatch.letter (letter_no, office_code, received_on)
	select 'L' || n, 'O' || 1 + n % 3600, current_date - n / 3600 % 90 from generate_series(1, $EVENTS) n
	SQL
$lw->psql($db, 'vacuum analyze');
my $dir = File::Temp->newdir;
$lw->psql($db, "\\copy (select 'L' || n, 'notice', 'accepted' from generate_series(1, $EVENTS) n) to '$dir/events'");
my $COPY = "\\copy letterwatch.letter_event (letter_no, kind, outcome) from '$dir/events'";
my (@ours, @bare);
for my $round (1 .. $ROUNDS) {
	push @ours, psql_seconds($lw, copy_of($lw, $db, 'ours'), '-c', $COPY);
	$lw->psql('ours', "\\copy (select * from letterwatch.letter_state) to '$dir/state'");
	$lw->psql('ours', "\\copy (select * from letterwatch.deadline where closed_event is not null) to '$dir/closed'");
	bare_copy_of($lw, $db, 'bare');
	$lw->psql('bare', <<~"SQL");
		create table state (like letterwatch.letter_state);
		create table closed (like letterwatch.deadline);
		\\copy state from '$dir/state'
		\\copy closed from '$dir/closed'
		analyze state, closed;
		checkpoint;
		SQL
	push @bare, psql_seconds($lw, 'bare', '-c', 'begin', '-c', $COPY, '-c', <<~'SQL', '-c', 'commit');
		update letterwatch.letter_state t
		set status = s.status, status_on = s.status_on, status_event = s.status_event, last_event = s.last_event
		from state s
		where s.letter_no = t.letter_no;
		update letterwatch.deadline t
		set state = d.state, closed_event = d.closed_event, closed_on = d.closed_on, verdict = d.verdict, changed_at = d.changed_at,
		    stage_done = d.stage_done, next_event_at = d.next_event_at
		from closed d
		where d.letter_no = t.letter_no and d.rule = t.rule and d.since = t.since;
		SQL
}
my ($ours, $bare) = (median(@ours), median(@bare));
report("%d notices by one COPY: %.2f s, bare rows %.2f s\n", $EVENTS, $ours, $bare);
figure("$EVENTS events by COPY, to the time of the bare rows", '%.2f', $ours / $bare, 'at most', 3);
