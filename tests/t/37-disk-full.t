# The disk is full: the daemon says that it cannot claim, keeps what it has, and goes on when there is room.
# The disk is a small tmpfs in a namespace of our own, so nobody needs to be root and nothing is left behind.
use strict;
use warnings;

use LetterWatch::Namespace 'mount';

use File::Temp ();
use LetterWatch;
use Test::More;

my $disk = File::Temp->newdir;
system('mount', '-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', $disk) == 0 or plan skip_all => 'no mount in a namespace of our own';
my $lw     = LetterWatch->new;
my $db     = $lw->fast_database;
my $syslog = LetterWatch::Syslog->new;
mkdir "$disk/space" or die $!;
$lw->psql('postgres', "create tablespace small location '$disk/space'");
$lw->psql('postgres', "alter database $db set tablespace small");
my $daemon = $lw->start_daemon($db, $syslog);
$lw->register($db, 'BEFORE', count => 10);
wait_until { $syslog->alerts == 10 } 10, 'the daemon works';

# Letters for many more pages than the tables of alerts have.
$lw->register($db, 'FULL', count => 1_500, first_s => 3_600);
open my $rest, '>', "$disk/rest" or die $!;
$rest->autoflush(1);
1 while syswrite $rest, "\0" x 65536;
1 while syswrite $rest, "\0" x 512;
ok($!{ENOSPC}, 'the disk is full');
$lw->set_clock($db, q{statement_timestamp() + interval '2 hours'});
$lw->psql($db, 'notify letterwatch_due');
wait_until { $daemon->log =~ /database call failed call=claim_due sqlstate=53100/ } 10, 'the claim fails';
my $told = sub { return scalar grep { $_->{fields}{letter} =~ /^FULL-/ } $syslog->alerts };
wait_until { $syslog->events('degraded') } 30, 'degraded: it says so';
is_deeply([ map { $_->{fields}{reason} } $syslog->events('degraded') ], ['query'], 'the database answers, and refuses');
is($lw->psql($db, 'select count(*) from letterwatch.parked'), '0', 'no letter is blamed for it');

unlink "$disk/rest";
close $rest;
wait_until { $told->() == 1_500 } 30, 'there is room again: all come';
wait_until { $syslog->events('recovered') } 5, 'recovered';
ok($daemon->alive, 'it is the same daemon');
invariant_holds($lw, $db, [$syslog]);
done_testing;
