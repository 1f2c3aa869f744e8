# The man pages say what is true: letterwatchd.conf(5) has the keys and defaults of the program, as the shipped file has;
# letterwatchd(8) its options and signals; letterwatch(7) the functions and views that people have, with their columns, and its
# examples run. All of them are well formed.
use strict;
use warnings;

use Encode qw(decode);
use LetterWatch;
use LetterWatch::Document qw(run slurp);
use Test::More;

my $TREE = $LetterWatch::TREE;
my %page = map { m{/([^/]+)\.scd$} ? ($1 => slurp($_)) : () } glob "$TREE/conf/man/*.scd";
is(join(' ', sort keys %page), 'letterwatch.7 letterwatchd.8 letterwatchd.conf.5', 'three pages');

# scdoc begins each section with an empty paragraph, and writes lines as long as those of its source.
subtest 'they are well formed' => sub {
	for my $name (sort keys %page) {
		my ($lint) = run("scdoc <$TREE/conf/man/$name.scd | mandoc -T lint -W warning");
		is($lint =~ s/^.*skipping paragraph macro.*\n//gmr, '', $name);
		my ($shown) = run("scdoc <$TREE/conf/man/$name.scd | mandoc -T utf8 -O width=78");
		like($shown =~ s/.\x08//gr, qr/^NAME.*^SEE ALSO/ms, 'it can be read');
	}
};

subtest 'the settings' => sub {
	my ($printed) = run("$LetterWatch::DAEMON --print-config");
	my $keys = sub { return join "\n", $_[0] =~ /$_[1]/gm };
	my $form = qr/^(\[\w+\]|\w+ =(?: .*)?)$/;
	is($keys->($page{'letterwatchd.conf.5'} =~ s/^\*(\w+)\* =/$1 =/gmr =~ s/^# (?=\[)//gmr, $form), $keys->($printed, $form),
		'letterwatchd.conf(5): each key with its default');
	is($keys->(slurp("$TREE/conf/letterwatchd.conf") =~ s/^#(?=\w+ =)//gmr, $form), $keys->($printed, $form), 'the shipped file, too');
};

subtest 'the options' => sub {
	my ($help) = run("$LetterWatch::DAEMON --help");
	my ($section) = $page{'letterwatchd.8'} =~ /^# OPTIONS\n(.*?)^# /ms;
	is(join(' ', sort map { /\*(-[\w-]+)\*/g } $section =~ /^(\*-.*)$/mg), join(' ', sort $help =~ /(?<=[\s,])(-[\w-]+)(?=,| |$)/g),
		'letterwatchd(8) has those of --help');
	is(join(' ', sort $page{'letterwatchd.8'} =~ /\*(SIG\w+)\*/g), join(' ', sort 'SIGINT', $help =~ /(SIG\w+)/g), 'and its signals');
	cmp_ok(scalar split(/\n/, $help), '<=', 24, '--help fits a screen');
};

my $lw = LetterWatch->new;
my $db = $lw->fresh_database;
$lw->set_clock($db, "'2026-11-24 10:00+08'");
$lw->psql($db, slurp("$TREE/sql/sample.sql") =~ s/^\\.*//gmr);
$lw->psql($db, <<~'SQL');
	create role clerk1 login in role letterwatch_clerk;
	create role admin1 login in role letterwatch_admin, letterwatch_clerk;
	insert into letterwatch.office_member select 'clerk1', office_code, 'clerk' from letterwatch.office;
	SQL

# Items of a definition list: *name*(parameters) or *name*, *name* alone on its line, and the text below it.
my $schema = $page{'letterwatch.7'};
my @items  = $schema =~ /^(\*[a-z].*)\n\t(.*(?:\n\t.*)*)/mg;

subtest 'the functions of letterwatch(7)' => sub {
	my %said;
	for my $item (@items) {
		$said{$1} = $2 while $item =~ /\*(\w+)\*\(([^)]*)\)/g;
	}
	$said{$1} //= $2 while $schema =~ /\*(\w+)\*\(([\w, ]*)\)/g;
	delete @said{qw(psql letterwatchd)}; # pages
	my %true = map { split /\|/, $_, 2 } split /\n/, $lw->psql($db, <<~'SQL');
		select p.proname, coalesce((select string_agg(n, ', ' order by i) from unnest(p.proargnames) with ordinality a (n, i) where i <= p.pronargs), '')
		from pg_proc p
		where p.pronamespace = 'letterwatch'::regnamespace
		SQL
	is_deeply([ grep { ($true{$_} // 'no function') ne ($said{$_} =~ s/\s+/ /gr) } sort keys %said ], [], 'take what it says')
		or diag(join "\n", map { "$_($said{$_}): " . ($true{$_} // 'none') } keys %said);
	my @events = split /\n/, $lw->psql($db, <<~'SQL');
		select distinct p.proname
		from pg_proc p
		where p.pronamespace = 'letterwatch'::regnamespace and pg_get_function_result(p.oid) = 'SETOF letterwatch.owed'
		  and p.proname not in ('owes', 'record_event') and has_function_privilege('letterwatch_clerk', p.oid, 'execute')
		SQL
	cmp_ok(scalar @events, '>', 15, 'there are functions that record');
	is_deeply([ grep { !exists $said{$_} } @events ], [], 'and each of them is there');
};

subtest 'the views of letterwatch(7)' => sub {
	my %columns;
	push @{ $columns{ $_->[0] } }, $_->[1] for map { [ split /\|/ ] } split /\n/, $lw->psql($db, <<~'SQL');
		select table_name, column_name from information_schema.columns
		where table_schema = 'letterwatch' and table_name in (select viewname from pg_views where schemaname = 'letterwatch')
		order by table_name, ordinal_position
		SQL
	my %written;
	for my $i (map { 2 * $_ } 0 .. $#items / 2) {
		my ($head, $text) = @items[ $i, $i + 1 ];
		$written{$_} = $text for $head =~ /\*(\w+)\*(?!\()/g;
	}
	for my $view (qw(overdue to_notify letter_status alert_log late_entries calendar_gap daemon_status intake_rejects supervision campaign
		backlog overdue_ageing)) {
		my ($list) = ($written{$view} // '') =~ /: ([a-z_]+(?:(?: \([^)]*\))?,\s+[a-z_]+)+(?: \([^)]*\))?)/;
		is(join(' ', ($list // '') =~ s/\([^)]*\)//gr =~ /\w+/g), join(' ', @{ $columns{$view} }), $view);
	}
	my @for_people = grep { !/^(?:calendar_awaited|intake_known|intake_letter|intake_event|reply_rate)$/ } sort keys %columns;
	is_deeply([ grep { !exists $written{$_} } @for_people ], [], 'none is left out');
};

subtest 'the examples of letterwatch(7)' => sub {
	my $doc = LetterWatch::Document->new('conf/man/letterwatch.7.scd');
	$doc->try_sql($lw, $db);
	$doc->try_scripts;
	my @lines = map { split /\n/, decode('UTF-8', $_->{text}) } $doc->blocks;
	is_deeply([ grep { length > 69 && !/^(?:\\copy|ERROR|HINT|It is accepted)|\p{Han}/ } @lines ], [], 'fit into a terminal of 80 columns');
};

done_testing;
