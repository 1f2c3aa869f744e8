#!/usr/bin/perl
#
# load.pl [LETTERS [ROUNDS]]: what it takes to bring LETTERS (1000000) letters in by one file, and by COPY, beside the bare rows.
#
# 3,600 offices, letters of a hundred days. Each of ROUNDS (1) rounds, in fresh copies of one database:
#   file    a CSV file by sql/import.psql: read, checked, planned, each line that does not fit kept with its reason;
#   copy    the same letters by COPY into letter: checked and planned;
#   bare    the rows that this made in letter, letter_state and deadline, by COPY into the same tables, with the same indexes and
#           constraints, but no trigger: nobody checks or plans.
# Prints the times and rates, and the ratios of the medians; never fails because of a time. Run by run.sh.
#
use strict;
use warnings;

use File::Temp ();
use FindBin;

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $LETTERS = shift // 1_000_000;
my $ROUNDS  = shift // 1;

my $lw = LetterWatch->new(settings => "shared_buffers = 1GB\nmax_wal_size = 8GB\n");
my $db = country($lw, 3600);
my $dir = File::Temp->newdir;

my $ROWS = "select 'L' || n as letter_no, 'O' || 1 + n % 3600 as office_code, current_date - n / 3600 % 100 as received_on,"
  . " 'post' as channel from generate_series(1, $LETTERS) n";
$lw->psql($db, "\\copy ($ROWS) to '$dir/letters.csv' with (format csv, header)");

my @TABLES = qw(letter letter_state deadline);
my %columns;
for my $table (@TABLES) {
	$columns{$table} = $lw->psql($db, <<~"SQL");
		select string_agg(attname, ', ' order by attnum)
		from pg_attribute
		where attrelid = 'letterwatch.$table'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
		SQL
}

my %took;
for my $round (1 .. $ROUNDS) {
	push @{ $took{file} }, psql_seconds($lw, copy_of($lw, $db, 'by_file'), '-v', "file=$dir/letters.csv", '-f', "$LetterWatch::TREE/sql/import.psql");

	push @{ $took{copy} }, psql_seconds($lw, copy_of($lw, $db, 'by_copy'), '-c',
		"\\copy letterwatch.letter (letter_no, office_code, received_on, channel) from '$dir/letters.csv' with (format csv, header)");
	for my $database ('by_file', 'by_copy') {
		my $planned = $lw->psql($database, 'select count(*) from letterwatch.deadline');
		die "$database: $planned deadlines" unless $planned == 2 * $LETTERS;
	}

	$lw->psql('by_copy', "\\copy (select $columns{$_} from letterwatch.$_) to '$dir/$_'") for @TABLES;
	bare_copy_of($lw, $db, 'bare');
	push @{ $took{bare} }, psql_seconds($lw, 'bare', '-c', 'begin',
		(map { ('-c', "\\copy letterwatch.$_ ($columns{$_}) from '$dir/$_'") } @TABLES), '-c', 'commit');

	report("%d letters: file %.1f s (%.0f letters/s), copy %.1f s (%.0f), bare %.1f s (%.0f)\n", $LETTERS,
		map { my $s = $took{$_}[-1]; ($s, $LETTERS / $s) } qw(file copy bare));
}
my ($file, $copy, $bare) = map { median(@{ $took{$_} }) } qw(file copy bare);
figure("$LETTERS letters by COPY, to the time of the bare rows",   '%.2f', $copy / $bare, 'at most',  1.3);
figure("$LETTERS letters by one file, to the rate of the bare rows", '%.2f', $bare / $file, 'at least', 0.5);
