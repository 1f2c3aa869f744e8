# The n-th allocation of the daemon fails, or its n-th descriptor: it does not start and says so, or goes on; it never crashes,
# and no alert is lost. Every third n, from one that LW_SEED or the time chooses; LW_EVERY=1 tries each.
use strict;
use warnings;

use LetterWatch;
use Test::More;

my $EVERY = $ENV{LW_EVERY} // 3;
my $FIRST = 1 + ($ENV{LW_SEED} // time) % $EVERY;
my $lib   = "$LetterWatch::TREE/build/failing.so";
plan skip_all => 'another build than build/' if $ENV{LETTERWATCHD} and $ENV{LETTERWATCHD} =~ /asan/;

my $lw     = LetterWatch->new;
my $db     = $lw->fast_database;
my $syslog = LetterWatch::Syslog->new;
my $clerk  = $lw->node->background_psql($db);
my $run    = 0;

# A daemon whose n-th THING (allocation, descriptor) fails. Returns it when it has ended, or has told a new letter and was asked to
# stop. What it said is in {said}.
sub try_it {
	my ($thing, $n) = @_;
	my $letter = 'RUN' . ++$run;
	local $LetterWatch::DAEMON = [ 'env', "LD_PRELOAD=$lib", 'FAIL_' . uc($thing) . "=$n", $LetterWatch::DAEMON ];
	$clerk->query_safe("insert into letterwatch.letter (letter_no, office_code, received_at)
		values ('$letter', 'A', letterwatch.clock() - interval '61 s')");
	my $daemon = $lw->start_daemon($db, $syslog, 'timer.max_sleep' => '1s');
	$daemon->{told} = wait_for {
		!$daemon->alive or grep { $_->{fields}{letter} eq $letter } $syslog->alerts
	} 30;
	$daemon->{stopped} = $daemon->stop;
	$daemon->{said}    = $daemon->log;
	return $daemon;
}

# What is wrong with how it went; '' if nothing.
sub fault {
	my ($daemon, $what) = @_;
	return "$what: it hangs" unless $daemon->{told};
	return '' if $daemon->{stopped};
	return "$what: signal " . ($daemon->status & 127) if $daemon->status & 127;
	my $status = $daemon->status >> 8;
	return "$what: status $status" if $status != 1;    # with 2, systemd would leave it
	return "$what: no word" unless $daemon->{said} =~ /^cannot (?:start|run) reason=/m;
	return '';
}

for my $thing (qw(allocation descriptor)) {
	my $whole = try_it($thing, 0);
	my ($count) = $whole->{said} =~ /in all $thing (\d+)/;
	ok($count, "${thing}s are counted") or next;
	my (@faults, $failed, $started);
	for my $n (grep { $thing eq 'descriptor' || $_ % $EVERY == $FIRST % $EVERY } 1 .. $count) {
		my $daemon = try_it($thing, $n);
		my $fault = fault($daemon, "$thing $n");
		push @faults, $fault . "\n" . $daemon->{said} if $fault;
		$failed++ if $daemon->{said} =~ /failing: no/;
		$started++ if $daemon->{stopped};
	}
	is(join("\n", @faults), '', "each $thing may fail");
	cmp_ok($failed, '>', 3, 'some have failed');
	note("$count ${thing}s, $failed failed, $started times it went on");
}

my $daemon = $lw->start_daemon($db, $syslog);
wait_until { $lw->psql($db, 'select count(*) from letterwatch.alert') eq $run } 10, 'in the end every letter has its alert';
invariant_holds($lw, $db, [$syslog]);
$clerk->quit;
done_testing;
