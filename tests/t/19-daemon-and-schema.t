# A daemon fits its own schema and the next one, for the schema is upgraded first; where it does not fit, it says so and waits.
use strict;
use warnings;
use LetterWatch;
use Test::More;

my $lw  = LetterWatch->new;
my $db  = $lw->fast_database;
my $own = $lw->psql($db, 'select max(version) from letterwatch.schema_version');
my $as  = sub {
	my ($version) = @_;
	$lw->psql($db, "delete from letterwatch.schema_version where version >= $own");
	$lw->psql($db, "insert into letterwatch.schema_version (version, name) select $version, 'test' where $version >= $own");
	return;
};
sub check {
	my ($daemon) = @_;
	return qx{'$LetterWatch::DAEMON' -c '@{[ $daemon->conf_file ]}' --check 2>&1};
}

my ($syslog, $early) = map { LetterWatch::Syslog->new } 1, 2;
$as->($own + 1);
my $daemon = $lw->start_daemon($db, $syslog);
$lw->register($db, 'NEXT');
wait_until { letters_told('NEXT', $syslog) } 10, 'a daemon works with the next schema';
like(check($daemon), qr/^ok   schema: version @{[ $own + 1 ]}$/m, '--check says so');
$as->($own + 2);
like(check($daemon), qr/^FAIL schema: version @{[ $own + 2 ]}, this program knows $own: install a newer one$/m, 'and does not of the one after');
$as->($own - 1);
like(check($daemon), qr/^FAIL schema: version @{[ $own - 1 ]}, this program wants $own: run its install\.sql$/m, 'nor of an older one');
my $new = $lw->start_daemon($db, $early);
wait_until { $new->log =~ /^schema does not fit, run install\.sql of this version schema_version=@{[ $own - 1 ]} wanted=$own /m } 10,
	'one that comes before its schema says so';
wait_until { $new->log =~ /schema does not fit.*/ && $lw->psql($db, q{select max(connected_at) > max(started_at) + interval '2 seconds'
	from letterwatch.daemon_instance where instance = (select max(instance) from letterwatch.daemon_instance)}) eq 't' } 30, 'it looks again and again';
is($lw->psql($db, 'select count(*) from letterwatch.daemon_instance'), 2, 'by one number');
is($lw->psql($db, q{select count(*) from pg_locks where locktype = 'advisory'}), 2, 'and one lock');
$as->($own);
$daemon->stop;
$lw->register($db, 'OWN');
wait_until { letters_told('OWN', $early) } 20, 'and works as soon as it is there';
ok($new->stop, 'it stops');

done_testing;
