# LetterWatch::Bench -- what the benchmarks share: where they report, times, medians, databases to compare, pgbench.
# To be named before LetterWatch: PostgreSQL's test modules turn stdout and stderr to a log of theirs before the program runs.
package LetterWatch::Bench;

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use IO::Select;
use List::Util qw(min);
use POSIX qw(ceil);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

our @EXPORT = qw(report figure seconds median percentile country copy_of bare_copy_of psql_seconds redating_seconds pgbench transactions waiting_ms receive);

my ($out, $err);
BEGIN {
	open $out, '>&', \*STDOUT or die $!;
	open $err, '>&', \*STDERR or die $!;
	$out->autoflush;
}

# report(FORMAT, …), as printf.
sub report {
	my ($format, @values) = @_;
	printf {$out} $format, @values;
	return;
}

# A row of the table that make bench ends with: figure(WHAT, FORMAT, VALUE) or figure(WHAT, FORMAT, VALUE, 'at most' or 'at least', AIM).
sub figure {
	my ($what, $format, $value, $bound, $aim) = @_;
	my $aimed  = defined $bound ? "$bound $aim" : '';
	my $missed = defined $bound && ($bound eq 'at most' ? $value > $aim : $value < $aim) ? ', missed' : '';
	my $text   = sprintf $format, $value;
	report("%s: %s%s\n", $what, $text, $aimed ? " (aim: $aimed$missed)" : '');
	return unless $ENV{LETTERWATCH_FIGURES};
	open my $table, '>>', $ENV{LETTERWATCH_FIGURES} or die "$ENV{LETTERWATCH_FIGURES}: $!";
	print $table "| $what | $text | $aimed$missed |\n";
	close $table or die $!;
	return;
}

$SIG{__DIE__} = sub { print {$err} @_ unless $^S };

sub seconds(&) {
	my ($work) = @_;
	my $start = clock_gettime(CLOCK_MONOTONIC);
	$work->();
	return clock_gettime(CLOCK_MONOTONIC) - $start;
}

sub median {
	my @sorted = sort { $a <=> $b } @_;
	return $sorted[ $#sorted / 2 ];
}

# The smallest value that so many per cent of the values do not exceed.
sub percentile {
	my ($percent, @values) = @_;
	return (sort { $a <=> $b } @values)[ ceil($percent / 100 * @values) - 1 ];
}

# A database with an office O and so many below it, O1, O2, …
sub country {
	my ($lw, $offices) = @_;
	my $db = $lw->fresh_database;
	$lw->psql($db, <<~"SQL");
		insert into letterwatch.office (office_code, name) values ('O', 'root');
		insert into letterwatch.office (office_code, name, parent_code) select 'O' || n, 'office', 'O' from generate_series(1, $offices) n;
		analyze letterwatch.office, letterwatch.office_setting;
		SQL
	return $db;
}

# A copy of a database in place of an older one of that name, with nothing left to write.
sub copy_of {
	my ($lw, $db, $name) = @_;
	$lw->psql('postgres', "drop database if exists $name");
	$lw->psql('postgres', "create database $name template $db");
	$lw->psql('postgres', 'checkpoint');
	return $name;
}

# The same, without the triggers of letters and what is derived of them: nobody checks or plans. (In the role of a replica those of
# replication would fire.)
sub bare_copy_of {
	my ($lw, $db, $name) = @_;
	copy_of($lw, $db, $name);
	$lw->psql($name, "alter table letterwatch.$_ disable trigger user") for qw(letter letter_event letter_state deadline alert alert_sent outbox deadline_change);
	return $name;
}

# The seconds that psql takes with these arguments.
sub psql_seconds {
	my ($lw, $db, @arguments) = @_;
	return seconds {
		system('psql', '-X', '-q', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-d', $lw->node->connstr($db), @arguments) == 0
		  or die "psql @arguments: status $?";
	};
}

# The seconds that it takes to re-date what a change of settings concerns: as the claim does it, without waiting for the disk.
sub redating_seconds {
	my ($lw, $db) = @_;
	return psql_seconds($lw, $db, '-c', 'set synchronous_commit = off', '-c', <<~'SQL');
		do $do$
		begin
			while letterwatch.redate_letters(4000) > 0 loop
				commit;
			end loop;
		end
		$do$
		SQL
}

# Begins to run a script, a transaction, with these options of pgbench; its end: transactions.
sub pgbench {
	my ($lw, $db, $script, @options) = @_;
	my $dir = File::Temp->newdir;
	open my $file, '>', "$dir/script.sql" or die "$dir: $!";
	print $file $script;
	close $file or die "$dir: $!";
	my $pid = fork // die $!;
	return { pid => $pid, dir => $dir } if $pid;
	open STDOUT, '>',  "$dir/out"  or die $!;
	open STDERR, '>&', \*STDOUT or die $!;
	exec('pgbench', '-n', '-f', "$dir/script.sql", @options, '-l', "--log-prefix=$dir/log", '-h', $lw->node->host,
		'-p', $lw->node->port, $db) or POSIX::_exit(127);
}

# Waits for the end of pgbench. Of each transaction ms: how long it took until it was committed, from the moment for which it was
# scheduled (option -R); lag_ms: how much later than that it began; at: when it was committed, in seconds since 1970.
sub transactions {
	my ($run) = @_;
	waitpid $run->{pid}, 0;
	my @all;
	for my $path (glob "$run->{dir}/log*") {
		open my $log, '<', $path or die "$path: $!";
		while (<$log>) {
			my ($us, $second, $second_us, $lag_us) = (split)[ 2, 4, 5, 6 ];
			push @all, { ms => $us / 1000, lag_ms => ($lag_us // 0) / 1000, at => $second + $second_us / 1e6 };
		}
	}
	return @all if @all && !$?;
	open my $said, '<', "$run->{dir}/out" or die $!;
	die "pgbench failed: ", <$said>;
}

# The waits of all that came after so many seconds, in ms; of those on_time from the moment at which it began.
sub waiting_ms {
	my ($run, %params) = @_;
	my @all = transactions($run);
	my $since = min(map { $_->{at} } @all) + ($params{without_s} // 0);
	return map { $_->{ms} - ($params{on_time} ? $_->{lag_ms} : 0) } grep { $_->{at} >= $since } @all;
}

# Reads lines until so many alerts have come, or the time is over; how many came. Waits in the kernel, as a syslog daemon does.
sub receive {
	my ($syslog, $count, $limit_s) = @_;
	my $select = IO::Select->new($syslog->{socket});
	my $end    = time + $limit_s;
	my $got    = 0;
	while ($got < $count and $select->can_read($end - time)) {
		while ($got < $count and defined $syslog->{socket}->recv(my $line, 65536)) {
			$got++ if index($line, 'event=alert') > 0;
		}
		last if time > $end;
	}
	return $got;
}

1;
