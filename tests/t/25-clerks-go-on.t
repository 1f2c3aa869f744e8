# A clerk's write goes through whatever the daemon does: dead, stopped in the middle of it all, several at once, out of its mind.
# Nothing is lost by it either.
use strict;
use warnings;

use File::Temp ();
use LetterWatch;
use POSIX qw(WNOHANG);
use Test::More;

my $lw = LetterWatch->new;

# How long a clerk's statement may take. It is far more than it needs; what waits for a daemon waits for ever.
my $PATIENCE = '5s';

# What a clerk is told of what he does; '' if all went well.
sub clerk {
	my ($db, $sql) = @_;
	my (undef, $error) = $lw->try($db, "set statement_timeout = '$PATIENCE'; $sql", 'clerk');
	return $error;
}

# A letter, twenty by COPY, and a notice: NAME-1 to NAME-21, due when the test looks.
sub clerk_writes {
	my ($db, $name) = @_;
	my $received = $lw->psql($db, q{select letterwatch.clock() - interval '60 s'});
	my $lines = join '', map { "$name-$_\tA\t$received\n" } 2 .. 21;
	return clerk($db, <<~"SQL");
		insert into letterwatch.letter (letter_no, office_code, received_at) values ('$name-1', 'A', '$received');
		copy letterwatch.letter (letter_no, office_code, received_at) from stdin;
		$lines\\.
		select count(*) from letterwatch.record_notice('$name-2', at => '$received');
		SQL
}

# A daemon that has looked once.
sub started {
	my ($db, $syslog) = @_;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $syslog->events('start') } 10, 'a daemon works';
	return $daemon;
}

# Letters PREFIX-1 to -1000 are claimed, and the claim waits for the end of the transaction that is returned.
sub claim_held_up {
	my ($db, $prefix) = @_;
	my $lock = $lw->node->background_psql($db);
	$lock->query_safe('begin; lock table letterwatch.alert in share row exclusive mode');
	$lw->register($db, $prefix, count => 1000);
	wait_until {
		$lw->psql($db, "select count(*) from pg_stat_activity where application_name = 'letterwatchd' and datname = current_database()
			and wait_event_type = 'Lock' and query ~ 'claim_due'") eq '1'
	} 10, 'a claim of 1000 letters is under way';
	return $lock;
}

subtest 'the daemon is stopped in the middle of a claim' => sub {
	my $db     = $lw->fast_database_with_clerk;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = started($db, $syslog);
	my $lock   = claim_held_up($db, 'CLAIMED');
	$daemon->signal('STOP');
	$lock->query_safe('rollback');

	# Its answer is more than a socket holds.
	wait_until { $lw->psql($db, 'select count(*) from letterwatch.alert') eq '1000' } 10, 'what is claimed has committed';
	is(clerk($db, q{select count(*) from letterwatch.record_notice('CLAIMED-7')}), '', 'a letter that it has claimed is answered');
	is(clerk($db, q{select count(*) from letterwatch.withdraw_letter('CLAIMED-1000', 'as the writer wants')}), '', 'another withdrawn');
	is(clerk_writes($db, 'MEANWHILE'), '', 'and new ones are entered');
	$daemon->signal('CONT');
	wait_until { letters_told('CLAIMED', $syslog) == 1000 } 15, 'it goes on, and tells them';
	wait_until { letters_told('MEANWHILE', $syslog) == 20 } 10, 'and those entered meanwhile';
	invariant_holds($lw, $db, [$syslog]);
	$lock->quit;
};

subtest 'the daemon is killed in the middle of a claim' => sub {
	my $db     = $lw->fast_database_with_clerk;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = started($db, $syslog);
	my $lock   = claim_held_up($db, 'CLAIMED');
	$daemon->kill9;
	$lock->query_safe('rollback');
	is(clerk($db, q{select count(*) from letterwatch.record_notice('CLAIMED-7')}), '', 'a letter that it was claiming is answered');
	is(clerk_writes($db, 'DEAD'), '', 'and new ones are entered');
	$daemon = started($db, $syslog);
	wait_until { letters_told('DEAD', $syslog) == 20 } 10, 'another tells them';
	wait_until { letters_told('CLAIMED', $syslog) >= 999 } 15, 'and what the first had claimed';
	invariant_holds($lw, $db, [$syslog]);
	$lock->quit;
};

subtest 'there are three, and one is out of its mind' => sub {
	my $db        = $lw->fast_database_with_clerk;
	my @receivers = map { LetterWatch::Syslog->new } 1 .. 3;
	my @daemons   = map { started($db, $_) } @receivers;

	# It greets and never says good-bye, claims in the names of others and in nobody's, marks what is not there, and wakes the others.
	my $madness = <<~'SQL' x 200;
		select max(instance) from letterwatch.daemon_connect(null, 'mad', 1, 'mad') \gset
		select count(*) from letterwatch.claim_due(:max, 1000000, 'no such language');
		select count(*) from letterwatch.claim_due(1, 3, 'en');
		select count(*) from letterwatch.claim_due(null, null, null);
		select count(*) from letterwatch.claim_due(:max, -5);
		select letterwatch.mark_emitted(:max, array[gen_random_uuid(), null]), letterwatch.mark_emitted(null, null);
		select count(pg_notify('letterwatch_due', repeat('x', 7000))) from generate_series(1, 100);
		select pg_advisory_lock_shared(n) from generate_series(1, 100) n;
		select letterwatch.daemon_disconnect(2);
		SQL
	my $dir = File::Temp->newdir;
	PostgreSQL::Test::Utils::append_to_file("$dir/sql", $madness);
	my $mad = fork // die "fork: $!";
	if (!$mad) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', "$dir/err";
		exec 'setpriv', '--pdeathsig', 'KILL', 'psql', '-X', '-q', '-d', $lw->node->connstr($db) . ' user=letterwatchd', '-f', "$dir/sql"
			or POSIX::_exit(127);
	}
	my ($rounds, @complaints) = (0);
	do {
		push @complaints, grep { $_ ne '' } clerk_writes($db, 'MAD-' . ++$rounds);
		$_->lines for @receivers;
	} while (waitpid($mad, WNOHANG) == 0);
	is($? >> 8, 0, 'it has said it all');
	my $err = PostgreSQL::Test::Utils::slurp_file("$dir/err");
	unlike($err, qr/permission denied/, 'it has the rights of a daemon');
	is_deeply(\@complaints, [], "in $rounds rounds no clerk was hindered");
	is($lw->psql($db, 'select count(*) from letterwatch.letter'), 21 * $rounds, 'all letters are there');
	wait_until { letters_told('MAD', @receivers) >= 20 * $rounds } 20, 'and are told once it is gone';
	invariant_holds($lw, $db, \@receivers, repeated => { map { $_->{fields}{id} => 1 } map { $_->alerts } @receivers });
	ok($_->alive, 'a daemon lives') for @daemons;
};

done_testing;
