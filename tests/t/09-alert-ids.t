#!/usr/bin/perl
#
# The same alert has the same id after a failover or a restore: two copies of
# one database, each with a history of its own since, claim the same stages.
#
use strict;
use warnings;

use FindBin;
use Test::More;

use lib "$FindBin::Bin/../lib";
use LetterWatch;

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;

$lw->set_clock($db, "'2026-03-02 10:00+08'");
$lw->psql($db, <<'SQL');
insert into letterwatch.office (office_code, name) values ('I', 'test office');
insert into letterwatch.letter (letter_no, office_code, received_on)
select 'I-' || n, 'I', '2026-03-02' from generate_series(1, 20) as n;
insert into letterwatch.letter (letter_no, office_code, received_on) values ('I-FOLLOW', 'I', '2026-02-02');
insert into letterwatch.letter_event (letter_no, kind, occurred_at)
values ('I-FOLLOW', 'progress', '2026-02-05 09:00+08');
SQL
$lw->psql('postgres', "create database restored template $db");

# One pass of a daemon that was just started.
sub claim
{
	my ($database, $batch) = @_;
	return $lw->psql($database, <<"SQL");
select instance as me from letterwatch.daemon_connect(null, 'test', 1, 'test') \\gset
select letterwatch.mark_emitted(:me, array_agg(line_id)) from letterwatch.claim_due(:me, $batch, 'en')
SQL
}

# One daemon is there for each stage; the other comes to them in small batches, after other instances and letters.
foreach my $day ('2026-03-05', '2026-03-06', '2026-03-09', '2026-03-10', '2026-03-11')
{
	$lw->set_clock($db, "'$day 09:00+08'");
	claim($db, 1000);
}
$lw->psql('restored', "insert into letterwatch.letter (letter_no, office_code, received_on) values ('I-OTHER', 'I', '2026-03-02')");
foreach my $day ('2026-03-05', '2026-03-06', '2026-03-09', '2026-03-10', '2026-03-11')
{
	$lw->set_clock('restored', "'$day 09:30+08'");
	claim('restored', 7) foreach 1 .. 4;
}
$lw->set_clock($_, "'2026-05-28 09:00+08'"), claim($_, 1000) foreach $db, 'restored';

my $ids = "select string_agg(concat_ws(' ', letter_no, rule, stage, due_on, alert_id), E'\n' order by letter_no, rule, due_on, stage, alert_id)
	from letterwatch.alert_log where letter_no <> 'I-OTHER'";
cmp_ok($lw->psql($db, 'select count(*) from letterwatch.alert_log'), '>=', 100, 'there are alerts to compare');
is($lw->psql('restored', $ids), $lw->psql($db, $ids), 'both databases gave each alert the same id');
is($lw->psql($db, 'select count(distinct alert_id) - count(*) from letterwatch.alert_log'), '0', 'no id is given twice');

done_testing();
