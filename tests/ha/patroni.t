# Patroni over three etcd, two servers, one the synchronous standby of the other, a daemon beside each: the leader is killed in the
# middle of a burst while clerks write, the other one takes over, the old one comes back, and so once more. No alert is lost, none told
# by another id, and the first line comes within two seconds of the new primary's being ready. What was told to be entered is entered.
# "make check-ha" runs it, in a network of its own.
use strict;
use warnings;

use LetterWatch::Namespace 'net';

use LetterWatch;
use LetterWatch::Ha;
use Test::More;
use Time::HiRes qw(time);

my $BACK_S = 2; # what is promised

my $ha = LetterWatch::Ha->new;
my $lw = $ha->primary(60) or BAIL_OUT('no primary: ' . $ha->log);
my $db = $lw->fast_database;
ok($ha->has_synchronous_standby(120), 'a primary with a synchronous standby') or BAIL_OUT($ha->log);

my $syslog  = LetterWatch::Syslog->new;
my @daemons = map {
	$lw->start_daemon($db, $syslog, 'database.conninfo' => $ha->conninfo($db))
} 1, 2;

my $BURST = 20_000; # letters that end at once
my $TIMED = 2_000;  # and those that end one after the other in the minute around it

# A clerk who enters a letter each time the last one is: those of which it was told that they are.
sub clerk {
	my ($prefix) = @_;
	pipe my $told, my $tell or die $!;
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		$tell->autoflush(1);
		for (my $n = 1;; $n++) {
			my $entered = $ha->try_write($db, "insert into letterwatch.letter (letter_no, office_code) values ('$prefix-$n', 'A')");
			syswrite $tell, "$prefix-$n\n" if $entered;
		}
	}
	close $tell;
	return { pid => $pid, told => $told };
}

sub letters_of {
	my ($clerk) = @_;
	kill KILL => $clerk->{pid};
	waitpid $clerk->{pid}, 0;
	return map { chomp; $_ } readline $clerk->{told};
}

my %repeated;
for my $round (1 .. 2) {
	my $primary = $ha->primary;
	my $leader  = $ha->leader;
	$primary->register($db, "TIMED$round", count => $TIMED, first_s => 1, over_s => 60);
	$primary->register($db, "BURST$round", count => $BURST);
	my $clerk = clerk("CLERK$round");
	wait_until { $syslog->lines > 2000 + ($round - 1) * ($BURST + $TIMED) } 30, 'a burst is under way';
	$ha->kill9($leader);
	my %before = map { $_->{fields}{id} => 1 } $syslog->alerts;
	cmp_ok(scalar(keys %before), '<', $round * $BURST, 'and half told when');
	my $killed = time;
	ok($ha->primary(60), 'the leader is killed, and the other one takes over') or BAIL_OUT($ha->log);
	my $ready = time;
	my $lines = $syslog->lines;
	wait_until { $syslog->lines > $lines } 10, 'the next line comes';
	my $first = time;
	note(sprintf 'round %d: a primary after %.2f s, the next line after %.2f s more', $round, $ready - $killed, $first - $ready);
	cmp_ok($first - $ready, '<=', $BACK_S, "within $BACK_S s");

	# What had been sent, and not yet marked as sent where the new primary could see it, comes again: no more than two daemons' batches.
	wait_until { letters_told("BURST$round", $syslog) == $BURST && letters_told("TIMED$round", $syslog) == $TIMED } 120, 'all is told';
	my @entered = letters_of($clerk);
	cmp_ok(scalar @entered, '>', 10, 'clerks go on: ' . @entered);
	is($ha->primary->psql($db, sprintf q{select count(*) from unnest('{%s}'::text[]) n where n not in (select letter_no from letterwatch.letter)},
		join ',', @entered), '0', 'what they were told to be entered, is');
	$ha->start($leader);
	ok($ha->has_synchronous_standby(90), 'the old one comes back, as a synchronous standby') or BAIL_OUT($ha->log);
	my %times;
	$times{ $_->{fields}{id} }++ for $syslog->alerts;
	my @again = grep { $times{$_} > 1 && !$repeated{$_} } keys %times;
	cmp_ok(scalar @again, '<=', 2000, 'lines that come again are those in flight: ' . @again);
	is(scalar(grep { !$before{$_} } @again), 0, 'and all of them had been sent before');
	@repeated{@again} = (1) x @again;
}

ok($_->alive, 'the same daemon') for @daemons;
invariant_holds($ha->primary, $db, [$syslog], repeated => \%repeated);
ok($_->stop, 'it stops') for @daemons;
undef $ha;
done_testing;
