# The daemon is killed, and there are two of it: nothing is lost, and what comes twice has the same id.
use strict;
use warnings;

use LetterWatch;
use Test::More;

my $lw = LetterWatch->new;

# The ids in the receivers' alert lines, in order; those of letters PREFIX-… only, if given.
sub ids {
	my ($prefix, @receivers) = @_;
	return map { $_->{fields}{id} } grep { $_->{fields}{letter} =~ /^\Q$prefix\E/ } map { $_->alerts } @receivers;
}

# A session of ours that keeps everybody from marking, until `rollback`.
sub keep_from_marking {
	my ($db) = @_;
	my $session = $lw->node->background_psql($db);
	$session->query_safe('begin; lock table letterwatch.alert_sent in share row exclusive mode');
	return $session;
}

# The pid in pg_stat_activity and that of the process, of the daemon that has sent and waits to mark.
sub wait_for_marking {
	my ($db) = @_;
	my $found = wait_until {
		$lw->psql($db, "select a.pid, i.pid
			from pg_stat_activity a
			join pg_locks k on k.pid = a.pid and k.locktype = 'advisory' and k.classid = letterwatch.instance_lock_class()
			join letterwatch.daemon_instance i on i.instance = k.objid
			where a.datname = current_database() and a.wait_event_type = 'Lock' and a.query ~ 'mark_emitted'")
	} 10, 'it waits to mark them';
	return split /\|/, $found;
}

# Its last statement could still be carried out after the daemon's death: it is lost with the daemon.
sub kill_unmarked {
	my ($db, $daemon, $backend) = @_;
	$daemon->kill9;
	$lw->psql($db, "select pg_terminate_backend($backend)");
	wait_until { $lw->psql($db, "select count(*) from pg_stat_activity where pid = $backend") eq '0' } 10, 'it is killed';
	return;
}

subtest 'killed between sending and marking' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	$lw->register($db, 'BEFORE', count => 10);
	wait_until { ids('BEFORE', $syslog) == 10 } 10, 'ten letters are told';
	wait_until { $lw->psql($db, 'select count(*) from letterwatch.outbox') eq '0' } 10, 'and marked';

	my $lock = keep_from_marking($db);
	$lw->register($db, 'SENT', count => 30);
	wait_until { ids('SENT', $syslog) == 30 } 10, 'thirty more are told';
	my @sent = sort(ids('SENT', $syslog));
	my ($backend) = wait_for_marking($db);
	kill_unmarked($db, $daemon, $backend);
	$lw->register($db, 'MEANWHILE', count => 5);
	$lock->query_safe('rollback');

	$daemon = $lw->start_daemon($db, $syslog);
	$lw->register($db, 'AFTER', count => 5);
	wait_until { ids('MEANWHILE', $syslog) == 5 && ids('AFTER', $syslog) == 5 } 10, 'another daemon goes on';
	my @again = ids('SENT', $syslog);
	is_deeply([ sort @again[ 30 .. $#again ] ], \@sent, 'it tells the same thirty again, by the same ids');
	my %text;
	push @{ $text{ $_->{fields}{id} } }, $_->{text} for $syslog->alerts;
	is_deeply([ grep { @{ $text{$_} } == 2 && $text{$_}[0] ne $text{$_}[1] } @sent ], [], 'and in the same words');
	invariant_holds($lw, $db, [$syslog], repeated => { map { $_ => 1 } @sent });
	$lock->quit;
};

subtest 'killed at any moment, again and again' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $batch  = 5;
	$lw->register($db, 'KILLED', count => 400, first_s => 0.1, over_s => 2);
	my $rounds = 0;
	while (ids('KILLED', $syslog) < 400 and $rounds++ < 40) {
		my $seen   = ids('', $syslog);
		my $daemon = $lw->start_daemon($db, $syslog, 'timer.batch' => $batch);
		my $told = wait_for { ids('', $syslog) > $seen + 5 + $rounds % 7 || ids('', $syslog) == 400 } 5;
		$daemon->kill9;
		last unless $told;
	}
	my $daemon = $lw->start_daemon($db, $syslog);
	my %count;
	wait_until { %count = (); $count{$_}++ for ids('KILLED', $syslog); keys %count == 400 } 15, 'every letter is told';
	my $again = ids('', $syslog) - keys %count;
	cmp_ok($again, '<=', $rounds * $batch, 'each time at most a batch comes again');
	note("killed $rounds times, $again lines came again");
	invariant_holds($lw, $db, [$syslog], repeated => \%count);
};

subtest 'two daemons at once' => sub {
	my $db        = $lw->fast_database;
	my @receivers = map { LetterWatch::Syslog->new } 1, 2;
	my @daemons   = map { $lw->start_daemon($db, $_, 'timer.batch' => 50) } @receivers;
	wait_until { $_->events('start') } 10, 'a daemon works' for @receivers;
	$lw->register($db, 'SPREAD', count => 300, first_s => 0.3, over_s => 2);
	wait_until { ids('SPREAD', @receivers) == 300 } 15, '300 letters are told';
	$lw->register($db, 'TOGETHER', count => 700);
	wait_until { ids('TOGETHER', @receivers) == 700 } 20, 'and 700 that are due at the same moment';
	note('lines of each: ' . join ' ', map { scalar ids('', $_) } @receivers);
	invariant_holds($lw, $db, \@receivers);

	my $lock = keep_from_marking($db);
	$lw->register($db, 'SENT', count => 10);
	wait_until { ids('SENT', @receivers) == 10 } 10, 'one daemon tells ten more';
	my ($backend, $pid) = wait_for_marking($db);
	my ($killed) = grep { $_->pid == $pid } @daemons;
	my ($other)  = grep { $_->pid != $pid } @daemons;
	kill_unmarked($db, $killed, $backend);
	$lock->query_safe('rollback');
	$lw->register($db, 'AFTER');
	wait_until { ids('SENT', @receivers) == 20 } 10, 'the other takes them over at once';
	wait_until { ids('AFTER', @receivers) } 10, 'and what comes next';
	invariant_holds($lw, $db, \@receivers, repeated => { map { $_ => 1 } ids('SENT', @receivers) });
	ok($other->stop, 'it stops');
	$lock->quit;
};

done_testing;
