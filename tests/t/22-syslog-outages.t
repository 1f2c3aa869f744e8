# Whatever the syslog receiver does: every line is delivered, and once; what it has not taken is not marked as sent.
use strict;
use warnings;

use LetterWatch;
use Test::More;
use Time::HiRes qw(sleep time);

my $lw = LetterWatch->new;

sub sent {
	my ($db) = @_;
	return $lw->psql($db, 'select count(*) from letterwatch.alert_sent');
}

# Waits until the daemon holds lines that nobody takes. It is asked seldom: it keeps only few lines of its own; and not before
# it has begun: it would end.
sub wait_for_block {
	my ($daemon, $what) = @_;
	my $asked_at;
	wait_until {
		my @status = $daemon->log =~ /^.*event=status.*$/mg;
		return 1 if @status and $status[-1] =~ /outbox=blocked/;
		if ($daemon->log =~ /starting/ and (!defined $asked_at or time > $asked_at + 0.2)) {
			$daemon->signal('USR1');
			$asked_at = time;
		}
		return 0;
	} 10, $what;
	return;
}

# More letters than a socket's queue takes.
my ($qlen) = do { open my $file, '<', '/proc/sys/net/unix/max_dgram_qlen' or die $!; <$file> };
my $many = 2 * $qlen + 30;

# This one hangs while all the others run: longer than lines are held.
my $hung_db = $lw->fast_database;
my $hung    = LetterWatch::Syslog->new;
$hung->pause;
my $hung_daemon = $lw->start_daemon($hung_db, $hung);
$lw->register($hung_db, 'HUNG', count => $many);

# The last event=status line of a daemon, its keys and values.
sub status {
	my ($daemon) = @_;
	my $before = () = $daemon->log =~ /event=status/g;
	$daemon->signal('USR1');
	wait_until { (() = $daemon->log =~ /event=status.*\n/g) > $before } 5, 'it says how it is';
	my ($line) = $daemon->log =~ /.*^(.*event=status.*)$/ms;
	return { $line =~ /(\w+)=(\S+)/g };
}

# And of this one the connection is cut while the receiver hangs.
my $cut_db     = $lw->fast_database;
my $cut_syslog = LetterWatch::Syslog->new;
$cut_syslog->pause;
my $cut_daemon = $lw->start_daemon($cut_db, $cut_syslog);
$lw->register($cut_db, 'CUT', count => $many);
wait_for_block($cut_daemon, 'it waits');
my $cut_after_s = status($cut_daemon)->{uptime_s};
$lw->psql($cut_db, q{select pg_terminate_backend(pid) from pg_stat_activity where usename = 'letterwatchd' and datname = current_database()});
wait_until { $cut_daemon->log =~ /database lost/ } 5, 'its connection is cut';

# And of this one it is cut, and refused for a while.
my $refused_db     = $lw->fast_database;
my $refused_syslog = LetterWatch::Syslog->new;
$refused_syslog->pause;
my $refused_daemon = $lw->start_daemon($refused_db, $refused_syslog);
$lw->register($refused_db, 'REFUSED', count => $many);
wait_for_block($refused_daemon, 'it waits');
$lw->psql($refused_db, 'revoke usage on schema letterwatch from letterwatch_daemon');
$lw->psql($refused_db, q{select pg_terminate_backend(pid) from pg_stat_activity where usename = 'letterwatchd' and datname = current_database()});
wait_until { $refused_daemon->log =~ /call=daemon_connect sqlstate=42501/ } 5, 'its calls are refused';
$lw->psql($refused_db, 'grant usage on schema letterwatch to letterwatch_daemon');
my $refused_after_s = status($refused_daemon)->{uptime_s};

subtest 'it is absent at the start' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	$syslog->close;
	my $daemon = $lw->start_daemon($db, $syslog);
	$lw->register($db, 'ABSENT', count => 30, first_s => 0, over_s => 0.3);
	wait_for_block($daemon, 'the daemon waits for it');
	is(sent($db), '0', 'nothing is marked as sent');
	ok($daemon->alive, 'this is no error');
	$syslog->open;
	wait_until { letters_told('ABSENT', $syslog) == 30 } 3, 'it comes, so do all lines';
	is(scalar $syslog->events('start'), 1, "the daemon's own line, too");
	invariant_holds($lw, $db, [$syslog]);
};

for my $leave (0, 1) {
	subtest $leave ? 'it dies and leaves its socket behind' : 'it dies and is started again' => sub {
		my $db     = $lw->fast_database;
		my $syslog = LetterWatch::Syslog->new;
		my $daemon = $lw->start_daemon($db, $syslog);
		$lw->register($db, 'BEFORE', count => 5);
		wait_until { letters_told('BEFORE', $syslog) == 5 } 10, 'lines come';
		$syslog->close(leave => $leave);
		$lw->register($db, 'AWAY', count => 30, first_s => 0, over_s => 0.3);
		wait_for_block($daemon, 'the daemon notices');
		is(sent($db), '5', 'nothing more is marked as sent');
		$syslog->open;
		wait_until { letters_told('AWAY', $syslog) == 30 } 3, 'what came meanwhile is delivered to the new one';
		$syslog->close;
		$syslog->open;
		$lw->register($db, 'AFTER', count => 5);
		wait_until { letters_told('AFTER', $syslog) == 5 } 3, 'replaced while nothing is sent: the next lines go to the new one';
		invariant_holds($lw, $db, [$syslog]);
	};
}

subtest 'it stops reading, and goes on' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $syslog->events('start') } 10, 'the daemon works';
	$syslog->pause;
	$lw->register($db, 'FULL', count => $many);
	wait_for_block($daemon, 'its queue is full');
	is(sent($db), '0', 'nothing is marked while lines are held');
	$lw->register($db, 'LATER', count => 10);
	$syslog->resume;
	wait_until { letters_told('FULL', $syslog) + letters_told('LATER', $syslog) == $many + 10 } 10, 'all lines come once it reads again';
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'it hangs, and another takes its place' => sub {
	my $db     = $lw->fast_database;
	my $old    = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $old);
	$old->pause;
	$lw->register($db, 'HANGS', count => $many);
	wait_for_block($daemon, 'its queue is full');
	my $new = LetterWatch::Syslog->new(in_place_of => $old);
	wait_until { letters_told('HANGS', $new) >= $many - $qlen - 5 } 5, 'the rest goes to the new one';
	$old->resume;
	wait_until { letters_told('HANGS', $old, $new) == $many } 5, 'nothing is lost';
	invariant_holds($lw, $db, [ $old, $new ]);
};

subtest 'it hangs longer than lines are held' => sub {
	wait_until { $hung_daemon->log =~ /lines held too long/ } 30, 'the lines are dropped from memory';
	wait_until { sent($hung_db) >= $qlen - 5 } 5, 'those that it has taken are marked';
	cmp_ok(sent($hung_db), '<', $many, 'the others are not');
	$hung->resume;
	wait_until { letters_told('HUNG', $hung) == $many } 10, 'they are claimed again and come when it reads again';
	invariant_holds($lw, $hung_db, [$hung]);
};

for (
	[ 'is there again',       $cut_daemon,     $cut_db,     $cut_syslog,     $cut_after_s,     'CUT' ],
	[ 'takes its calls again', $refused_daemon, $refused_db, $refused_syslog, $refused_after_s, 'REFUSED' ])
{
	my ($what, $daemon, $db, $syslog, $after_s, $letters) = @$_;
	subtest "the database $what, and still it hangs" => sub {
		my $status;
		wait_until { sleep 0.2; $status = status($daemon); $status->{uptime_s} >= $after_s + 22 } 40, 'longer than trouble is young';
		is($status->{database}, 'up',       'the database is up');
		is($status->{state},    'degraded', 'the daemon is degraded');
		is($status->{reason},   'syslog',   'by syslog');
		$syslog->resume;
		wait_until { letters_told($letters, $syslog) == $many } 10, 'all lines come when it reads again';
		unlike($daemon->log, qr/degraded.* reason=(?!syslog)/, 'nothing else was said to be in trouble');
		invariant_holds($lw, $db, [$syslog]);
	};
}

done_testing;
