#!/usr/bin/perl
#
# Writers in REPEATABLE READ and SERIALIZABLE: what they would plan by a snapshot that is out of date ends with a
# serialization failure, to be repeated, and never with a wrong date. And the time of an entry cannot be forged.
#
use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../lib";
use LetterWatch;

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;
$lw->psql($db, "insert into letterwatch.office (office_code, name) values ('E', 'test office')");

my $clerk = $lw->node->background_psql($db, on_error_stop => 0);

# The SQLSTATE that a statement ended with.
sub state_of
{
	my ($statement) = @_;
	my $answer = $clerk->query("$statement;\n\\echo state :SQLSTATE");
	return $answer =~ /^state (\w+)$/m ? $1 : "no state: $answer";
}

# ---- settings change after the snapshot was taken ---------------------------------------------

my $calendar = 'cn';
foreach my $level ('repeatable read', 'serializable')
{
	my $other = $calendar eq 'cn' ? 'everyday' : 'cn';
	my $register = "insert into letterwatch.letter (letter_no, office_code, received_on) values ('E-$other', 'E', current_date)";

	$clerk->query("begin isolation level $level;\nselect 1");
	$lw->psql($db, "update letterwatch.office set calendar = '$other' where office_code = 'E'");
	is(state_of($register), '40001', "$level: a letter would be planned by the old calendar: to be repeated");
	$clerk->query('rollback');

	$clerk->query("begin isolation level $level");
	is(state_of($register), '00000', "$level: repeated, it is registered");
	is(state_of('commit'), '00000', "$level: and stays");
	is($lw->psql($db, "select string_agg(verify::text, chr(10)) from letterwatch.verify() where letter_no = 'E-$other'"),
		'', "$level: planned by the present calendar");
	$calendar = $other;
}

# ---- another clerk was first --------------------------------------------------------------------

foreach my $level ('repeatable read', 'serializable')
{
	my $letter = $level =~ s/ /-/r;
	$lw->psql($db, "select count(*) from letterwatch.register_letter('E', '$letter')");
	$clerk->query("begin isolation level $level;\nselect 1");
	$lw->psql($db, "select count(*) from letterwatch.record_notice('$letter', outcome => 'referred')");
	is(state_of("select count(*) from letterwatch.record_notice('$letter')"),
		'40001', "$level: an event beside one that it cannot see: to be repeated");
	$clerk->query('rollback');
	is(state_of("select count(*) from letterwatch.record_notice('$letter')"), 'LW003', "$level: repeated, it is refused");
}

# ---- a session's search_path -----------------------------------------------------------------------

$lw->psql($db, <<'SQL');
create role forger login in role letterwatch_intake;
create schema forger authorization forger;
SQL
my (undef, $error) = $lw->try($db, <<'SQL', 'forger');
create function forger.statement_timestamp() returns timestamptz language sql as $$ select timestamptz '2020-01-02 10:00+08' $$;
set search_path = forger, pg_catalog;
insert into letterwatch.letter (letter_no, office_code, received_on) values ('FORGED', 'E', '2020-01-01');
insert into letterwatch.letter_event (letter_no, kind, outcome) values ('FORGED', 'notice', 'accepted');
SQL
is($error, '', 'a session with functions of its own before those of PostgreSQL enters a letter');
is($lw->psql($db, "select l.registered_at > now() - interval '1 hour' and e.recorded_at > now() - interval '1 hour'
		from letterwatch.letter l join letterwatch.letter_event e using (letter_no) where letter_no = 'FORGED'"),
	't', 'when that was is not theirs to say');

$clerk->quit;
done_testing();
