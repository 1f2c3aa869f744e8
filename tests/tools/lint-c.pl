# lint-c.pl FILE…: the rules for C files that no tool from outside knows:
# a file has at most 600 lines, a function's body 60; a module includes only modules of lower layers (peers never); the
# headers of a library are included only by the modules that own it; a header begins with its charter.
use strict;
use warnings;

my ($FILE_MAX, $BODY_MAX) = (600, 60);

# Lowest first. redact and unicode are below the first layer: conf hides secrets by the one, log and logfmt
# show nothing but text by the other.
my @layers = (
	[qw(redact unicode)],
	[qw(log clock timer backoff conf logfmt metrics health pgvalue)],
	[qw(signals wakeup pgconn syslogger svc httpd)],
	[qw(store settings events)],
	[qw(sweep outbox monitor outage web)],
	[qw(daemon report)],
	[qw(main)],
);
my %layer = map { my $n = $_; map { $_ => $n } @{ $layers[$n] } } 0 .. $#layers;

# Who may include what from outside.
my %owners = (
	'libpq-fe.h'          => [qw(pgconn store)],
	'systemd/sd-daemon.h' => [qw(svc)],
	'event2/http.h'       => [qw(httpd)],
	'ini.h'               => [qw(conf)],
	'syslog.h'            => [qw(log syslogger conf)],
);

my $bad = 0;

sub complain {
	my ($file, $line, $what) = @_;
	print "$file:$line: $what\n";
	$bad = 1;
}

sub check_include {
	my ($file, $line, $module, $header) = @_;
	if (my $owners = $owners{$header}) {
		complain($file, $line, "$header is for " . join(', ', @$owners)) unless grep { $_ eq $module } @$owners;
	}
	my ($other) = $header =~ /^(\w+)\.h$/ or return;
	return if $other eq $module or !-e "daemon/$header";
	return complain($file, $line, "$other is in no layer: add it to tests/tools/lint-c.pl") unless defined $layer{$other};
	complain($file, $line, "$module includes $other, which is in no lower layer")
	  unless $layer{$other} < $layer{$module};
}

for my $file (@ARGV) {
	my ($module) = $file =~ m{(\w+)\.[ch]$} or next;
	open my $in, '<', $file or die "$file: $!\n";
	my @lines = <$in>;
	complain($file, 1, "$module is in no layer: add it to tests/tools/lint-c.pl"), next unless defined $layer{$module};
	complain($file, scalar @lines, "more than $FILE_MAX lines") if @lines > $FILE_MAX;
	complain($file, 1, "does not begin with a charter (Owns / Never)")
	  if $file =~ /\.h$/ and join('', @lines) !~ m{^/\*\n \* $module -- .*?\n \* Owns: .*?\n \* Never: }s;

	my $body;
	for my $n (1 .. @lines) {
		local $_ = $lines[ $n - 1 ];
		check_include($file, $n, $module, $1) if /^#\s*include\s+["<]([^">]+)[">]/;
		$body = $n if /^\{/;    # K&R: only a function's body begins in the first column
		if (/^\}/ and $body) {
			complain($file, $body, 'function body of ' . ($n - $body - 1) . " lines, more than $BODY_MAX")
			  if $n - $body - 1 > $BODY_MAX;
			undef $body;
		}
	}
}
exit $bad;
