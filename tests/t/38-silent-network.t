# A network between daemon and server that stops carrying anything while the daemon sleeps: TCP's own probes find it, before the
# next look. The network is a loopback in a namespace of our own, so no port is opened on the machine.
use strict;
use warnings;

use LetterWatch::Namespace 'net';

use IO::Socket::INET;
use LetterWatch;
use Test::More;
use Time::HiRes qw(time);

# Sets the loopback going, or stops it: struct ifreq of netdevice(7).
sub loopback {
	my ($up) = @_;
	my ($SIOCSIFFLAGS, $IFF_UP) = (0x8914, 1);
	my $request = pack 'Z16 s x22', 'lo', $up ? $IFF_UP : 0;
	my $socket  = IO::Socket::INET->new(Proto => 'udp') or die $!;
	ioctl $socket, $SIOCSIFFLAGS, $request or die "loopback: $!";
	return;
}

loopback(1);
my $lw     = LetterWatch->new(settings => "listen_addresses = '127.0.0.1'\n");
my $db     = $lw->fast_database;
my $syslog = LetterWatch::Syslog->new;
my $daemon = $lw->start_daemon($db, $syslog,
	'database.conninfo' => 'host=127.0.0.1 port=' . $lw->node->port . " dbname=$db user=letterwatchd");
$lw->register($db, 'BEFORE');
wait_until { $syslog->alerts } 10, 'the daemon works over TCP';
wait_until { $lw->psql($db, 'select count(*) from letterwatch.outbox') eq '0' } 10, 'and sleeps';

loopback(0);
my $cut = time;
$lw->register($db, 'CUT');
wait_until { $daemon->log =~ /database lost/ } 30, 'that the network is cut is noticed within 30 s';
note(sprintf 'after %.1f s', time - $cut);
$daemon->signal('USR1');
wait_until { $syslog->events('status') } 1, 'the loop turns';
is(scalar $syslog->alerts, 1, 'nothing could be told');

loopback(1);
wait_until { $syslog->alerts == 2 } 5, 'the network is whole again: the letter is told';
invariant_holds($lw, $db, [$syslog]);
done_testing;
