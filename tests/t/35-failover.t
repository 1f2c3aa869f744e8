# The primary dies, its standby takes over, and the old one comes back: the daemon follows, and what only the old primary knew of
# is told again by the same ids.
use strict;
use warnings;

use LetterWatch;
use PostgreSQL::Test::Cluster;
use Test::More;

my $first = LetterWatch->new(allows_streaming => 1);
my $db    = $first->fast_database;
$first->node->backup('base');
my $node = PostgreSQL::Test::Cluster->new('standby', port => 5499);
$node->init_from_backup($first->node, 'base', has_streaming => 1);
$node->start;
my $second = bless { node => $node }, 'LetterWatch';

sub rests {
	my ($lw) = @_;
	return $lw->psql($db, 'select count(*) from letterwatch.outbox') eq '0';
}

my $syslog = LetterWatch::Syslog->new;
my $daemon = $first->start_daemon($db, $syslog,
	'database.conninfo' => sprintf('host=%s,%s port=%d,%d target_session_attrs=read-write dbname=%s user=letterwatchd',
	map({ $_->node->host } $first, $second), map({ $_->node->port } $first, $second), $db),
	'timer.max_sleep' => '1s');
$first->register($db, 'BEFORE', count => 10);
wait_until { letters_told('BEFORE', $syslog) == 10 && rests($first) } 10, 'the daemon works with the primary';
$first->node->wait_for_catchup($node, 'replay', $first->node->lsn('insert'));

# The standby knows the letters, but not that they were told.
my $jump = sub {
	my ($lw) = @_;
	$lw->set_clock($db, q{statement_timestamp() + interval '10 minutes'});
	$lw->psql($db, 'notify letterwatch_due');
};
$first->register($db, 'TWICE', count => 10, first_s => 500);
$first->node->wait_for_catchup($node, 'replay', $first->node->lsn('insert'));
$node->stop;
$jump->($first);
wait_until { letters_told('TWICE', $syslog) == 10 && rests($first) } 10, 'its standby falls behind, and the primary tells more';
my @before = sort map { $_->{fields}{id} } grep { $_->{fields}{letter} =~ /^TWICE/ } $syslog->alerts;

$first->node->stop('immediate');
$node->append_conf('postgresql.conf', q{primary_conninfo = ''});
$node->start;
$node->promote;
is($second->psql($db, 'select count(*) from letterwatch.alert'), '10', 'the standby takes over, and does not know of it');
$jump->($second);
wait_until { $syslog->alerts == 30 && rests($second) } 10, 'it is told again';
my @ids = map { $_->{fields}{id} } grep { $_->{fields}{letter} =~ /^TWICE/ } $syslog->alerts;
is_deeply([ sort @ids[ 10 .. $#ids ] ], \@before, 'by the same ids');
$second->register($db, 'AFTER', count => 10);
wait_until { letters_told('AFTER', $syslog) == 10 } 5, 'and what comes';

# The old primary comes back as a standby: it is the first host of the conninfo, and must not be taken.
$first->node->set_standby_mode;
$first->node->start;
is($second->psql($db, q{select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = 'letterwatchd'}),
	'1', 'the old one is back when the connection is lost');
$second->register($db, 'BACK', count => 10);
wait_until { letters_told('BACK', $syslog) == 10 } 5, 'the new one is found again';

# A server that becomes read-only under the daemon: it answers, but can do nothing.
$second->psql($db, qq{alter system set default_transaction_read_only = on; select pg_reload_conf()});
$first->node->stop;
wait_until { $daemon->log =~ /database (?:lost|not reached).*(?:25006|read-only)/ } 10, 'a server that turns read-only is left';
$second->psql($db, 'set default_transaction_read_only = off; alter system reset default_transaction_read_only; select pg_reload_conf()');
$second->register($db, 'LAST', count => 10);
wait_until { letters_told('LAST', $syslog) == 10 } 5, 'and taken again when it can write';

ok($daemon->alive, 'it is the same daemon');
invariant_holds($second, $db, [$syslog], repeated => { map { $_ => 1 } @before });
done_testing;
