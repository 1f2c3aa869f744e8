# LetterWatch::Namespace -- the test runs in a namespace of its own, in which it may do what else only root may, to nothing else:
# mount, or set up the network (where there is only a loopback, which is down).
#
#     use LetterWatch::Namespace 'mount';    # or 'net'; before `use LetterWatch`
#
# Skips the test where the kernel allows no such namespace.
package LetterWatch::Namespace;

use strict;
use warnings;

use FindBin;
use Test::More;

# The test is begun anew in there, and this process only waits for it. Not when only its syntax is checked.
sub import {
	my (undef, $kind) = @_;
	return if $^C or delete $ENV{LETTERWATCH_NAMESPACE};
	my @unshare = (qw(unshare --user --map-current-user --keep-caps), "--$kind");
	open my $stderr, '>&', \*STDERR or die $!;
	open STDERR, '>', '/dev/null' or die $!;
	my $may = system(@unshare, 'true') == 0;
	open STDERR, '>&', $stderr or die $!;
	plan skip_all => 'no namespace of our own' unless $may;
	$ENV{LETTERWATCH_NAMESPACE} = 1;
	system(@unshare, $^X, map({ "-I$_" } @INC), "$FindBin::Bin/$FindBin::Script");
	exit($? ? 1 : 0);
}

1;
