# Single faults, each small: what must hold beside it, and after it.
use strict;
use warnings;

use LetterWatch;
use LetterWatch::Ledger;
use List::Util qw(max);
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $lw = LetterWatch->new;

sub now { return clock_gettime(CLOCK_MONOTONIC) }

# The middle one of some numbers.
sub median { return (sort { $a <=> $b } @_)[ @_ / 2 ] }

# The daemon at work, once it has looked.
sub started {
	my ($db, $syslog, %settings) = @_;
	my $daemon = $lw->start_daemon($db, $syslog, %settings);
	wait_until { $lw->psql($db, 'select count(last_pass_at) from letterwatch.daemon_instance') eq '1' } 10, 'the daemon works';
	return $daemon;
}

# Asks for a status line; how long that took, or undef.
sub answer_s {
	my ($daemon) = @_;
	my $lines = () = $daemon->log =~ /event=status/g;
	my $asked = now();
	$daemon->signal('USR1');
	my $answered = wait_for { (() = $daemon->log =~ /event=status/g) > $lines } 5;
	return $answered ? now() - $asked : undef;
}

# Until syslog's queue is full and the daemon holds lines.
sub wait_for_block {
	my ($daemon) = @_;
	wait_until { answer_s($daemon) and ($daemon->log =~ /^.*event=status.*$/mg)[-1] =~ /outbox=blocked/ } 10, 'lines wait in it';
	return;
}

# More lines than a socket's queue takes.
my ($qlen) = do { open my $file, '<', '/proc/sys/net/unix/max_dgram_qlen' or die $!; <$file> };
my $many = 2 * $qlen + 30;

subtest 'syslog has stopped: the loop goes on turning, and reads what the server tells' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = started($db, $syslog);
	$syslog->pause;
	$lw->register($db, 'STOPPED', count => $many);
	wait_for_block($daemon);
	my @took_s = (answer_s($daemon) // 99);
	push @took_s, answer_s($daemon) // 99 while @took_s < 15 and $took_s[-1] < 5;
	cmp_ok(median(@took_s), '<', 0.1, 'signals are answered within 100 ms') or diag("@took_s");

	# Notifications that a session does not take pile up in the server's one queue, and when that is full no clerk's write commits.
	$lw->psql($db, q{select count(pg_notify('letterwatch_due', n || repeat('x', 7000))) from generate_series(1, 500) n});
	wait_until { $lw->psql($db, 'select pg_notification_queue_usage()') eq '0' } 10, 'no notification stays in the queue';
	is($lw->psql($db, q{select count(*) from pg_stat_activity where application_name = 'letterwatchd' and state <> 'idle'
		and datname = current_database()}), '0', 'no transaction is open');
	$syslog->resume;
	wait_until { letters_told('STOPPED', $syslog) == $many } 10, 'it goes on: all lines come';
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'lines are lost behind syslog: they can be sent again, from a moment on' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = started($db, $syslog);
	my $sent   = sub { return $lw->psql($db, 'select count(*) from letterwatch.outbox') eq '0' };
	$lw->register($db, 'KEPT', count => 10);
	wait_until { letters_told('KEPT', $syslog) == 10 && $sent->() } 10, 'ten letters are told';
	my $moment = $lw->psql($db, 'select clock_timestamp()');
	$lw->register($db, 'LOST', count => 10);
	wait_until { letters_told('LOST', $syslog) == 10 && $sent->() } 10, 'ten more';
	my %text = map { $_->{fields}{id} => $_->{text} } $syslog->alerts;
	$syslog->clear;
	is($lw->psql($db, "select letterwatch.resend_alerts('$moment')"), '10', 'the later ones are asked for');
	wait_until { $syslog->alerts >= 10 && $sent->() } 10, 'and come';
	is(letters_told('LOST', $syslog), 10, 'all of them');
	is(scalar $syslog->alerts, 10, 'and no others');
	is_deeply([ grep { $text{ $_->{fields}{id} } ne $_->{text} } $syslog->alerts ], [], 'by the same ids, in the same words');
	is($lw->psql($db, 'select count(*) from letterwatch.alert'), '20', 'no alert was added');
};

subtest 'a claim that hangs in mid-transaction holds up its own rows only' => sub {
	my $db        = $lw->fast_database;
	my @receivers = map { LetterWatch::Syslog->new } 1 .. 3;
	$lw->psql($db, <<~'SQL');
		create function public.hang() returns trigger language plpgsql as $$
		begin perform pg_advisory_xact_lock_shared(42); return new; end $$;
		create trigger hang before insert on letterwatch.alert for each row when (new.letter_no like 'HELD-%') execute function public.hang();
		SQL
	my $session = $lw->node->background_psql($db);
	$session->query_safe('select pg_advisory_lock(42)');
	my $daemon = started($db, $receivers[0]);
	$lw->register($db, 'HELD', count => 10);
	wait_until {
		$lw->psql($db, q{select count(*) from pg_locks where locktype = 'advisory' and not granted}) eq '1'
	} 10, 'one of three daemons is stopped in its claim';
	my @others = map { $lw->start_daemon($db, $_) } @receivers[ 1, 2 ];
	$lw->register($db, 'FREE', count => 200, first_s => 0.2, over_s => 1);
	wait_until { letters_told('FREE', @receivers) == 200 } 5, 'the others tell what it does not hold';
	is(letters_told('HELD', @receivers), 0, 'and nothing of what it holds');
	$session->query_safe('select pg_advisory_unlock(42)');
	wait_until { letters_told('HELD', @receivers) == 10 } 5, 'which comes when it goes on';
	invariant_holds($lw, $db, \@receivers);
	$session->quit;
};

subtest 'the clock jumps, and the machine sleeps' => sub {
	my $db     = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	$lw->psql($db, <<~'SQL');
		create table public.shift (by interval not null);
		insert into public.shift values ('0');
		grant select on public.shift to public;
		insert into letterwatch.office (office_code, name, parent_code) values ('ABOVE', 'office above', null);
		insert into letterwatch.office (office_code, name, parent_code, rule_set) values ('B', 'office', 'ABOVE', 'procuratorate');
		SQL
	$lw->set_clock($db, 'statement_timestamp() + (select by from public.shift)');
	my $daemon = started($db, $syslog, 'timer.max_sleep' => '1s');
	my $jump   = sub { $lw->psql($db, "update public.shift set by = by + interval '$_[0]'"); return };

	$lw->register($db, 'AHEAD', count => 10, first_s => 1800);
	$jump->('1 hour');
	wait_until { letters_told('AHEAD', $syslog) == 10 } 5, 'an hour forward: what has become due is told with the next look';
	cmp_ok((max map { $_->{fields}{late_s} } $syslog->alerts), '>=', 1790, 'and says how late it is');

	$jump->('-1 hour');
	$lw->register($db, 'BACK', count => 10, first_s => 0.5, over_s => 0.5);
	is(letters_told('BACK', $syslog), 0, 'an hour back: nothing is told before its time');
	wait_until { letters_told('BACK', $syslog) == 10 } 5, 'and what comes is told when it comes';

	$lw->psql($db, q{insert into letterwatch.letter (letter_no, office_code) values ('B-1', 'B')});
	$daemon->signal('STOP');
	$jump->('92 days');
	$daemon->signal('CONT');
	wait_until { letters_told('B', $syslog) == 1 && (grep { $_->{fields}{rule} eq 'reply' } $syslog->alerts) } 5, 'it slept for 92 days: a letter is told';
	my @lines = grep { $_->{fields}{letter} eq 'B-1' } $syslog->alerts;
	is_deeply([ sort map { $_->{fields}{rule} } @lines ], [qw(notice reply)], 'by one line a deadline');
	cmp_ok((max map { $_->{fields}{covers} // 1 } @lines), '>', 5, 'which stands for all that came meanwhile');
	invariant_holds($lw, $db, [$syslog]);
};

subtest 'very much is due at the start: memory stays flat, clerks are not held up, and it stops' => sub {
	my $peak_kb = sub {
		my ($daemon) = @_;
		open my $status, '<', '/proc/' . $daemon->pid . '/status' or die $!;
		my ($kb) = map { /^VmHWM:\s+(\d+)/ } <$status>;
		return $kb;
	};
	my ($few_kb, $many_kb);
	for my $count (1_000, 8_000) {
		my $db     = $lw->fast_database;
		my $ledger = LetterWatch::Ledger->new;
		$lw->register($db, 'DUE', count => $count, first_s => -5);
		# The first of many lines are paced, so that there are more while clerks write; the daemon after it sends as fast as it can.
		my $daemon = $lw->start_daemon($db, $ledger, 'timer.batch' => 200, $count > 1_000 ? ('alerts.rate' => 500) : ());
		if ($count > 1_000) {
			my $clerk = $lw->node->background_psql($db);
			my @took_s;
			wait_until { $ledger->alerts } 20, 'lines come';
			for my $n (1 .. 10) {
				my $began = now();
				$clerk->query_safe("insert into letterwatch.letter (letter_no, office_code) values ('NEW-$n', 'A')");
				$clerk->query_safe("select count(*) from letterwatch.record_notice('NEW-$n')");
				push @took_s, now() - $began;
			}
			$many_kb = $peak_kb->($daemon);
			ok($daemon->stop, 'it stops within 2 s') or diag($daemon->log);
			cmp_ok(scalar $ledger->alerts, '<', $count, 'in the middle');
			cmp_ok(median(@took_s), '<', 0.5, 'letters were entered and answered beside it') or diag("@took_s");
			$daemon = $lw->start_daemon($db, $ledger, 'timer.batch' => 200);
			$clerk->quit;
		}
		wait_until { $lw->psql($db, 'select count(*) from letterwatch.alert_sent') eq $count } 60, 'all is sent';
		wait_until { letters_told('DUE', $ledger) == $count } 10, "$count letters are told";
		$few_kb = $peak_kb->($daemon) if $count == 1_000;
		$many_kb = max($many_kb // 0, $peak_kb->($daemon));
		invariant_holds($lw, $db, [$ledger]);
	}
	cmp_ok($many_kb, '<', $few_kb + 1024, 'eight times the letters need no more memory') or diag("$few_kb kB, $many_kb kB");
	note("$few_kb kB, $many_kb kB at most");
};

subtest 'hostile text in every column: each line stays one line, and says what the row says' => sub {
	my $db      = $lw->fast_database;
	my $syslog  = LetterWatch::Syslog->new;
	my $hostile = q{E'"\\\\\' id=0 event=stop\n<0>Jan  1 00:00:00 x: \x1b[31m%n%s\u202e$(reboot);drop table letterwatch.letter--'};
	my $number  = q{"\\'=%n$(reboot);--};
	$lw->psql($db, <<~"SQL");
		insert into letterwatch.letter (letter_no, office_code, received_at, channel, title, source, source_ref, registry_no)
		values (\$x\$$number\$x\$, 'A', letterwatch.clock() - interval '58 s', 'post', $hostile, $hostile, $hostile, 'R1');
		insert into letterwatch.petitioner (letter_no, name, contact, address) values (\$x\$$number\$x\$, $hostile, $hostile, $hostile);
		update letterwatch.office set name = $hostile;
		update letterwatch.term set en = $hostile, zh = $hostile;
		insert into letterwatch.letter_event (letter_no, kind, unit, handler, reason)
		values (\$x\$$number\$x\$, 'assign', 'case', \$x\$$number\$x\$, $hostile);
		SQL
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $syslog->alerts } 15, 'it is told';
	my ($line) = $syslog->alerts;
	is_deeply([ grep { $_->{error} || $_->{raw} =~ /[^\x20-\x7e]/ } $syslog->lines ], [], 'every line is printable logfmt');
	is_deeply([ @{ $line->{fields} }{qw(letter handler)} ], [ $number, $number ], 'the number of the letter is whole, and the handler');
	is(join(' ', @{ $line->{keys} }), join(' ', qw(event id stage rule office letter due days_left workdays_left to unit handler msg)),
		'no key is forged, none is repeated');
	unlike($line->{raw}, qr/reboot.*reboot.*reboot.*reboot.*reboot/, 'neither title nor reason nor source is in it');
	ok($daemon->alive, 'the daemon goes on');
};

done_testing;
