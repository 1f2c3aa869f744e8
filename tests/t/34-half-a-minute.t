# Faults that show only after half a minute: all begin at once, then each is looked at.
use strict;
use warnings;

use LetterWatch;
use LetterWatch::Proxy;
use Test::More;

my $lw = LetterWatch->new;

sub wait_for_work {
	my ($cluster, $db) = @_;
	wait_until { $cluster->psql($db, 'select count(last_pass_at) from letterwatch.daemon_instance') eq '1' } 10, 'a daemon works';
	return;
}

# ---- no connection is left: a cluster of its own, where eight can connect, three of them superusers -------------------

my $small        = LetterWatch->new(settings => "max_connections = 8\nsuperuser_reserved_connections = 3\n");
my $small_db     = $small->fast_database;
my $small_syslog = LetterWatch::Syslog->new;
my $small_daemon = $small->start_daemon($small_db, $small_syslog);
wait_for_work($small, $small_db);
my @sessions = map { $small->node->background_psql($small_db) } 1 .. 5;
is($small->psql($small_db, q{select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'letterwatchd'}),
	'1', 'it loses its connection while others take all that are left');
$small->register($small_db, 'NO-SLOT', count => 10);

# ---- the network is cut, and nobody is told ------------------------------------------------------------------------------

my $CUT_S      = 23;
my $cut_db     = $lw->fast_database;
my $cut_syslog = LetterWatch::Syslog->new;
my $proxy      = LetterWatch::Proxy->new($lw->node);
my $cut_daemon = $lw->start_daemon($cut_db, $cut_syslog,
	'database.conninfo' => $proxy->conninfo . " dbname=$cut_db user=letterwatchd",
	'timer.max_sleep'   => '2s');
wait_for_work($lw, $cut_db);
$proxy->stall($CUT_S);
$lw->register($cut_db, 'CUT', count => 10);

# ---- one of three daemons is stopped with what it has claimed --------------------------------------------------------------

my $three_db  = $lw->fast_database;
my @receivers = map { LetterWatch::Syslog->new } 1 .. 3;
my @daemons   = ($lw->start_daemon($three_db, $receivers[0]));
wait_for_work($lw, $three_db);
my $lock = $lw->node->background_psql($three_db);
$lock->query_safe('begin; lock table letterwatch.alert in share row exclusive mode');
$lw->register($three_db, 'HELD', count => 10);
wait_until {
	$lw->psql($three_db, q{select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query ~ 'claim_due'
		and datname = current_database()}) eq '1'
} 10, 'one is in its claim';
$daemons[0]->signal('STOP');
$lock->query_safe('rollback');
wait_until { $lw->psql($three_db, 'select count(*) from letterwatch.outbox') eq '10' } 10, 'which commits, but its daemon is stopped';
push @daemons, map { $lw->start_daemon($three_db, $_) } @receivers[ 1, 2 ];

# ---- what must hold ----------------------------------------------------------------------------------------------------------

subtest 'one of three daemons is stopped with what it has claimed' => sub {
	$lw->register($three_db, 'FREE', count => 20);
	wait_until { letters_told('FREE', @receivers) == 20 } 10, 'the others tell what comes';
	is(letters_told('HELD', @receivers), 0, 'and leave the stopped one what it has');
};

subtest 'the network is cut, and nobody is told: it is noticed' => sub {
	wait_until { $cut_daemon->log =~ /database lost what="statement timed out"/ } 30, 'within 30 s';
	$cut_daemon->signal('USR1');
	wait_until { $cut_syslog->events('status') } 1, 'the loop turns';
	wait_until { letters_told('CUT', $cut_syslog) == 10 } 8, 'it is whole again: the lines come';
	invariant_holds($lw, $cut_db, [$cut_syslog]);
};

subtest 'no connection is left: it says so, and recovers' => sub {
	wait_until { $small_syslog->events('degraded') } 30, 'degraded';
	is_deeply([ map { $_->{fields}{reason} } $small_syslog->events('degraded') ], ['database'], 'since it has no database');
	like($small_daemon->log, qr/database not reached .*remaining connection slots/, 'its own log says more');
	is(letters_told('NO-SLOT', $small_syslog), 0, 'nothing is told by then');
	$_->quit for @sessions;
	wait_until { letters_told('NO-SLOT', $small_syslog) == 10 } 5, 'others leave: the lines come';
	wait_until { $small_syslog->events('recovered') } 5, 'recovered';
	invariant_holds($small, $small_db, [$small_syslog]);
};

subtest 'the lease of the stopped one is over' => sub {
	wait_until { letters_told('HELD', @receivers[ 1, 2 ]) == 10 } 35, 'the others tell what it holds';
	my %repeated = map { $_->{fields}{id} => 1 } grep { $_->{fields}{letter} =~ /^HELD/ } map { $_->alerts } @receivers;
	$daemons[0]->signal('CONT');
	$lw->register($three_db, 'LATER', count => 10);
	wait_until { letters_told('LATER', @receivers) == 10 } 10, 'it goes on: nothing is in its way';
	invariant_holds($lw, $three_db, \@receivers, repeated => \%repeated);
};

$lock->quit;
done_testing;
