# LetterWatch::Syslog -- a syslog receiver: a datagram socket in a directory of its own, and the lines that came.
# It reads only when it is asked, so a receiver that has stopped reading is one that is not asked (or paused).
package LetterWatch::Syslog;

use strict;
use warnings;

use File::Temp ();
use IO::Socket::UNIX;
use Socket qw(SOCK_DGRAM);
use Time::HiRes qw(time);

# With in_place_of => ANOTHER: takes over the other's path, while the other still holds its old socket.
sub new {
	my ($class, %params) = @_;
	my $dir  = $params{in_place_of} ? $params{in_place_of}{dir} : File::Temp->newdir;
	my $self = bless { dir => $dir, lines => [] }, $class;
	return $self->open;
}

sub path { return "$_[0]{dir}/log" }

# Makes the socket, after close() too: a receiver that is started again.
sub open {
	my ($self) = @_;
	unlink $self->path;
	$self->{socket} = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $self->path) or die $self->path . ": $!";
	$self->{socket}->blocking(0);
	return $self;
}

# The receiver dies: what it has not read is lost. The path is removed, or left behind as a dead socket.
sub close {
	my ($self, %params) = @_;
	$self->{socket}->close;
	delete $self->{socket};
	unlink $self->path unless $params{leave};
	return;
}

# From pause to resume, nothing is read, whoever asks.
sub pause  { $_[0]{paused} = 1; return }
sub resume { $_[0]{paused} = 0; return }

# Every line so far, oldest first, each a hash: raw, severity, facility, ident, pid, text, and fields => { key => value }
# with keys => [ in the line's order ]; seen_at: when it was read. A line that is no syslog line or no logfmt has `error`.
sub lines {
	my ($self) = @_;
	if ($self->{socket} and !$self->{paused}) {
		while (defined $self->{socket}->recv(my $raw, 65536)) {
			push @{ $self->{lines} }, { %{ _parse($raw) }, seen_at => time };
		}
	}
	return @{ $self->{lines} };
}

# The lines of one event, "alert" say.
sub events {
	my ($self, $event) = @_;
	return grep { ($_->{fields}{event} // '') eq $event } $self->lines;
}

sub alerts { return $_[0]->events('alert') }

# Forgets the lines so far.
sub clear {
	my ($self) = @_;
	$self->lines;
	$self->{lines} = [];
	return;
}

my %escape = (n => "\n", r => "\r", t => "\t", '"' => '"', '\\' => '\\');

sub _unquote {
	my ($value) = @_;
	$value =~ s/\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]+)\}|(.))/defined $1 ? chr hex $1 : defined $2 ? chr hex $2 : $escape{$3} \/\/ $3/ge;
	return $value;
}

# Bytes, not characters: a test that wants Chinese decodes the value.
sub _parse {
	my ($raw) = @_;
	my %line = (raw => $raw, fields => {}, keys => []);
	unless ($raw =~ /^<(\d+)>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d ([^\s:\[]+)\[(\d+)\]: (.*)\z/s) {
		return { %line, error => 'not a classic syslog line' };
	}
	@line{qw(severity facility ident pid text)} = ($1 & 7, $1 >> 3, $2, $3, $4);
	my $rest = $line{text};
	while ($rest =~ s/^([a-z0-9_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?: |\z)//s) {
		my $key = $1;
		push @{ $line{keys} }, $key;
		$line{fields}{$key} = defined $3 ? $3 : _unquote($2);
	}
	$line{error} = "not logfmt: $rest" if $rest ne '';
	return \%line;
}

1;
