#!/usr/bin/perl
#
# lateness.pl [LETTERS] [SECONDS]: how late an alert is on an idle machine, beside what a commit of one row takes.
#
# LETTERS periods (200) end at random milliseconds of SECONDS (40). The daemon tells each; a receiver on the same machine notes
# when the line arrives (CLOCK_REALTIME, which is also the database's) and takes off the end of the period. Before that, as
# many one-row transactions run in pgbench at the same pace, over the same kind of socket, so that both wake a machine that
# sleeps. Prints percentiles; never fails because of a time. Run by run.sh.
#
use strict;
use warnings;

use FindBin;
use Socket qw(AF_UNIX SOCK_DGRAM pack_sockaddr_un);
use Time::HiRes qw(clock_gettime CLOCK_REALTIME);

use lib "$FindBin::Bin/../lib";
use LetterWatch::Bench;
use LetterWatch;

my $LETTERS = shift // 200;
my $SECONDS = shift // 40;

my %AIM_MS = (50 => 2, 99 => 10);

# Milliseconds of so many one-row commits, spread over so many seconds.
sub commits_ms {
	my ($lw, $db, $count, $seconds) = @_;
	return waiting_ms(pgbench($lw, $db, "insert into public.one_row (at) values (now());\n", '-M', 'prepared', '-t', $count,
		'-R', $count / $seconds), on_time => 1);
}

# Letter number => when its line arrived. Waits in the kernel, as a syslog daemon does.
sub arrivals {
	my ($socket, $count, $limit_s) = @_;
	my %at;
	local $SIG{ALRM} = sub { die "only " . keys(%at) . " of $count lines came\n" };
	alarm $limit_s;
	while (keys %at < $count) {
		defined recv $socket, my $line, 65536, 0 or die "recv: $!";
		my $now = clock_gettime(CLOCK_REALTIME);
		$at{$1} = $now if $line =~ / letter=(\S+)/;
	}
	alarm 0;
	return %at;
}

# Lateness of each alert, duration of each commit, and how late the claim began that raised the alert, in milliseconds.
sub measure {
	my $lw = LetterWatch->new(settings => <<~'END');
		fsync = on
		synchronous_commit = on
		shared_buffers = 128MB
		max_wal_size = 1GB
		log_statement = none
		track_commit_timestamp = off
		END
	my $db = $lw->fast_database;
	$lw->psql($db, 'create table public.one_row (at timestamptz)');

	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_for { $syslog->events('start') } 10 or die "the daemon does not start\n" . $daemon->log;
	my $socket = $syslog->{socket};
	$socket->blocking(1);

	# What the first alerts and commits cost, plans and caches among it, is no lateness.
	$lw->register($db, 'WARM', count => 20, first_s => 0.2, over_s => 1);
	arrivals($socket, 20, 30);
	commits_ms($lw, $db, 20, 1);

	my @commit_ms = commits_ms($lw, $db, $LETTERS, $SECONDS / 4);
	$lw->psql($db, <<~"SQL");
		insert into letterwatch.letter (letter_no, office_code, received_at)
		select 'L-' || n, 'A', letterwatch.clock() - interval '57 s' + random() * interval '$SECONDS s'
		from generate_series(1, $LETTERS) n
		SQL
	my %end = map { split /\|/ } split /\n/,
	  $lw->psql($db, "select letter_no, extract(epoch from late_at) from letterwatch.deadline where letter_no like 'L-%'");
	my %at      = arrivals($socket, $LETTERS, $SECONDS + 60);
	my @late_ms = map { 1000 * ($at{$_} - $end{$_}) } keys %end;
	my @wake_ms = split /\n/,
	  $lw->psql($db, "select 1000 * extract(epoch from raised_at - stage_at) from letterwatch.alert where letter_no like 'L-%'");
	$daemon->stop;

	return (\@late_ms, \@commit_ms, \@wake_ms);
}

sub report_all {
	my ($late_ms, $commit_ms, $wake_ms) = @_;
	report("%d alerts over %d s, %d commits; milliseconds\n", scalar @$late_ms, $SECONDS, scalar @$commit_ms);
	report("%6s %12s %12s %16s %8s\n", '', 'alert late', 'one commit', 'beyond a commit', 'aim');
	for my $percent (50, 99) {
		my ($late, $commit) = (percentile($percent, @$late_ms), percentile($percent, @$commit_ms));
		report("%6s %12.2f %12.2f %16.2f %8s %s\n", "p$percent", $late, $commit, $late - $commit, $AIM_MS{$percent},
			$late - $commit <= $AIM_MS{$percent} ? 'met' : 'not met');
	}
	report("of which until the claim begins: p50 %.2f, p99 %.2f\n", map { percentile($_, @$wake_ms) } 50, 99);
	my ($soonest) = sort { $a <=> $b } @$late_ms;
	report("%6s %12.2f %12.2f\n", 'worst', percentile(100, @$late_ms), percentile(100, @$commit_ms));
	die sprintf "a line came %.3f ms before its time\n", -$soonest if $soonest < 0;
	return;
}

report_all(measure());
