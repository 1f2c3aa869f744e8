#!/usr/bin/perl
#
# Every stage on its day, as the naive oracle counts it out: the first stage of
# letters of all eight years, and each alert of those received around National
# Day, whose replies fall due around the new year, on a clock that walks through their lives.
#
use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../lib";
use LetterWatch;

BEGIN { require "$FindBin::Bin/../oracle/due_dates.pl"; }

my $FIRST = Oracle::from_iso('2025-09-15');
my $LAST  = Oracle::from_iso('2025-11-30');

# A letter is left alone for so long, then everybody has been told often enough.
my $NOTICE_SENT_AFTER = 45;
my $RESULT_AFTER      = 140;

my $calendar = Oracle::read_calendar($Oracle::CALENDAR);
my %warns    = (notice => [ -2, -1 ], reply => [ -10, -5, -1 ]);
my %rule_of  = map { my $rule = Oracle::parse_rule($_); $rule->{name} => $rule }
  grep { /^procuratorate:/ } @Oracle::SHIPPED;

# ---- what the contract's table says ----------------------------------------------

# (stage, working days after the last day) after its end, from the table:
# remind +1 to +5, then each 5th; escalate in the place of +2, +5 and +20.
sub stages_after
{
	my ($until) = @_;
	my %escalates = map { $_ => 1 } 2, 5, 20;
	my @offsets   = (1 .. 5, map { 5 * $_ } 2 .. $until / 5);

	return map { [ $escalates{$_} ? 'escalate' : 'remind', $_ ] } @offsets;
}

# The alerts of one letter that nobody answers before its day of closing, as
# "letter rule stage day hour".
sub expected
{
	my ($received, $rule_name, $closing) = @_;
	my $due    = Oracle::last_day($rule_of{$rule_name}, $calendar, $received);
	my $letter = 'D-' . Oracle::to_iso($received);
	my @alerts;

	foreach my $n (@{ $warns{$rule_name} })
	{
		my $day = Oracle::working_day_offset($calendar, $due, $n);
		push @alerts, [ 'warn', $day, '09:00' ] if $day > $received;
	}
	push @alerts, [ 'due', $due, '09:00' ], [ 'overdue', $due + 1, '00:00' ];
	foreach my $after (stages_after(60))
	{
		my ($stage, $n) = @$after;
		push @alerts, [ $stage, Oracle::working_day_offset($calendar, $due, $n), '09:00' ];
	}
	return
	  map { join ' ', $letter, $rule_name, $_->[0], Oracle::to_iso($_->[1]), $_->[2] }
	  grep { $_->[1] < $closing } @alerts;
}

# ---- the first stage of each letter of eight years -------------------------------------

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;
$lw->psql($db, "insert into letterwatch.office (office_code, name) values ('D', 'test office')");

my @eight_years = (Oracle::from_iso('2019-01-01') .. Oracle::from_iso('2026-12-20'));
my (@letters, @first_stages);
my $without_first_warning = 0;
foreach my $received (@eight_years)
{
	my @of_notice = expected($received, 'notice', $received + 365);
	my $day       = Oracle::to_iso($received);

	push @letters, "D-$day\tD\t$day\t$day 08:00+08";
	push @first_stages, map { join ' ', (split ' ')[ 0, 1, 3, 4 ] }
	  $of_notice[0], (expected($received, 'reply', $received + 365))[0];
	$without_first_warning++ if (grep { / warn / } @of_notice) < 2;
}
is(scalar @eight_years, 2911, 'from 2019-01-01 to 2026-12-20 there are 2,911 days of receipt');
is($without_first_warning, 88, '88 of them leave no room for the first warning of the notice');

$lw->set_clock($db, "'2026-12-20 12:00+08'");
$lw->psql($db, join("\n", 'copy letterwatch.letter (letter_no, office_code, received_on, registered_at) from stdin;',
	@letters, '\.', ''));
is($lw->psql($db, "select string_agg(concat_ws(' ', letter_no, rule,
			to_char(next_event_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')), E'\n'
			order by letter_no, next_event_at, rule)
		from letterwatch.deadline"),
	join("\n", @first_stages), 'the first stage of each comes when it was counted out to come');

# ---- each alert of a season -----------------------------------------------------

my @expected;
foreach my $received ($FIRST .. $LAST)
{
	push @expected, expected($received, 'notice', $received + $NOTICE_SENT_AFTER),
	  expected($received, 'reply', $received + $RESULT_AFTER);
}

# One claim at the first instant of each day and one at the start of office
# hours; letters come at eight, answers before the first claim of a day.
$db = $lw->fresh_database;
$lw->psql($db, <<'SQL');
create table test_now (now timestamptz);
insert into test_now values ('2018-12-01');
create or replace function letterwatch.clock() returns timestamptz
	language sql stable as 'select now from public.test_now';
insert into letterwatch.office (office_code, name) values ('D', 'test office');

create procedure claim_all(me bigint)
	language plpgsql
	as $$
	declare
		ids uuid[];
	begin
		loop
			select array_agg(line_id) into ids
			from letterwatch.claim_due(me, 1000, 'none') where line_id is not null;
			exit when ids is null;
			perform letterwatch.mark_emitted(me, ids);
		end loop;
	end $$;

create procedure walk(first date, last date, until date, notice_after int, result_after int)
	language plpgsql
	as $$
	declare
		today date := first;
		me bigint;
	begin
		update test_now set now = (first || ' 00:00+08')::timestamptz;
		select instance into me from letterwatch.daemon_connect(null, 'test', 1, 'test');
		while today <= until loop
			update test_now set now = (today || ' 00:00+08')::timestamptz;
			insert into letterwatch.letter_event (letter_no, kind, outcome)
			select 'D-' || (today - notice_after), 'notice', 'accepted'
			where today - notice_after between first and last;
			insert into letterwatch.letter_event (letter_no, kind)
			select 'D-' || (today - result_after), 'result'
			where today - result_after between first and last;
			call claim_all(me);
			update test_now set now = (today || ' 08:00+08')::timestamptz;
			insert into letterwatch.letter (letter_no, office_code, received_on)
			select 'D-' || today, 'D', today
			where today <= last;
			update test_now set now = (today || ' 09:00+08')::timestamptz;
			call claim_all(me);
			commit;
			today := today + 1;
		end loop;
	end $$;
SQL
$lw->psql($db, sprintf "call walk('%s', '%s', '%s', %d, %d)",
	Oracle::to_iso($FIRST), Oracle::to_iso($LAST), Oracle::to_iso($LAST + $RESULT_AFTER),
	$NOTICE_SENT_AFTER, $RESULT_AFTER);

$lw->psql($db, "create table expected (alert text)");
$lw->psql($db, join("\n", 'copy expected from stdin;', @expected, '\.', ''));
$lw->psql($db, <<'SQL');
create view raised as
select concat_ws(' ', letter_no, rule, stage,
		to_char(raised_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI')) as alert
from letterwatch.alert_log
SQL

sub first_few
{
	my ($query) = @_;
	return $lw->psql($db, "select string_agg(alert, E'\\n' order by alert) from (($query) order by alert limit 10) as x");
}

cmp_ok($lw->psql($db, 'select count(*) from raised'), '>', 15 * ($LAST - $FIRST), 'alerts were raised');
is(first_few('select alert from expected except all select alert from raised'),
	'', 'no stage is missing');
is(first_few('select alert from raised except all select alert from expected'),
	'', 'no alert comes that is not expected, and none twice');
is($lw->psql($db, "select count(*) from letterwatch.alert_log where late_s > 0"), '0', 'none is late');
is($lw->psql($db, 'select count(*) from letterwatch.verify()'), '0',
	'what is stored is what the facts imply');

done_testing();
