#!/usr/bin/perl
#
# A file with one bad line is refused as a whole, by COPY as by INSERT, and the
# message tells which line to mend.
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
insert into letterwatch.office (office_code, name) values ('K', 'test office');
insert into letterwatch.letter (letter_no, office_code, received_on)
values ('K-1', 'K', '2026-03-02'), ('K-4', 'K', '2026-03-02'), ('K-CLOSED', 'K', '2026-02-02');
insert into letterwatch.letter_event (letter_no, kind, occurred_at) values ('K-CLOSED', 'result', '2026-02-05 09:00+08');
SQL

# Everything that a refused file could have left behind.
my $footprint = <<'SQL';
select (select count(*) from letterwatch.letter), (select count(*) from letterwatch.letter_event),
	(select count(*) from letterwatch.replan_queue),
	(select md5(string_agg(deadline::text, ',' order by deadline::text)) from letterwatch.deadline),
	(select md5(string_agg(letter_state::text, ',' order by letter_state::text)) from letterwatch.letter_state)
SQL
my $before = $lw->psql($db, $footprint);

sub refused
{
	my ($columns, $lines, $says, $name) = @_;
	my $rows = join '', map { join("\t", @$_) . "\n" } @$lines;
	my (undef, $error) = $lw->try($db, "copy letterwatch.$columns from stdin;\n$rows\\.\n");

	like($error, $says, "$name: refused, and says why");
	like($error, qr/^(HINT|DETAIL): /m, "$name: says what to look at");
	is($lw->psql($db, $footprint), $before, "$name: nothing of the file stays");
	return;
}

my $letter = 'letter (letter_no, office_code, received_on)';
refused($letter, [ [ 'K-2', 'K', '2026-03-02' ], [ 'K-3', 'NOWHERE', '2026-03-02' ] ],
	qr/K-3.*NOWHERE/, 'one letter of an unknown office');
refused($letter, [ [ 'K-2', 'K', '2026-03-02' ], [ 'K-1', 'K', '2026-03-02' ] ],
	qr/K-1/, 'one letter whose number is taken');
refused($letter, [ [ 'K-2', 'K', '2026-03-02' ], [ 'K-2', 'K', '2026-03-01' ] ],
	qr/K-2/, 'one number twice in the file');
refused($letter, [ [ 'K-2', 'K', '2026-03-02' ], [ 'K-3', 'K', '2026-03-03' ] ],
	qr/K-3.*future/, 'one letter of tomorrow');
refused('letter (letter_no, office_code, received_on, rule_set)',
	[ [ 'K-2', 'K', '2026-03-02', '\N' ], [ 'K-3', 'K', '2026-03-02', 'no-such-set' ] ],
	qr/K-3.*no-such-set/, 'one letter of an unknown rule set');
refused('letter_event (letter_no, kind, outcome)',
	[ [ 'K-1', 'notice', 'accepted' ], [ 'K-404', 'notice', 'accepted' ] ],
	qr/K-404/, 'one event of an unknown letter');
refused('letter_event (letter_no, kind, outcome)',
	[ [ 'K-1', 'notice', 'accepted' ], [ 'K-CLOSED', 'progress', '\N' ] ],
	qr/K-CLOSED.*answered/, 'one event of a closed letter');
refused('letter_event (letter_no, kind, occurred_at)',
	[ [ 'K-1', 'progress', '2026-03-02 09:00+08' ], [ 'K-4', 'result', '2026-03-01 23:00+08' ] ],
	qr/K-4.*receipt/, 'one event before receipt');

done_testing();
