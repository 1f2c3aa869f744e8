# syslog-receiver.pl SOCKET: prints each syslog line that comes, without its priority, until SIGTERM.
use strict;
use warnings;
use IO::Select;
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM);

my $path = shift or die "usage: $0 SOCKET\n";
my $stop = 0;
$SIG{INT}  = 'IGNORE';    # Ctrl-C reaches the daemon too, whose last words are still to come
$SIG{TERM} = sub { $stop = 1 };
$|         = 1;

unlink $path;
my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $path) or die "$path: $!\n";
$socket->blocking(0);
my $select = IO::Select->new($socket);

# What was sent before the SIGTERM is still printed.
while ($select->can_read($stop ? 0 : 1) or !$stop) {
	while (defined $socket->recv(my $line, 65536)) {
		$line =~ s/^<\d+>//;
		print "$line\n";
	}
}
unlink $path;
