# LetterWatch::Ledger -- a syslog receiver that is a process of its own: it writes each line that comes into a file, and can fail as a
# real one does. It loses nothing that the kernel has taken from the daemon, so that each line can be accounted for.
#
#     my $ledger = LetterWatch::Ledger->new;
#     $ledger->pause(2);     # reads nothing for 2 s: its queue fills
#     $ledger->die_for(1);   # its socket is gone for a second
#     $ledger->replace;      # another socket stands in its place; the old one is still read
#     $ledger->lines;        # as of LetterWatch::Syslog
package LetterWatch::Ledger;

use strict;
use warnings;

use parent -norequire, 'LetterWatch::Syslog';

use File::Temp ();
use IO::Handle;
use IO::Select;
use POSIX ();
use Socket qw(SHUT_RD);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use LetterWatch::Syslog;

sub new {
	my ($class) = @_;
	my $syslog = LetterWatch::Syslog->new;
	my $self = bless { dir => $syslog->{dir}, lines => [], file => "$syslog->{dir}/lines" }, $class;
	pipe my $orders, $self->{orders} or die $!;
	$self->{orders}->autoflush(1);
	my $parent = $$;
	$self->{pid} = fork // die "fork: $!";
	if (!$self->{pid}) {
		close $self->{orders};
		eval { _receive($parent, $syslog, $orders, $self->{file}); 1 } or print STDERR "ledger: $@";
		POSIX::_exit(0);
	}
	$syslog->{socket}->close;    # the process has it
	return $self;
}

sub pause   { return $_[0]->_order('pause', $_[1]) }
sub die_for { return $_[0]->_order('die',   $_[1]) }
sub replace { return $_[0]->_order('replace', 0) }

sub _order {
	my ($self, $what, $seconds) = @_;
	print { $self->{orders} } "$what $seconds\n";
	return;
}

# What has been written so far; only what is new is read.
sub lines {
	my ($self) = @_;
	CORE::open my $file, '<', $self->{file} or return @{ $self->{lines} };
	seek $file, $self->{at} // 0, 0;
	while (my $line = <$file>) {
		last unless $line =~ s/\n\z//;    # not whole yet
		$self->{at} = tell $file;
		push @{ $self->{lines} }, LetterWatch::Syslog::_parse($line);
	}
	return @{ $self->{lines} };
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $!);
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	return;
}

# ---- the process ---------------------------------------------------------------------------------------------------

sub _now { return clock_gettime(CLOCK_MONOTONIC) }

sub _drain {
	my ($socket, $file) = @_;
	while (defined $socket->recv(my $raw, 65536)) {
		last if $raw eq '';               # the end that shutdown makes
		print $file $raw =~ s/\n/\\n/gr, "\n";
	}
	$file->flush;
	return;
}

# Nobody can send any more; what was sent is read.
sub _end {
	my ($socket, $file) = @_;
	$socket->shutdown(SHUT_RD);
	_drain($socket, $file);
	$socket->close;
	return;
}

sub _receive {
	my ($parent, $syslog, $orders, $path) = @_;
	local $SIG{INT} = 'IGNORE';
	CORE::open my $file, '>', $path or die "$path: $!";
	my ($paused_until, $dead_until, @old) = (0, 0);
	while (getppid == $parent) {
		my @sockets = $paused_until > _now() ? () : grep { defined } $syslog->{socket}, map { $_->{socket} } @old;
		my @ready = IO::Select->new($orders, @sockets)->can_read(0.05);
		for my $socket (grep { $_ != $orders } @ready) {
			_drain($socket, $file);
		}
		_end($_->{socket}, $file) for grep { $_->{until} <= _now() } @old;
		@old = grep { $_->{until} > _now() } @old;
		$syslog->open if !$syslog->{socket} and $dead_until <= _now();
		next unless grep { $_ == $orders } @ready;

		sysread $orders, my $text, 4096 or return;
		for (split /\n/, $text) {
			my ($what, $seconds) = split;
			$paused_until = _now() + $seconds if $what eq 'pause';
			next if $what eq 'pause' or !$syslog->{socket};
			my $socket = delete $syslog->{socket};
			unlink $syslog->path;
			if   ($what eq 'die') { _end($socket, $file); $dead_until = _now() + $seconds }
			else                  { push @old, { socket => $socket, until => _now() + 5 }; $syslog->open }
		}
	}
	return;
}

1;
