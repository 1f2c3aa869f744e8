#!/usr/bin/perl
#
# Every last day, against a second opinion: due_date() and the naive oracle
# (tests/oracle/due_dates.pl) count the same for each day of eight years.
# The rules asked beyond the shipped ones are rows, as an admin would add them.
#
use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../lib";
use LetterWatch;

BEGIN { require "$FindBin::Bin/../oracle/due_dates.pl"; }

# set:rule:amount:unit:count_from:month_end:roll
my @FURTHER_SHIPPED = (
	'procuratorate:followup:1:month',
	'procuratorate-workdays:followup:1:month',
	'xinfang-2022:notice:15:day',
	'xinfang-2022:reply:60:day');
my @SYNTHETIC = map { "t-oracle:$_" } (
	'd7_same:7:day:same_day',
	'd7_next_workday:7:day:next_workday',
	'd1_next:1:day:next_day',
	'd1_same:1:day:same_day',
	'd15_next:15:day:next_day',
	'd30_no_roll:30:day:next_day:0:0',
	'd60_next:60:day:next_day',
	'w1_next:1:workday:next_day',
	'w1_same:1:workday:same_day',
	'w7_same:7:workday:same_day',
	'w7_next_workday:7:workday:next_workday',
	'w20_next:20:workday:next_day',
	'w20_no_roll:20:workday:next_day:0:0',
	'm1_next:1:month:next_day',
	'm1_same:1:month:same_day',
	'm1_month_end:1:month:next_day:1',
	'm1_month_end_no_roll:1:month:next_day:1:0',
	'm3_month_end:3:month:next_day:1',
	'm3_same:3:month:same_day',
	'm3_same_no_roll:3:month:same_day:0:0',
	'm3_next_workday:3:month:next_workday',
	'm3_no_roll:3:month:next_day:0:0',
	'm12_next:12:month:next_day',
	'm12_month_end:12:month:next_day:1:0');

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;

# ---- ask the oracle ---------------------------------------------------------------

my $calendar = Oracle::read_calendar($Oracle::CALENDAR);
my @days     = (Oracle::from_iso('2019-01-01') .. Oracle::from_iso('2026-12-31'));
my @rules    = map { Oracle::parse_rule($_) } @Oracle::SHIPPED, @FURTHER_SHIPPED, @SYNTHETIC;
my @rows;

foreach my $rule (@rules)
{
	push @rows, join("\t", $rule->{set}, $rule->{name}, Oracle::to_iso($_),
		Oracle::to_iso(Oracle::last_day($rule, $calendar, $_)))
	  foreach @days;
}
is(scalar @days, 2922, 'eight years have 2,922 days');

# ---- ask the database ----------------------------------------------------------------

my @rule_rows = map {
	my $rule = Oracle::parse_rule($_);
	my ($month_end, $roll) = map { $_ ? 'true' : 'false' } @$rule{qw(month_end roll)};
	"('$rule->{set}', '$rule->{name}', 'test', '$rule->{count_from}', $rule->{amount},"
	  . " '$rule->{unit}', $month_end, $roll, 'petitions', '{result}')"
} @SYNTHETIC;

$lw->psql($db, "insert into letterwatch.rule_set (rule_set, title) values ('t-oracle', 'rules of a test')");
$lw->psql($db, "insert into letterwatch.rule
	(rule_set, rule, basis, count_from, amount, unit, month_end, roll, responsible_unit, met_by)
	values " . join(', ', @rule_rows));

$lw->psql($db, "create table oracle (rule_set text, rule text, received date, due date)");
$lw->psql($db, join("\n", 'copy oracle from stdin;', @rows, '\.', ''));
$lw->psql($db, "create table differs as
	select *
	from (select *, letterwatch.due_date(rule_set, rule, received) as said from oracle offset 0) as asked
	where said is distinct from due");

foreach my $rule (@rules)
{
	my $differs = $lw->psql($db, "select string_agg(
			format('received %s: due_date says %s, counted %s', received, said, due), E'\\n' order by received)
		from (select * from differs
			where rule_set = '$rule->{set}' and rule = '$rule->{name}'
			order by received limit 5) as first_few");
	is($differs, '', "$rule->{set} $rule->{name}: each of 2,922 days ends as counted by hand");
}

# ---- the calendar itself, day by day ---------------------------------------------------

my $off = $lw->psql($db, "select count(*) from letterwatch.calendar_day where calendar = 'cn' and kind = 'off'");
my $work = $lw->psql($db, "select count(*) from letterwatch.calendar_day where calendar = 'cn' and kind = 'work'");
is("$off $work",
	join(' ', map { my $kind = $_; scalar grep { $_ eq $kind } values %$calendar } qw(off work)),
	'the shipped calendar has as many days off and make-up days as the notices');

# ---- a rule holds for the days of receipt that its row names ------------------------------

$lw->psql($db, "insert into letterwatch.rule
	(rule_set, rule, valid_from, valid_to, basis, amount, unit, responsible_unit, met_by)
	values ('t-oracle', 'changed', '2020-01-01', '2024-12-31', 'old law', 7, 'day', 'petitions', '{result}'),
	       ('t-oracle', 'changed', '2025-01-01', 'infinity', 'new law', 15, 'day', 'petitions', '{result}')");
is($lw->psql($db, "select letterwatch.due_date('t-oracle', 'changed', '2024-12-31')"),
	'2025-01-07', 'a letter of the last day of the old law is under the old law');
is($lw->psql($db, "select letterwatch.due_date('t-oracle', 'changed', '2025-01-02')"),
	'2025-01-17', 'a letter of a day of the new law is under the new law');

done_testing();
