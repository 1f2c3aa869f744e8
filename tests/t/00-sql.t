# Every file in tests/sql under pgTAP, each in a database of its own.
use strict;
use warnings;

use LetterWatch;
use TAP::Parser;
use Test::More;

my @files = glob "$LetterWatch::TREE/tests/sql/*.sql";
plan @files ? (tests => scalar @files) : (skip_all => 'no tests/sql/*.sql');

my $lw = LetterWatch->new;

for my $file (@files) {
	my ($name)  = $file =~ m{([^/]+)\.sql\z};
	my $connstr = $lw->node->connstr($lw->fresh_database);
	subtest $name => sub { run_pgtap($file, $connstr) };
}

# Relays a file's tests, failures with their explanation, as tests of ours.
sub run_pgtap {
	my ($file, $connstr) = @_;
	my @command = ('psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-P', 'pager=off', '-d', $connstr, '-f', $file);
	my $parser  = TAP::Parser->new({ exec => \@command, merge => 1 });
	my $failed  = 0;
	while (my $result = $parser->next) {
		if ($result->is_test) {
			$failed = !$result->is_ok;
			if    ($result->has_skip) { SKIP: { skip $result->explanation, 1 } }
			elsif ($result->has_todo) { local our $TODO = $result->explanation; ok($result->is_actual_ok, $result->description) }
			else                      { ok($result->is_ok, $result->description =~ s/^- //r) }
		} elsif ($result->is_comment || $result->is_unknown) {
			$failed || $result->is_unknown ? diag($result->as_string) : note($result->as_string);
		}
	}
	is($parser->exit, 0, 'psql ends well');
	ok(!$parser->parse_errors, 'the plan is kept') or diag($parser->parse_errors);
	done_testing;
	return;
}
