#!/usr/bin/perl
#
# lateness.pl [LETTERS [SECONDS]]: how late alerts are, beside what people use today, on an idle machine and on a busy one.
#
# LETTERS (200) periods end at random milliseconds of SECONDS (120), the same ones for all:
#   letterwatch  its daemon;
#   cron         at each full minute psql updates what is due in a table with a partial index, and logger(1) sends what it returns:
#                what a crontab does;
#   pg_cron      the same UPDATE each minute in the server (Debian's version knows no seconds); it has no line, so the row counts;
#   poller       one session of psql that makes that UPDATE each second (\watch 1), and logger(1).
# A receiver on the same machine notes when each line arrives (CLOCK_REALTIME, which is also the database's) and takes off the end of
# the period. Beside that, as many one-row transactions run in pgbench at the same pace, over the same kind of socket, so that
# both wake a machine that sleeps. Then all of it again beside 64 sessions of pgbench's own transactions at a quarter of the
# rate that they reach by themselves (open loop). Prints percentiles; never fails because of a time. Run by run.sh.
#
use strict;
use warnings;

use FindBin;
use IO::Select;
use Time::HiRes qw(clock_gettime CLOCK_REALTIME);

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $LETTERS  = shift // 200;
my $SECONDS  = shift // 120;
my $SESSIONS = 64;

my %AIM_MS = (idle => { 50 => 2, 99 => 10 }, busy => { 99 => 50 });

my $lw = LetterWatch->new(settings => <<~"END");
	fsync = on
	synchronous_commit = on
	shared_buffers = 512MB
	max_wal_size = 2GB
	max_connections = 100
	log_statement = none
	track_commit_timestamp = off
	shared_preload_libraries = pg_cron
	cron.database_name = rivals
	cron.use_background_workers = on
	END
my $db = $lw->fast_database;

# ---- the rivals ----------------------------------------------------------------------------------------------------------------

my @RIVALS = qw(poller cron pg_cron);
my %NAME   = (poller => 'a poller each second', cron => 'cron and psql each minute', pg_cron => 'pg_cron each minute');
$lw->psql('postgres', 'create database rivals');
$lw->psql('rivals', 'create extension pg_cron');
for my $table (@RIVALS) {
	$lw->psql('rivals', "create table $table (letter_no text primary key, late_at timestamptz, told_at timestamptz)");
	$lw->psql('rivals', "create index on $table (late_at) where told_at is null");
}
sub tell_due {
	my ($table) = @_;
	return "update $table set told_at = clock_timestamp() where told_at is null and late_at <= clock_timestamp()"
	  . " returning 'event=alert letter=' || letter_no";
}
my %syslog = map { $_ => LetterWatch::Syslog->new } qw(letterwatch cron poller);
my $PSQL   = "psql -XAtq -d '" . $lw->node->connstr('rivals') . q{'};

# A shell in a process group of its own, which ends with the benchmark.
my @shells;
sub shell {
	my ($script) = @_;
	my $pid = fork // die $!;
	if (!$pid) {
		setpgrp;
		exec 'sh', '-c', $script or die $!;
	}
	push @shells, $pid;
	return;
}
END {
	local $?;
	kill TERM => map { -$_ } @shells;
}
shell('while sleep $((60 - $(date +%s) % 60)); do ' . "$PSQL -c \"" . tell_due('cron') . "\" | logger -t cron -u " . $syslog{cron}->path
	  . '; done');
shell("echo \"" . tell_due('poller') . " \\\\watch 1\" | $PSQL | logger -t poller -u " . $syslog{poller}->path);
$lw->psql('rivals', q{select cron.schedule('* * * * *', $$} . tell_due('pg_cron') . q{$$)});

# ---- a run -------------------------------------------------------------------------------------------------------------------------

# When each letter PREFIX-n arrived at each receiver: { way => { letter => moment } }. Waits in the kernel, as a syslog daemon does.
sub arrivals {
	my ($prefix, $count, $limit_s) = @_;
	my %at     = map { $_ => {} } keys %syslog;
	my %way_of = map { fileno($syslog{$_}{socket}) => $_ } keys %syslog;
	my $select = IO::Select->new(map { $_->{socket} } values %syslog);
	my $end    = clock_gettime(CLOCK_REALTIME) + $limit_s;
	while (grep { keys %$_ < $count } values %at) {
		my $left = $end - clock_gettime(CLOCK_REALTIME);
		die join(', ', map { "$_ told " . keys %{ $at{$_} } } sort keys %at), " of $count letters\n" if $left < 0;
		for my $socket ($select->can_read($left)) {
			while (defined $socket->recv(my $line, 65536)) {
				my $now = clock_gettime(CLOCK_REALTIME);
				$at{ $way_of{ fileno $socket } }{$1} = $now if $line =~ / letter=(\Q$prefix\E-\S+)/;
			}
		}
	}
	return \%at;
}

# Milliseconds of so many one-row commits, spread over so many seconds.
sub commits_ms {
	my ($count, $seconds) = @_;
	return waiting_ms(pgbench($lw, 'rivals', "insert into one_row (at) values (now());\n", '-M', 'prepared', '-t', $count,
		'-R', $count / $seconds), on_time => 1);
}

# Periods that end over so many seconds from now on, for all; how late each way tells them, in milliseconds: { way => [ ms, … ] }.
sub late_ms {
	my ($prefix, $count, $seconds) = @_;
	$lw->psql($db, <<~"SQL");
		insert into letterwatch.letter (letter_no, office_code, received_at)
		select '$prefix-' || n, 'A', letterwatch.clock() - interval '57 s' + random() * interval '$seconds s'
		from generate_series(1, $count) n
		SQL
	my %end = map { split /\|/ } split /\n/,
	  $lw->psql($db, "select letter_no, extract(epoch from late_at) from letterwatch.deadline where letter_no like '$prefix-%'");
	my $values = join ', ', map { "('$_', to_timestamp($end{$_}))" } keys %end;
	$lw->psql('rivals', "insert into $_ (letter_no, late_at) values $values") for @RIVALS;
	my $at = arrivals($prefix, $count, $seconds + 90);
	my %late = map { my $way = $_; $way => [ map { 1000 * ($at->{$way}{$_} - $end{$_}) } keys %end ] } keys %$at;

	my $untold = "select count(*) from pg_cron where told_at is null";
	wait_for { $lw->psql('rivals', $untold) eq '0' } 90 or die "pg_cron does not tell\n";
	$late{pg_cron} = [ split /\n/,
		$lw->psql('rivals', "select 1000 * extract(epoch from told_at - late_at) from pg_cron where letter_no like '$prefix-%'") ];
	return \%late;
}

sub tell_ms {
	my ($when, $late, @commit_ms) = @_;
	my %ms = (%$late, 'one commit' => \@commit_ms);
	report("%-12s %10s %10s %10s   milliseconds, %s\n", '', 'p50', 'p99', 'worst', $when);
	for my $way ('one commit', 'letterwatch', 'poller', 'cron', 'pg_cron') {
		report("%-12s %10.1f %10.1f %10.1f\n", $way, map { percentile($_, @{ $ms{$way} }) } 50, 99, 100);
	}
	for my $percent (sort keys %{ $AIM_MS{$when} }) {
		my $beyond = percentile($percent, @{ $late->{letterwatch} }) - percentile($percent, @commit_ms);
		figure("a line's lateness beyond that of a commit, $when, p$percent, ms", '%.2f', $beyond, 'at most', $AIM_MS{$when}{$percent});
	}
	figure("lateness of $NAME{$_}, $when, p50, ms", '%.0f', percentile(50, @{ $ms{$_} })) for @RIVALS;
	my ($soonest) = sort { $a <=> $b } @{ $late->{letterwatch} };
	die sprintf "a line came %.3f ms before its time\n", -$soonest if $soonest < 0;
	return;
}

# ---- idle, and busy ----------------------------------------------------------------------------------------------------------------

my $daemon = $lw->start_daemon($db, $syslog{letterwatch});
$lw->psql('rivals', 'create table one_row (at timestamptz)');
$lw->psql('postgres', 'create database load');
PostgreSQL::Test::Utils::system_or_bail('pgbench', '-i', '-q', '-s', 10, '-h', $lw->node->host, '-p', $lw->node->port, 'load');

# What the first alerts and commits cost, plans and caches among it, is no lateness.
$lw->register($db, 'WARM', count => 20, first_s => 0.2, over_s => 1);
wait_for { $syslog{letterwatch}->alerts >= 20 } 30 or die "the daemon does not tell\n" . $daemon->log;
commits_ms(20, 1);

my @commit_ms = commits_ms($LETTERS, $SECONDS / 4);
tell_ms('idle', late_ms('IDLE', $LETTERS, $SECONDS), @commit_ms);

# pgbench's own transaction (tpcb-like).
my $LOAD = <<~'SQL';
	\set aid random(1, 100000 * 10)
	\set bid random(1, 10)
	\set tid random(1, 10 * 10)
	\set delta random(-5000, 5000)
	begin;
	update pgbench_accounts set abalance = abalance + :delta where aid = :aid;
	select abalance from pgbench_accounts where aid = :aid;
	update pgbench_tellers set tbalance = tbalance + :delta where tid = :tid;
	update pgbench_branches set bbalance = bbalance + :delta where bid = :bid;
	insert into pgbench_history (tid, bid, aid, delta, mtime) values (:tid, :bid, :aid, :delta, current_timestamp);
	end;
	SQL
my $rate = waiting_ms(pgbench($lw, 'load', $LOAD, '-M', 'prepared', '-c', $SESSIONS, '-j', 2, '-T', 15), without_s => 5) / 10 / 4;
my $busy = pgbench($lw, 'load', $LOAD, '-M', 'prepared', '-c', $SESSIONS, '-j', 2, '-T', int(10 + $SECONDS / 4 + $SECONDS + 90), '-R', $rate);
sleep 5;
@commit_ms = commits_ms($LETTERS, $SECONDS / 4);
my $late = late_ms('BUSY', $LETTERS, $SECONDS);
report("\nbeside %d sessions, %.0f transactions a second\n", $SESSIONS, $rate);
tell_ms('busy', $late, @commit_ms);
kill TERM => $busy->{pid};
waitpid $busy->{pid}, 0;
$daemon->stop;
