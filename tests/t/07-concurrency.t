#!/usr/bin/perl
#
# Two people record events of one letter at the same moment, and a claim runs
# beside them: the same comes out as one after the other, each refusal included.
#
use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../lib";
use LetterWatch;

my $lw = LetterWatch->new(settings => 'track_commit_timestamp = on');
my $db = $lw->fresh_database;

# Received on Monday 2 March 2026; its notice was due on the 9th. It is the 12th.
$lw->psql($db, <<'SQL');
create or replace function letterwatch.clock() returns timestamptz
	language sql stable as $$ select coalesce(nullif(current_setting('test.now', true), ''), '2026-03-12 10:00+08')::timestamptz $$;
insert into letterwatch.office (office_code, name) values ('C', 'test office');

create function public.receive(letter_no text) returns void
	language sql
	as $$
	insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
	values ($1, 'C', '2026-03-02', '2026-03-02 10:00+08')
	$$;

create function public.pass(me bigint, batch int) returns text
	language plpgsql
	as $$
	declare
		told text;
		ids uuid[];
	begin
		select string_agg(array_to_string(fields, ' '), E'\n'), array_agg(line_id) into told, ids
		from letterwatch.claim_due(me, batch, 'none') where line_id is not null;
		perform letterwatch.mark_emitted(me, ids);
		return told;
	end $$;

-- What a letter came to, without its numbers: compared between two letters.
create function public.outcome_of(letter text) returns text
	language sql
	as $$
	select concat_ws(E'\n',
		(select concat_ws(' ', status, handler, next_rule, next_due_on)
		 from letterwatch.letter_status where letter_no = letter),
		(select string_agg(concat_ws(' ', kind, outcome), E'\n' order by event_id)
		 from letterwatch.letter_event where letter_no = letter),
		(select string_agg(concat_ws(' ', d.rule, 'since', e.kind, d.unit, d.state, d.due_on, d.closed_on, d.next_event_at),
			E'\n' order by d.rule, d.since)
		 from letterwatch.deadline d left join letterwatch.letter_event e on e.event_id = d.since
		 where d.letter_no = letter),
		(select string_agg(concat_ws(' ', rule, stage, late_s), E'\n' order by rule, stage)
		 from letterwatch.alert_log where letter_no = letter))
	$$;
SQL

my @sessions = map { $lw->node->background_psql($db, on_error_stop => 0) } 1 .. 3;
my ($first, $second, $daemon) = @sessions;
$daemon->query("select instance as me from letterwatch.daemon_connect(null, 'test', 1, 'test') \\gset");

# ---- steps ---------------------------------------------------------------------------

my %action = (
	accept   => "select * from letterwatch.record_notice('%s', handler => 'S-1')",
	refer    => "select * from letterwatch.record_notice('%s', outcome => 'referred')",
	ask      => "select * from letterwatch.record_notice('%s', outcome => 'incomplete')",
	assign   => "select * from letterwatch.assign_letter('%s', 'case', 'S-2')",
	progress => "select * from letterwatch.record_reply('%s', 'progress')",
	result   => "select * from letterwatch.record_reply('%s', 'result')",
	row      => "insert into letterwatch.letter_event (letter_no, kind, outcome) values ('%s', 'notice', 'accepted')");

sub act { my ($name, $letter) = @_; return sprintf $action{$name}, $letter; }

# The SQLSTATE that a statement ended with.
sub state_of
{
	my ($session, $statement) = @_;
	my $answer = $session->query("$statement;\n\\echo state :SQLSTATE");
	return $answer =~ /^state (\w+)$/m ? $1 : "no state: $answer";
}

# Begins a statement and returns when it waits for a lock, or has ended.
sub begin_and_wait
{
	my ($session, $statement) = @_;
	my $pid = $session->query('select pg_backend_pid()');

	$session->query_until(qr/begun/, "\\echo begun\n$statement;\n\\echo state :SQLSTATE\n");
	wait_for {
		$lw->psql($db, "select query not like '%pg_backend_pid%' and (state <> 'active' or wait_event_type = 'Lock')
			from pg_stat_activity where pid = $pid") eq 't'
	} 10;
	return;
}

sub end_of_wait
{
	my ($session) = @_;
	my $answer = $session->query('\echo');
	return $answer =~ /^state (\w+)$/m ? $1 : "no state: $answer";
}

# One pass of the daemon; what it told, a line each.
sub claim
{
	return $daemon->query_safe('select public.pass(:me, 1000)');
}

# ---- each pair of actions, told before, within and after ------------------------------

my $n = 0;
foreach my $one (sort keys %action)
{
	foreach my $other (sort keys %action)
	{
		$n++;
		my ($serial, $beside) = ("C-$n-S", "C-$n-B");

		$lw->psql($db, "select receive('$beside')");
		$first->query('begin');
		my @beside = (state_of($first, act($one, $beside)));
		begin_and_wait($second, act($other, $beside));
		my $claim_came_first = claim() =~ /\Q$beside\E/;
		$first->query('commit');
		push @beside, end_of_wait($second);
		claim();

		# A claim passes over what is being changed, or comes before it.
		$lw->psql($db, "select receive('$serial')");
		claim() if $claim_came_first;
		my @serial = map { state_of($first, act($_, $serial)) } $one, $other;
		claim();

		is("@beside", "@serial", "$one beside $other: accepted or refused as one after the other");
		is($lw->psql($db, "select outcome_of('$beside')"), $lw->psql($db, "select outcome_of('$serial')"),
			"$one beside $other: what comes out is the same");
	}
}

# The one who came first gives up: the other is alone.
$lw->psql($db, "select receive('C-R')");
$first->query('begin');
state_of($first, act('result', 'C-R'));
begin_and_wait($second, act('progress', 'C-R'));
$first->query('rollback');
is(end_of_wait($second), '00000', 'a result that is rolled back closes nothing for the one who waited');

# Both begin at the same moment; the one whose statement began a little earlier is held up and comes to the letter last.
$lw->psql($db, "select receive('C-SLOW')");
state_of($first, act('result', 'C-SLOW'));
$second->query("set test.now = '2026-03-12 09:59:59.9+08'");
isnt(state_of($second, act('result', 'C-SLOW')), '00000',
	'who comes to the letter second is judged second, though the statement began earlier');
$second->query('reset test.now');

# ---- a claim that is under way while somebody answers -------------------------------------

$lw->psql($db, "select receive('C-CLAIM')");
$daemon->query('begin');
like(claim(), qr/C-CLAIM/, 'the claim raises what is overdue');
begin_and_wait($first, act('refer', 'C-CLAIM'));
$daemon->query('commit');
is(end_of_wait($first), '00000', 'the answer is taken, at the latest when the claim has ended');
like(claim(), qr/cleared.*C-CLAIM/, 'what the claim raised is cleared by the answer that came meanwhile');
is( $lw->psql($db, "select fields[4] = (select alert_id::text from letterwatch.alert_log
			where letter_no = 'C-CLAIM' and rule = 'notice')
		from letterwatch.log_line where event = 'cleared' and 'C-CLAIM' = any (fields)"),
	't', 'and names the alert that it clears');
is($lw->psql($db, "select count(*) from letterwatch.alert_log where letter_no = 'C-CLAIM' and rule = 'notice'"),
	'1', 'one alert was raised');
is($lw->psql($db, "select count(*) from letterwatch.deadline where letter_no = 'C-CLAIM' and next_event_at is not null"),
	'0', 'and nothing is planned any more');

# ---- two claims at once ----------------------------------------------------------------------

$lw->psql($db, "select receive('C-TWO-' || n) from generate_series(1, 50) as n");
$second->query("select instance as me from letterwatch.daemon_connect(null, 'test', 2, 'test') \\gset");
$daemon->query('begin');
$daemon->query_safe('select public.pass(:me, 20)');
my $rest = $second->query("select count(*) from letterwatch.claim_due(:me, 1000, 'none') where line_id is not null");
$daemon->query('commit');
claim();
is($rest, '30', 'a second daemon takes what the first has not claimed, and does not wait');
is($lw->psql($db, "select count(*) || ' ' || count(distinct letter_no) from letterwatch.alert_log
		where letter_no like 'C-TWO-%' and rule = 'notice'"),
	'50 50', 'and nothing is raised twice');

is($lw->psql($db, 'select string_agg(verify::text, chr(10)) from letterwatch.verify()'),
	'', 'after all this what is stored is what the facts imply');

# ---- many at once, at random ------------------------------------------------------------------

# Refusals are part of the play; anything else ends the client and the test.
$lw->psql($db, <<'SQL');
create or replace function letterwatch.clock() returns timestamptz
	language sql stable as $$ select statement_timestamp() $$;
insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
select 'P-' || n, 'C', current_date - 8, statement_timestamp() - interval '8 days'
from generate_series(1, 300) as n;

create procedure public.try(call text)
	language plpgsql
	as $$
	begin
		execute call;
	exception when sqlstate 'LW003' then
		null;
	end $$;
SQL

my @moves  = qw(accept refer ask assign progress result);
my @choice = map { (my $call = act($moves[$_], 'P-:letter')) =~ s/'/''/g; "when $_ then '$call'" } 0 .. $#moves;
my %script = (
	clerk => '\set letter random(1, 300)' . "\n"
	  . "\\set what random(0, $#moves)\n"
	  . "call public.try(case :what @choice end);\n",
	claim => 'select public.pass((select min(instance) from letterwatch.daemon_status), 10);' . "\n");
my $directory = PostgreSQL::Test::Utils::tempdir();
PostgreSQL::Test::Utils::append_to_file("$directory/$_", $script{$_}) foreach keys %script;

$lw->node->command_ok([
		'pgbench', '--no-vacuum', '--client=6', '--jobs=2', '--time=6',
		"--file=$directory/clerk\@9", "--file=$directory/claim\@1", $lw->node->connstr($db) ],
	'six clients at once: nobody meets anything but a refusal');

is($lw->psql($db, 'select count(*) from letterwatch.replan_queue'), '0', 'no planning failed');
is($lw->psql($db, 'select string_agg(verify::text, chr(10)) from (select * from letterwatch.verify() limit 5) as verify'),
	'', 'and what is stored is what the facts imply');
is( $lw->psql($db, "select count(*) from letterwatch.alert a
		join letterwatch.deadline d using (letter_no, rule, since)
		join letterwatch.letter_event e on e.event_id = d.closed_event
		where a.letter_no like 'P-%' and a.raised_at > pg_xact_commit_timestamp(e.xmin)"),
	'0', 'no alert was raised after the transaction that answers had committed');

# ---- settings come into force while a claim begins ---------------------------------------------------------------

claim();
# Its notice ends with the 11th: now, or two hours later where the office lies in the west.
$lw->set_clock($db, "timestamptz '2026-03-12 00:00+08'");
$lw->psql($db, "insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
	values ('Z-1', 'C', '2026-03-04', '2026-03-04 10:00+08')");
$first->query("begin; update letterwatch.office set time_zone = 'Asia/Urumqi' where office_code = 'C'; set constraints all immediate");
is($daemon->query_safe("select count(line_id), bool_or(blocked) from letterwatch.claim_due(:me, 1000, 'none')"), '0|t',
	'nothing is raised while settings come into force, and it is asked again soon');
$first->query('rollback');
like(claim(), qr/stage overdue .*letter Z-1 /, 'all is as it was when they do not');

# While they are worked off, a claim waits for no other that queues the same.
$lw->psql($db, "insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
	select 'Z-' || n, 'C', '2026-03-04', '2026-03-04 10:00+08' from generate_series(2, 4) n");
$lw->psql($db, q{update letterwatch.office set day_begins = '09:30' where office_code = 'C'});
$first->query(q{begin; select from letterwatch.letter where letter_no = 'Z-3' for no key update;
	insert into letterwatch.replan_queue (letter_no) values ('Z-3')});
$daemon->query(q{set statement_timeout = '10s'});
my $told = claim();
is(join(' ', sort $told =~ /letter (Z-\d)/g), 'Z-2 Z-4', 'what another claim is at is left to it');
$first->query('rollback');
like(claim(), qr/letter Z-3 /, 'and told when it gives up');

# ---- a claim that comes ahead, and waits for what is due -----------------------------------------------------------------

# Their notices end with the 12th, in some seconds.
$lw->set_clock($db, "timestamptz '2026-03-12 23:59:52+08'");
$lw->psql($db, "insert into letterwatch.letter (letter_no, office_code, received_on, registered_at)
	select 'W-' || n, 'C', '2026-03-05', '2026-03-05 10:00+08' from generate_series(1, 2) n");
wait_for {
	claim();
	$lw->psql($db, 'select max(next_event_at) > letterwatch.clock() from letterwatch.daemon_status') eq 't'
} 5;
my $started = $lw->psql($db, 'select clock_timestamp()');
$lw->set_clock($db, "timestamptz '2026-03-12 23:59:52+08' + (statement_timestamp() - timestamptz '$started')");
my $waiting = q{select count(*) from pg_stat_activity where state = 'active' and query like '%10000000)%' and pid <> pg_backend_pid()};
$daemon->query_until(qr/begun/, "\\echo begun\nselect string_agg(array_to_string(fields, ' '), E'\\n') from letterwatch.claim_due(:me, 1000, 'none', 10000000);\n");
wait_for { $lw->psql($db, $waiting) eq '1' } 10;
is(state_of($first, act('accept', 'W-1')), '00000', 'what is entered while a claim waits');
is($lw->psql($db, $waiting), '1', 'does not wait for it');
my $in_time = $daemon->query('\echo');
like($in_time, qr/stage overdue .*letter W-2 /, 'the claim tells what is due');
unlike($in_time, qr/letter W-1 /, 'and nothing that was answered meanwhile');

# ---- an entry that makes a letter a duplicate again waits for its original first --------------------------------------

$lw->set_clock($db, "timestamptz '2026-03-03 10:00+08'");
$lw->psql($db, "select receive('D-A'), receive('D-Z')");
$lw->psql($db, "select count(*) from letterwatch.mark_duplicate('D-Z', 'D-A')");
$lw->psql($db, "select count(*) from letterwatch.reopen_letter('D-Z', 'no duplicate')");
$first->query(q{begin; select from letterwatch.letter where letter_no = 'D-A' for no key update});
begin_and_wait($second, q{select letterwatch.void_event(event_id, 'a slip') from letterwatch.letter_event where letter_no = 'D-Z' and kind = 'reopen'});
is(state_of($first, q{select letterwatch.mark_duplicate('D-A', 'D-Z')}), '00000', 'so that nobody who comes the other way waits for it');
$first->query('commit');
is(end_of_wait($second), 'LW003', 'and who is second is told of the circle');

# ---- a letter that waits to be planned by changed settings --------------------------------------------------------------

# Warned of the 9th on the 6th; the rule becomes thirty days while somebody holds the letter.
$lw->set_clock($db, "timestamptz '2026-03-03 10:00+08'");
$lw->psql($db, <<'SQL');
insert into letterwatch.rule_set (rule_set, title) values ('q', 'days');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
values ('q', 'notice', 'test', 'receipt', 7, 'day', true, 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, severity)
values ('q', 'notice', 1, 'warn', -1, null, 5), ('q', 'notice', 2, 'overdue', null, 0, 3);
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('Q-1', 'C', '2026-03-02', 'q'), ('Q-2', 'C', '2026-03-02', 'q');
SQL
claim();
$lw->psql($db, q{update letterwatch.rule set amount = 30 where rule_set = 'q'});
$first->query(q{begin; select from letterwatch.letter where letter_no = 'Q-2' for no key update});
wait_for { claim(); $lw->psql($db, 'select count(*) from letterwatch.settings_change where redated_at is null') eq '0' } 10;
is($lw->psql($db, q{select string_agg(letter_no, ' ') from letterwatch.replan_queue}), 'Q-2', 'a letter that somebody holds is planned later');
$lw->set_clock($db, "timestamptz '2026-03-06 09:30+08'");
unlike(claim(), qr/letter Q-/, 'and not told of by its old date, although the change is worked off');
$first->query('commit');
claim();
is($lw->psql($db, q{select string_agg(due_on::text, ' ') from letterwatch.deadline where letter_no like 'Q-%'}), '2026-04-01 2026-04-01', 'but planned');

# ---- a claim beside another's re-dating ----------------------------------------------------------------------------------

$lw->set_clock($db, "timestamptz '2026-03-03 10:00+08'");
$lw->psql($db, <<'SQL');
insert into letterwatch.calendar (calendar, title, weekend, needs_list) values ('q-cal', 'of its own', '{6,7}', true);
insert into letterwatch.office (office_code, name, parent_code, calendar) values ('Q', 'of its own calendar', 'C', 'q-cal');
insert into letterwatch.letter (letter_no, office_code, received_on) select 'Q-1' || n, 'Q', '2026-03-02' from generate_series(1, 3) n;
SQL
claim();
$lw->psql($db, <<'SQL');
begin;
insert into letterwatch.calendar_list (calendar, year, source) values ('q-cal', 2026, 'a list');
insert into letterwatch.calendar_day (calendar, year, day, kind) values ('q-cal', 2026, '2026-03-11', 'off');
commit;
SQL
$lw->set_clock($db, "timestamptz '2026-03-05 09:30+08'");
$first->query(q{begin; select from letterwatch.deadline where letter_no = 'Q-12' for no key update});
$told = claim();
is(join(' ', sort $told =~ /letter (Q-\d+)/g), 'Q-11 Q-13', 'it waits for no deadline that the other holds');
$first->query('rollback');
like(claim(), qr/letter Q-12 /, 'but comes to it later');
is($lw->psql($db, q{select count(*) from letterwatch.log_line where event = 'queued'}), '0', 'no letter is to blame');

# ---- the first letter under settings that change meanwhile ----------------------------------------------------------------------

$lw->set_clock($db, "timestamptz '2026-03-03 10:00+08'");
$lw->psql($db, <<'SQL');
insert into letterwatch.rule_set (rule_set, title) values ('r', 'days');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
values ('r', 'notice', 'test', 'receipt', 7, 'day', false, 'petitions', '{notice}');
insert into letterwatch.office (office_code, name, parent_code, rule_set) values ('R', 'new', 'C', 'r'), ('S', 'new, too', 'C', null);
SQL
$first->query(q{begin; insert into letterwatch.letter (letter_no, office_code, received_on) values ('R-1', 'R', '2026-03-02')});
begin_and_wait($second, q{update letterwatch.rule set amount = 20 where rule_set = 'r'});
$first->query('commit');
is(end_of_wait($second), '00000', 'a rule changes while the first letter under it is being entered');
wait_for { claim(); $lw->psql($db, 'select count(*) from letterwatch.settings_change where redated_at is null') eq '0' } 10;
is($lw->psql($db, q{select due_on from letterwatch.deadline where letter_no = 'R-1'}), '2026-03-22', 'which is dated anew');

$first->query(q{begin; insert into letterwatch.letter (letter_no, office_code, received_on) values ('S-1', 'S', '2026-03-02')});
begin_and_wait($second, q{delete from letterwatch.office where office_code = 'S'});
$first->query('commit');
is(end_of_wait($second), 'LW003', 'nor is an office removed while its first letter is being entered');

$first->query('begin isolation level repeatable read; select from letterwatch.letter');
is(state_of($first, q{update letterwatch.rule set amount = 30 where rule_set = 'r'; set constraints all immediate}), 'LW003',
	'an old snapshot changes no settings');
$first->query('rollback');
is($lw->psql($db, 'select v from letterwatch.verify() v'), '', 'nothing is amiss');

# ---- the first letter of a day ----------------------------------------------------------------------------------------------------

$lw->set_clock($db, "timestamptz '2026-03-03 12:00+08'");
$first->query(q{begin; insert into letterwatch.letter (letter_no, office_code, received_on) values ('F-1', 'R', '2026-03-03')});
$second->query(q{set lock_timeout = '5s'});
is(state_of($second, q{insert into letterwatch.letter (letter_no, office_code, received_on) values ('F-2', 'R', '2026-03-03')}), '00000',
	'who enters the first letter of a day');
is($lw->psql($db, q{select due_on from letterwatch.deadline where letter_no = 'F-2'}), '2026-03-23', 'is waited for by nobody');
$daemon->query('begin isolation level repeatable read; select count(*) from letterwatch.letter');
$first->query('commit');
is(state_of($daemon, q{insert into letterwatch.letter (letter_no, office_code, received_on) values ('F-0', 'R', '2026-03-03')}), '00000',
	'nor is who does not see it yet refused');
$daemon->query('commit');
is($lw->psql($db, q{select count(*) from letterwatch.period where rule_set = 'r' and received_on = '2026-03-03'}), '1',
	'what it owes is kept for those that come after');
$lw->psql($db, q{update letterwatch.rule set amount = 30 where rule_set = 'r'});
$lw->psql($db, q{insert into letterwatch.letter (letter_no, office_code, received_on) values ('F-3', 'R', '2026-03-03')});
is($lw->psql($db, q{select due_on from letterwatch.deadline where letter_no = 'F-3'}), '2026-04-02', 'until the settings change');
wait_for { claim(); $lw->psql($db, 'select count(*) from letterwatch.settings_change where redated_at is null') eq '0' } 10;
is($lw->psql($db, 'select v from letterwatch.verify() v'), '', 'nothing is amiss');

# ---- a claim of few while settings are worked off --------------------------------------------------------------------------------

$lw->set_clock($db, "timestamptz '2026-05-06 10:00+08'");
wait_for { claim() eq '' } 10; # what is due of all the others
$lw->psql($db, <<'SQL');
insert into letterwatch.rule_set (rule_set, title) values ('h', 'days');
insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, responsible_unit, met_by)
values ('h', 'notice', 'test', 'receipt', 7, 'day', 'petitions', '{notice}');
insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity) values ('h', 'notice', 1, 'overdue', 0, 3);
insert into letterwatch.letter (letter_no, office_code, received_on, rule_set) values ('H-1', 'C', '2026-03-27', 'h'), ('H-2', 'C', '2026-03-27', 'h');
update letterwatch.rule set amount = 8 where rule_set = 'h';
SQL
$first->query(q{begin; select from letterwatch.letter where letter_no = 'H-1' for no key update});
like($daemon->query_safe(q{select public.pass(:me, 1)}), qr/letter H-2 /, 'what somebody holds keeps no other from being told');
$first->query('rollback');

$_->quit foreach @sessions;

done_testing();
