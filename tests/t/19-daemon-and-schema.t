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
my ($syslog, $early) = map { LetterWatch::Syslog->new } 1, 2;
$as->($own + 1);
my $daemon = $lw->start_daemon($db, $syslog);
$lw->register($db, 'NEXT');
wait_until { letters_told('NEXT', $syslog) } 10, 'a daemon works with the next schema';
$as->($own - 1);
my $new = $lw->start_daemon($db, $early);
wait_until { $new->log =~ /^schema does not fit, run install\.sql of this version schema_version=@{[ $own - 1 ]} wanted=$own /m } 10,
	'one that comes before its schema says so';
$as->($own);
$daemon->stop;
$lw->register($db, 'OWN');
wait_until { letters_told('OWN', $early) } 20, 'and works as soon as it is there';
ok($new->stop, 'it stops');

done_testing;
