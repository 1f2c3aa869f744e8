# A document whose examples are true: README.md, or a man page's source (scdoc). The fences, which in a man page a comment
# line "; KIND" before ``` names:
#     sql      runs, as the role that a first line "-- as ROLE" names, otherwise clerk1
#     text     after SQL: its output, exactly; without one the SQL shows no error
#     console  after SQL: an example of its output; the columns are these, the rows may differ
#     csv FILE a file that the SQL after it reads
#     sh       a script that parses
#     log      what the daemon writes
package LetterWatch::Document;
use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use LetterWatch;
use Test::More;

our @EXPORT_OK = qw(run slurp spew without_blanks_at_end);

my $TREE = $LetterWatch::TREE;

sub slurp {
	my ($path) = @_;
	open my $file, '<', $path or die "$path: $!";
	local $/;
	return <$file>;
}

sub spew {
	my ($path, $text) = @_;
	open my $file, '>', $path or die "$path: $!";
	print $file $text;
	close $file or die "$path: $!";
	return $path;
}

# Output (both streams) and exit status of a shell command.
sub run {
	my ($command) = @_;
	my $output = qx{($command) 2>&1};
	return ($output, $? >> 8);
}

sub without_blanks_at_end {
	return $_[0] =~ s/[ \t]+$//gmr =~ s/\n*\z/\n/r;
}

# The document at a path below the top of the tree.
sub new {
	my ($class, $name) = @_;
	my $self = bless { name => $name, text => slurp("$TREE/$name"), tmp => File::Temp->newdir }, $class;
	$self->{blocks} = $self->_find_blocks;
	return $self;
}

sub text { return $_[0]{text} }
sub tmp  { return $_[0]{tmp} }

# Every fenced block: its kind, word after the kind, text, section, and first line.
sub blocks { return @{ $_[0]{blocks} } }

sub _find_blocks {
	my ($self) = @_;
	my $is_man = $self->{name} =~ /\.scd\z/;
	my ($kind, $word, $section, $block, $number, @found) = ('', '', '');
	for my $line (split /\n/, $self->{text}) {
		$number++;
		if ($block) {
			if ($line eq '```') { push @found, $block; undef $block }
			else                { $block->{text} .= ($is_man ? $line =~ s/\\(.)/$1/gr : $line) . "\n" }
		} elsif ($is_man && $line =~ /^; (\w+) ?(\S*)$/) {
			($kind, $word) = ($1, $2);
		} elsif ($line =~ /^```(\w*) ?(\S*)$/) {
			$block = { kind => $is_man ? $kind : $1, word => $is_man ? $word : $2, text => '', section => $section, line => $number };
			($kind, $word) = ('', '');
		} elsif ($line =~ ($is_man ? qr/^# (.*)/ : qr/^## (.*)/)) {
			$section = $1;
		}
	}
	die "$self->{name}:$block->{line}: not closed" if $block;
	return \@found;
}

# What psql shows to whoever pastes a block.
sub paste {
	my ($self, $lw, $db, $block) = @_;
	my ($role) = $block->{text} =~ /\A-- as (\S+)/ ? $1 : 'clerk1';
	my $user = $role eq 'superuser' ? '' : "-U $role";
	my $file = spew("$self->{tmp}/block.sql", $block->{text} =~ s{/usr/share/letterwatch/}{$TREE/}r);
	my ($output) = run(sprintf 'cd %s && PSQLRC=%s/conf/psqlrc PGHOST=%s PGPORT=%s timeout 60 psql -d %s %s <%s',
		$self->{tmp}, $TREE, $lw->node->host, $lw->node->port, $db, $user, $file);
	return without_blanks_at_end($output =~ s/^letterwatch: one word .*\n//mr);
}

# The columns of each result in an output, as psql aligns them.
sub _columns {
	my ($output) = @_;
	return join "\n", map { join ' ', /(\w+)/g } $output =~ /^(.*)\n(?:─|┼)+$/mg;
}

# Runs the SQL in order, but for what creates roles, and compares with what it shows.
sub try_sql {
	my ($self, $lw, $db) = @_;
	my @blocks = $self->blocks;
	for my $i (0 .. $#blocks) {
		my ($block, $next) = @blocks[ $i, $i + 1 ];
		spew("$self->{tmp}/$block->{word}", $block->{text}) if $block->{kind} eq 'csv';
		next if $block->{kind} ne 'sql' or $block->{text} =~ /^create role/m;
		my $output   = $self->paste($lw, $db, $block);
		my $expected = $next && $next->{kind} =~ /^(?:text|console)$/ ? $next->{text} : '';
		my $place    = "$self->{name}:$block->{line}";
		if ($next && $next->{kind} eq 'text') {
			is($output, without_blanks_at_end($expected), "$place: its output");
			next;
		}
		unlike($output, qr/^(?:ERROR|psql: error|invalid command)/m, "$place: no error") or diag($output);
		is(_columns($output), _columns($expected), "$place: its columns") if $expected;
	}
	return;
}

sub try_scripts {
	my ($self) = @_;
	for my $block (grep { $_->{kind} eq 'sh' } $self->blocks) {
		my ($output, $status) = run('sh -n ' . spew("$self->{tmp}/script.sh", $block->{text}));
		is($status, 0, "$self->{name}:$block->{line}") or diag($output);
	}
	return;
}

1;
