# Whatever happens to the database or to the connection: every letter is told, and told once.
use strict;
use warnings;

use LetterWatch;
use Test::More;
use Time::HiRes qw(time);

my $lw = LetterWatch->new;

# Waits until all periods so far have ended.
sub wait_for_the_ends {
	my ($db) = @_;
	wait_until { $lw->psql($db, 'select max(late_at) < clock_timestamp() from letterwatch.deadline') eq 't' } 10, 'periods end';
	return;
}

my $is_daemon = "application_name = 'letterwatchd'";

# Ends the daemon's connection; true if there was one.
sub cut_connection {
	my ($db) = @_;
	return $lw->psql($db, "select count(pg_terminate_backend(pid)) from pg_stat_activity
		where $is_daemon and datname = current_database()");
}

# Waits until the daemon waits for a lock of ours.
sub wait_for_lock {
	my ($db, $function) = @_;
	wait_until {
		$lw->psql($db, "select count(*) from pg_stat_activity where $is_daemon and datname = current_database()
			and wait_event_type = 'Lock' and query ~ '$function'") eq '1'
	} 10, "the daemon waits in $function";
	return;
}

# A session of ours that holds a lock until `rollback`.
sub hold {
	my ($db, $statement) = @_;
	my $session = $lw->node->background_psql($db);
	$session->query_safe("begin; $statement");
	return $session;
}

subtest 'the daemon is down' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	$lw->register($db, 'ENDED-BEFORE', count => 10, first_s => -5, over_s => 4);
	$lw->register($db, 'ENDS-MEANWHILE', count => 10, first_s => 0.1, over_s => 0.2);
	wait_for_the_ends($db);
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $syslog->alerts == 20 } 10, 'letters entered before it starts are told';
	is(scalar(grep { ($_->{fields}{registered_late} // '') eq 'true' } $syslog->alerts), 10, 'half of them as registered late');

	ok($daemon->stop, 'it stops');
	$lw->register($db, 'STOPPED', count => 10, first_s => 0.1, over_s => 0.2);
	wait_for_the_ends($db);
	$daemon = $lw->start_daemon($db, $syslog);
	wait_until { letters_told('STOPPED', $syslog) == 10 } 10, 'so are those entered while it was stopped';
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'the database restarts' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $syslog->events('start') } 10, 'the daemon works';
	for my $mode (qw(fast immediate)) {
		$lw->register($db, "BEFORE-$mode", count => 40, first_s => 0.05, over_s => 0.5);
		$lw->node->stop($mode);
		$syslog->lines;
		$lw->node->start;
		my $up = time;
		$lw->register($db, "AFTER-$mode", count => 10, first_s => 0.1, over_s => 0.2);
		wait_until { letters_told("BEFORE-$mode", $syslog) == 40 } 10, "$mode: letters entered just before are told";
		wait_until { letters_told("AFTER-$mode", $syslog) == 10 } 10, 'and those entered as soon as it is back';
		my ($first) = sort { $a <=> $b } grep { $_ > $up } map { $_->{seen_at} } $syslog->alerts;
		cmp_ok($first - $up, '<', 2, 'within 2 s') or diag($daemon->log);
		note(sprintf 'the first line after %.3f s', $first - $up);
	}
	ok($daemon->alive, 'it is the same daemon');
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'the connection is killed again and again' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	my $killed = 0;
	$lw->register($db, 'ALL-THE-TIME', count => 100, first_s => 0.5, over_s => 3);
	for my $round (1 .. 15) {
		wait_for { cut_connection($db) } 5 and $killed++;
		$lw->register($db, "ROUND$round", count => 2, first_s => 0.05, over_s => 0.05);
	}
	is($killed, 15, 'fifteen times');
	wait_until { $syslog->alerts == 130 } 15, 'all letters are told nevertheless';
	$lw->register($db, 'AT-REST');
	wait_until { letters_told('AT-REST', $syslog) } 5, 'and it still hears of a new one, long before it would look by itself';
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'the connection is lost between sending and marking' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	my $lock   = hold($db, 'lock table letterwatch.alert_sent in share row exclusive mode');
	$lw->register($db, 'SENT', count => 20);
	wait_until { letters_told('SENT', $syslog) == 20 } 10, 'the lines are sent';
	wait_for_lock($db, 'mark_emitted');
	ok(cut_connection($db), 'the connection is lost');
	wait_for_lock($db, 'mark_emitted');
	$lock->query_safe('rollback');
	$lw->register($db, 'LATER');
	wait_until { letters_told('LATER', $syslog) } 10, 'it goes on';
	invariant_holds($lw, $db, [$syslog]);
	$lock->quit;
};

subtest 'the answer to a claim is lost after its commit' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $lw->psql($db, 'select count(last_pass_at) from letterwatch.daemon_instance') eq '1' } 10, 'the daemon works';
	my $lock = hold($db, 'lock table letterwatch.alert in share row exclusive mode');
	$lw->register($db, 'CLAIMED', count => 20);
	wait_for_lock($db, 'claim_due');
	$daemon->signal('STOP');
	$lock->query_safe('rollback');
	wait_until { $lw->psql($db, 'select count(*) from letterwatch.alert') eq '20' } 10, 'the claim commits';
	ok(cut_connection($db), 'its connection is lost before it reads the answer');
	$daemon->signal('CONT');
	wait_until { letters_told('CLAIMED', $syslog) == 20 } 10, 'the lines come';
	invariant_holds($lw, $db, [$syslog]);
	$lock->quit;
};

# Last, since it stops the database.
subtest 'SIGTERM, whatever the database and syslog do' => sub {
	my $db = $lw->fast_database;

	# More letters than a socket's queue takes, and nobody reads.
	my ($qlen) = do { open my $file, '<', '/proc/sys/net/unix/max_dgram_qlen' or die $!; <$file> };
	my $full = sub {
		my ($prefix) = @_;
		my $syslog = LetterWatch::Syslog->new;
		my $daemon = $lw->start_daemon($db, $syslog);
		$lw->register($db, $prefix, count => 2 * $qlen + 20);
		wait_until { $daemon->signal('USR1'); $daemon->log =~ /outbox=blocked/ } 10, 'syslog is full';
		return ($daemon, $syslog);
	};

	my ($daemon, $syslog) = $full->('UP');
	ok($daemon->stop, 'syslog full: it ends within 2 s, with status 0') or diag($daemon->log);
	my $other = LetterWatch::Syslog->new;
	$daemon = $lw->start_daemon($db, $other);
	wait_until { letters_told('UP', $syslog) + letters_told('UP', $other) == 2 * $qlen + 20 } 10, 'another daemon sends the rest';
	invariant_holds($lw, $db, [ $syslog, $other ]);
	ok($daemon->stop, 'and stops');

	$syslog = LetterWatch::Syslog->new;
	$daemon = $lw->start_daemon($db, $syslog);
	my $lock = hold($db, 'lock table letterwatch.alert_sent in share row exclusive mode');
	$lw->register($db, 'HANGS');
	wait_for_lock($db, 'mark_emitted');
	ok($daemon->stop, 'the database does not answer: within 2 s') or diag($daemon->log);
	$lock->quit;

	($daemon, $syslog) = $full->('DOWN');
	$lw->node->stop;
	wait_until { $daemon->log =~ /database lost/ } 10, 'the database is stopped, too';
	ok($daemon->stop, 'within 2 s') or diag($daemon->log);
};

done_testing;
