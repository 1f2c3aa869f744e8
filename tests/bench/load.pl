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
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use lib "$FindBin::Bin/../lib";
use LetterWatch;

# PostgreSQL's test modules turn both streams to a log of theirs before the program runs.
my $out;
BEGIN { open $out, '>&', \*STDOUT or die $! }

my $LETTERS = shift // 1_000_000;
my $ROUNDS  = shift // 1;

my $lw = LetterWatch->new(settings => "shared_buffers = 1GB\nmax_wal_size = 8GB\n");
my $db = $lw->fresh_database;
my $dir = File::Temp->newdir;
$lw->psql($db, <<~'SQL');
	insert into letterwatch.office (office_code, name) values ('O', 'root');
	insert into letterwatch.office (office_code, name, parent_code) select 'O' || n, 'office', 'O' from generate_series(1, 3600) n;
	analyze letterwatch.office, letterwatch.office_setting;
	SQL

my $ROWS = "select 'L' || n as letter_no, 'O' || 1 + n % 3600 as office_code, current_date - n / 3600 % 100 as received_on,"
  . " 'post' as channel from generate_series(1, $LETTERS) n";
$lw->psql($db, "\\copy ($ROWS) to '$dir/letters.csv' with (format csv, header)");

# A copy of the database, with nothing left to write.
sub copy_of {
	my ($name) = @_;
	$lw->psql('postgres', "drop database if exists $name");
	$lw->psql('postgres', "create database $name template $db");
	$lw->psql('postgres', 'checkpoint');
	return $name;
}

# The seconds that psql takes with these arguments.
sub seconds {
	my ($database, @arguments) = @_;
	my $start = clock_gettime(CLOCK_MONOTONIC);
	system('psql', '-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-d', $lw->node->connstr($database), @arguments) == 0
	  or die "psql @arguments: status $?";
	return clock_gettime(CLOCK_MONOTONIC) - $start;
}

my @TABLES = qw(letter letter_state deadline);
my %columns;
for my $table (@TABLES) {
	$columns{$table} = $lw->psql($db, <<~"SQL");
		select string_agg(attname, ', ' order by attnum)
		from pg_attribute
		where attrelid = 'letterwatch.$table'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
		SQL
}

sub median { my @sorted = sort { $a <=> $b } @_; return $sorted[ $#sorted / 2 ] }

my %took;
for my $round (1 .. $ROUNDS) {
	push @{ $took{file} }, seconds(copy_of('by_file'), '-v', "file=$dir/letters.csv", '-f', "$LetterWatch::TREE/sql/import.psql");

	push @{ $took{copy} }, seconds(copy_of('by_copy'), '-c',
		"\\copy letterwatch.letter (letter_no, office_code, received_on, channel) from '$dir/letters.csv' with (format csv, header)");
	for my $database ('by_file', 'by_copy') {
		my $planned = $lw->psql($database, 'select count(*) from letterwatch.deadline');
		die "$database: $planned deadlines" unless $planned == 2 * $LETTERS;
	}

	$lw->psql('by_copy', "\\copy (select $columns{$_} from letterwatch.$_) to '$dir/$_'") for @TABLES;
	copy_of('bare');
	push @{ $took{bare} }, seconds('bare', '-c', 'set session_replication_role = replica', '-c', 'begin',
		(map { ('-c', "\\copy letterwatch.$_ ($columns{$_}) from '$dir/$_'") } @TABLES), '-c', 'commit');

	printf $out "%d letters: file %.1f s (%.0f letters/s), copy %.1f s (%.0f), bare %.1f s (%.0f)\n", $LETTERS,
	  map { my $s = $took{$_}[-1]; ($s, $LETTERS / $s) } qw(file copy bare);
}
my ($file, $copy, $bare) = map { median(@{ $took{$_} }) } qw(file copy bare);
printf $out "%d letters, medians of %d rounds: file %.2f, copy %.2f times the time of the bare rows; rate by file %.2f of bare\n",
  $LETTERS, $ROUNDS, $file / $bare, $copy / $bare, $bare / $file;
