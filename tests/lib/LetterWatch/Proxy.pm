# LetterWatch::Proxy -- stands between a daemon and the server's unix socket, and can fail as a network does.
# It is a process of its own, which ends with the test.
#
#     my $proxy = LetterWatch::Proxy->new($node);   # conninfo: host=… port=…, from $proxy->conninfo
#     $proxy->cut;           # both ends see the connections closed
#     $proxy->stall(3);      # nothing passes for 3 s, and nobody is told: half open
#     $proxy->lose(1);       # what the server answers within a second is lost, then all is cut: was it committed?
#     $proxy->refuse(2);     # new connections are closed at once, for 2 s
package LetterWatch::Proxy;

use strict;
use warnings;

use File::Temp ();
use IO::Handle;
use IO::Select;
use IO::Socket::UNIX;
use POSIX ();
use Socket qw(SOCK_STREAM);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my $MOST = 1 << 20;    # bytes that wait for one end; then the other is not read

sub new {
	my ($class, $node) = @_;
	my $self = bless { dir => File::Temp->newdir, port => $node->port }, $class;
	my $name = ".s.PGSQL.$self->{port}";
	my $listen = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "$self->{dir}/$name", Listen => 20) or die $!;
	pipe my $orders, $self->{orders} or die $!;
	$self->{orders}->autoflush(1);
	my $parent = $$;
	$self->{pid} = fork // die "fork: $!";
	if (!$self->{pid}) {
		close $self->{orders};
		eval { _serve($parent, $listen, $orders, $node->host . "/$name"); 1 } or print STDERR "proxy: $@";
		POSIX::_exit(0);
	}
	return $self;
}

sub conninfo { return "host=$_[0]{dir} port=$_[0]{port}" }

sub cut    { return $_[0]->_order('cut',    0) }
sub stall  { return $_[0]->_order('stall',  $_[1]) }
sub lose   { return $_[0]->_order('lose',   $_[1]) }
sub refuse { return $_[0]->_order('refuse', $_[1]) }

sub _order {
	my ($self, $what, $seconds) = @_;
	print { $self->{orders} } "$what $seconds\n";
	return;
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $!);
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

# ---- the process ---------------------------------------------------------------------------------------------------

my %end;      # fileno => { socket, peer, is_server, waiting (bytes to be written to it) }
my %until;    # order => when it ends

sub _now { return clock_gettime(CLOCK_MONOTONIC) }

sub _close {
	my ($one) = @_;
	my @pair = grep { defined } $one, $one->{peer};
	for my $end (@pair) {
		delete $end{ fileno $end->{socket} } if defined fileno $end->{socket};
		$end->{socket}->close;
		delete $end->{peer};
	}
	return;
}

sub _accept {
	my ($listen, $target) = @_;
	my $client = $listen->accept or return;
	my $server = $until{refuse} ? undef : IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $target);
	return $client->close unless $server;
	my @pair = map { { socket => $_, waiting => '' } } $client, $server;
	$pair[0]{peer}      = $pair[1];
	$pair[1]{peer}      = $pair[0];
	$pair[1]{is_server} = 1;
	for my $end (@pair) {
		$end->{socket}->blocking(0);
		$end{ fileno $end->{socket} } = $end;
	}
	return;
}

sub _pass {
	my ($end) = @_;
	my $got = sysread $end->{socket}, my $bytes, 65536;
	return if !defined $got and $!{EAGAIN};
	return _close($end) unless $got;
	$end->{peer}{waiting} .= $bytes unless $end->{is_server} and $until{lose};
	return;
}

sub _write {
	my ($end) = @_;
	my $put = syswrite $end->{socket}, $end->{waiting};
	return _close($end) if !defined $put and !$!{EAGAIN};
	substr $end->{waiting}, 0, $put // 0, '';
	return;
}

sub _end_orders {
	for my $what (grep { $until{$_} <= _now() } keys %until) {
		delete $until{$what};
		_close($_) for $what eq 'lose' ? grep { $_->{is_server} } values %end : ();
	}
	return;
}

sub _obey {
	my ($orders) = @_;
	sysread $orders, my $text, 4096 or return 0;
	for (split /\n/, $text) {
		my ($what, $seconds) = split;
		if   ($what eq 'cut') { _close($_) for grep { $_->{is_server} } values %end }
		else                  { $until{$what} = _now() + $seconds }
	}
	return 1;
}

sub _serve {
	my ($parent, $listen, $orders, $target) = @_;
	local $SIG{PIPE} = 'IGNORE';
	local $SIG{INT}  = 'IGNORE';
	while (getppid == $parent) {
		my @ends = $until{stall} ? () : values %end;
		my $read  = IO::Select->new($listen, $orders, map { $_->{socket} } grep { length $_->{peer}{waiting} < $MOST } @ends);
		my $write = IO::Select->new(map { $_->{socket} } grep { length $_->{waiting} } @ends);
		my ($readable, $writable) = IO::Select->select($read, $write, undef, 0.05);
		_end_orders();
		for my $socket (@{ $writable // [] }) {
			my $end = defined fileno $socket ? $end{ fileno $socket } : undef;
			_write($end) if $end;
		}
		for my $socket (@{ $readable // [] }) {
			if    ($socket == $listen) { _accept($listen, $target) }
			elsif ($socket == $orders) { _obey($orders) or return }
			elsif (defined fileno $socket and my $end = $end{ fileno $socket }) { _pass($end) }
		}
	}
	return;
}

1;
