# A clerk's morning in psql: 40 letters by one \copy, their writers, assigned by one statement, to_notify exported as a mail merge,
# the notices recorded by one statement.
use strict;
use warnings;

use File::Temp ();
use LetterWatch;
use Test::More;

my $lw  = LetterWatch->new;
my $db  = $lw->fresh_database;
my $tmp = File::Temp->newdir;
$lw->psql($db, <<~'SQL');
	create role clerk login in role letterwatch_clerk;
	insert into letterwatch.office (office_code, name) values ('M', 'Morning office'), ('N', 'another office');
	insert into letterwatch.office_member (db_role, office_code, duty) values ('clerk', 'M', 'clerk');
	insert into letterwatch.letter (letter_no, office_code, received_on) values ('N-1', 'N', '2026-11-20');
	SQL
$lw->set_clock($db, "'2026-11-24 08:30+08'");

sub spew {
	my ($name, $text) = @_;
	open my $file, '>:encoding(UTF-8)', "$tmp/$name" or die "$name: $!";
	print $file $text;
	close $file or die "$name: $!";
	return;
}

sub lines {
	my ($name) = @_;
	open my $file, '<:encoding(UTF-8)', "$tmp/$name" or die "$name: $!";
	chomp(my @lines = <$file>);
	return @lines;
}

# What the clerk types goes through.
sub clerk {
	my ($sql, $what) = @_;
	my ($output, $error) = $lw->try($db, $sql, 'clerk');
	is($error, '', $what);
	return $output;
}

my @numbers = map { sprintf 'M-%02d', $_ } 1 .. 40;
spew('letters.csv', join "\n", 'received_on,letter_no,office_code,channel,title', (map { "2026-11-23,$_,M,post,matter of $_" } @numbers), '');
spew('writers.csv', join "\n", 'letter_no,name,address', (map { "$_,writer of $_,\"Street 1, \x{6771}\x{6e56}\"" } grep { $_ ne 'M-40' } @numbers), '');

clerk("\\copy letterwatch.letter (received_on, letter_no, office_code, channel, title) from '$tmp/letters.csv' with (format csv, header match)",
	'40 letters come by one \copy');
clerk(<<~"SQL", 'and their writers by another');
	create temporary table writers (letter_no text, name text, address text);
	\\copy writers from '$tmp/writers.csv' with (format csv, header match)
	insert into letterwatch.petitioner (letter_no, name, address) select letter_no, name, address from writers;
	SQL
is(clerk('select count(*) from letterwatch.to_notify', 'then'), 40, 'all wait for their notice, the one whose writer is not known, too');
clerk(<<~'SQL', 'they are assigned by one statement');
	insert into letterwatch.letter_event (letter_no, kind, unit, handler)
	select letter_no, 'assign', 'case', 'S-' || (1 + row_number() over (order by letter_no) % 4)
	from letterwatch.to_notify
	SQL
is(clerk(q{set letterwatch.actor = 'S-2'; select count(*), count(distinct rule) from letterwatch.my_work}, 'each handler'), '10|1', 'finds its ten');

clerk("\\copy (select letter_no, name, address, received_on, unit, handler, letterwatch.notice_text(letter_no) as text from letterwatch.to_notify) to '$tmp/merge.csv' with (format csv, header)",
	'the mail merge is written');
my $merge = join "\n", lines('merge.csv');
is(() = $merge =~ /^M-\d\d,/mg, 40, 'a row a letter');
like($merge, qr/^M-07,writer of M-07,"Street 1, \x{6771}\x{6e56}",2026-11-23,case,S-4,"writer of M-07\nStreet 1, \x{6771}\x{6e56}\n/m, 'ready to be sent');
like($merge, qr/^M-40,,,2026-11-23,case,S-1,"Sir or Madam\n/m, 'also to whom nobody knows');
unlike($merge, qr/N-1/, 'and nothing of another office');

clerk(<<~'SQL', 'the notices are recorded by one statement');
	insert into letterwatch.letter_event (letter_no, kind, outcome, handler, channel)
	select letter_no, 'notice', 'accepted', handler, 'post'
	from letterwatch.to_notify
	SQL
is(clerk('select count(*) from letterwatch.to_notify', 'then'), 0, 'nobody waits');
is(clerk(q{select string_agg(distinct status || ' ' || next_rule, ', ') from letterwatch.letter_status}, 'and'), 'accepted reply', 'the replies are next');
is($lw->psql($db, 'select count(*) from letterwatch.verify()'), 0, 'all of it is derived');

# Two of the 40 lines are another office's: nothing comes in.
spew('letters.csv', join "\n", 'received_on,letter_no,office_code', (map { "2026-11-23,O-$_," . ($_ == 7 || $_ == 8 ? 'N' : 'M') } 1 .. 40), '');
my (undef, $error) = $lw->try($db, "\\copy letterwatch.letter (received_on, letter_no, office_code) from '$tmp/letters.csv' with (format csv, header match)", 'clerk');
like($error, qr/letter O-7 cannot be registered: office N is not one of yours \(and 1 more letters of this statement\)/, 'a file with letters of another office is refused');
is($lw->psql($db, q{select count(*) from letterwatch.letter where letter_no like 'O-%'}), 0, 'as a whole');

# A word of psqlrc, repeated.
my @command = ('timeout', '4', 'psql', '-q', '-d', $lw->node->connstr($db) . ' user=clerk');
open my $words, '>', "$tmp/words.sql" or die "words.sql: $!";
print $words ":zh\n:letters\n\\watch 0.2\n";
close $words or die "words.sql: $!";
my $watched = qx{PSQLRC=$LetterWatch::TREE/conf/psqlrc @command[0 .. 3] -d '$command[5]' <$tmp/words.sql 2>&1};
cmp_ok(scalar(() = $watched =~ /\(20 rows\)/g), '>=', 3, '\watch repeats a word');
utf8::decode($watched);
like($watched, qr/\x{4e09}\x{4e2a}\x{6708}\x{7b54}\x{590d}/, 'with the titles of the language that :zh sets');

# What psql shows, with psqlrc, in a terminal of so many columns.
sub shown {
	my ($question, $columns) = @_;
	spew('question.sql', "\\pset columns $columns\n\\o $tmp/answer\n$question\n\\o\n");
	system("PSQLRC=$LetterWatch::TREE/conf/psqlrc psql -q -d '" . $lw->node->connstr($db) . "' <$tmp/question.sql");
	return lines('answer');
}

# Each word fits: it stays a table, what is too wide is wrapped within its columns.
my $rc = do { local (@ARGV, $/) = "$LetterWatch::TREE/conf/psqlrc"; <> };
my @words = $rc =~ /^\\set (\w+) 'select /mg;
cmp_ok(scalar @words, '>', 25, 'psqlrc has words');
my @broken;
for my $word (@words) {
	my $columns = $word =~ /_wide$/ ? 160 : 80;
	my ($rule) = grep { /^[\x{2500}\x{253c}]+$/ } shown(":$word", $columns);
	push @broken, "$word: " . (defined $rule ? length $rule : 'no table') if length($rule // '-' x 999) > $columns;
}
is_deeply(\@broken, [], 'in 80 columns, and 160 those for 160');

# And so does all of each view, as a table or a column a line.
my @views = split /\n/, $lw->psql($db, q{select viewname from pg_views where schemaname = 'letterwatch' order by viewname});
cmp_ok(scalar @views, '>', 15, 'there are views');
my @wide = grep {
	my ($view, $columns) = /(\w+) (\d+)/;
	grep { length > $columns } shown("select * from letterwatch.$view limit 5;", $columns);
} map { ("$_ 80", "$_ 160") } @views;
is_deeply(\@wide, [], 'each view can be read in 80 and in 160 columns');

done_testing;
