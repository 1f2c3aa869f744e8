# The daemon's whole life under valgrind: it works, is reloaded, loses its database and its syslog and gets them back, and stops. No
# memory is leaked, none is used that is not its own or was never set, and no descriptor is left open.
use strict;
use warnings;

use File::Temp ();
use LetterWatch;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;

grep { -x "$_/valgrind" } split /:/, $ENV{PATH} or plan skip_all => 'valgrind is not installed';

my $report = File::Temp->new;
my @valgrind = ('valgrind', "--log-file=$report", '--error-exitcode=99', '--track-fds=yes', '--track-origins=yes', '--num-callers=30',
	'--leak-check=full', '--show-leak-kinds=definite,indirect,possible', '--errors-for-leak-kinds=definite,indirect,possible');
local $LetterWatch::DAEMON = [ @valgrind, $LetterWatch::DAEMON ];

my $LIMIT_S = 30;    # it is some twenty times as slow
my $lw      = LetterWatch->new;
my $db      = $lw->fast_database;
my $syslog  = LetterWatch::Syslog->new;
my $other   = LetterWatch::Syslog->new;

sub told {
	my ($receiver, $letter) = @_;
	return wait_until { grep { $_->{fields}{letter} eq "$letter-1" } $receiver->alerts } $LIMIT_S, "the alert of $letter comes";
}

sub reloaded {
	my ($receiver, $result) = @_;
	return wait_until { grep { $_->{fields}{result} eq $result } $receiver->events('reload') } $LIMIT_S, "the file: $result";
}

$lw->register($db, 'FIRST');
my $daemon = $lw->start_daemon($db, $syslog);
told($syslog, 'FIRST');

$daemon->configure('alerts.facility' => 'nonsense', 'timer.batch' => 0, 'nothing.known' => 'x');
$daemon->signal('HUP');
reloaded($syslog, 'refused');
$daemon->configure('alerts.facility' => 'user', 'timer.batch' => 2, 'nothing.known' => undef, 'alerts.syslog_socket' => $other->path,
	'alerts.rate' => 1000, 'database.conninfo' => $lw->node->connstr($db) . ' user=letterwatchd application_name=again');
$daemon->signal('HUP');
reloaded($other, 'ok');
$lw->register($db, 'SECOND', count => 7);
told($other, 'SECOND');

$lw->node->stop('immediate');
wait_until { $daemon->log =~ /database not reached/ } $LIMIT_S, 'the database is lost';
$lw->node->start;
$lw->register($db, 'THIRD');
told($other, 'THIRD');

$other->close;
$lw->register($db, 'FOURTH');
wait_until { $lw->psql($db, 'select count(*) from letterwatch.outbox') > 0 } $LIMIT_S, 'syslog is lost';
$other->open;
told($other, 'FOURTH');

$daemon->signal('USR1');
wait_until { $other->events('status') } $LIMIT_S, 'it says how it is';
ok($daemon->stop($LIMIT_S), 'it stops with status 0: no error of memory, no leak') or diag($daemon->log);

my $text = slurp_file("$report");
my ($open) = $text =~ /FILE DESCRIPTORS: (\d+) open/;
my @ours = grep { !/inherited from parent/ } $text =~ /(Open (?:file descriptor|AF_\w+ socket) \d+:[^\n]*\n[^\n]*\n)/g;
ok($open, 'descriptors are counted');
is_deeply(\@ours, [], 'none is open but those that it was given');
like($text, qr/ERROR SUMMARY: 0 errors/, 'nothing is amiss') or diag($text);

done_testing;
