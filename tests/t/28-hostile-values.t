# Hostile text in every column that a person can write and in every key of the configuration: it is kept as it came, or refused
# with a reason, and what it says leaves in lines of one printable line each. The columns are those that the catalog says the roles
# may write, the keys those that the daemon prints: a new one is tried by itself, or asked for.
use strict;
use warnings;

use Encode qw(decode encode);
use File::Temp ();
use LetterWatch;
use Test::More;

# Each gets a tail, which says where it was put. The short ones are what a staff code or a number may be.
my %hostile = (
	staff   => q{'%s%n%1$s%*d"=\,;--'''},
	sql     => q{'''); drop table letterwatch.letter; -- $(reboot) `reboot` ${HOME} 石家庄'},
	control => q{E'\x01\x07\x08\x0b\x1b[31m\x7f" msg="y\n<8>Jan  1 00:00:00 letterwatchd[1]: event=stop\r\n'}
		. q{ || U&'\0085\009B31m\2028\2029\FEFF\00AD\+0E0041'},
	bidi    => q{U&'\202A\202E\2066\2069\200E\200F\061C'},
	long    => q{repeat(E'\x1b[31m石', 120000)}, # of 1 MB
);

my $lw     = LetterWatch->new;
my $db     = $lw->fast_database;
my $syslog = LetterWatch::Syslog->new;
$lw->psql($db, <<~'SQL' . join '', map { "insert into public.hostile values ('$_', $hostile{$_});\n" } sort keys %hostile);
	create role clerk login in role letterwatch_clerk;
	create role intake login in role letterwatch_intake;
	create role admin login in role letterwatch_admin;
	insert into letterwatch.office (office_code, name, rule_set) values ('H', 'Office H', 'procuratorate'), ('B', 'Office B', 'procuratorate');
	update letterwatch.office set calendar = 'everyday';
	insert into letterwatch.office_member (db_role, office_code, duty) values ('clerk', 'H', 'clerk'), ('clerk', 'A', 'clerk');
	create sequence public.number;
	create table public.hostile (name text primary key, value text not null);
	create table public.attempt (n text, place text, name text, value text, refused text);
	grant all on all tables in schema public to clerk, intake, admin;
	grant all on all sequences in schema public to clerk, intake, admin;

	-- Runs `sql` with each hostile value as $1 and a number as $2, whole or not at all.
	create procedure public.try(place text, sql text[]) language plpgsql as $$
	declare
		h record;
		n text;
		step text;
		refusal text;
	begin
		for h in select x.name, x.value || '|' || place as value from public.hostile x order by x.name loop
			n := nextval('public.number');
			refusal := null;
			begin
				foreach step in array sql loop
					execute step using h.value, n;
				end loop;
				set constraints all immediate;
			exception when others then
				refusal := sqlstate || ': ' || sqlerrm;
			end;
			set constraints all deferred;
			insert into public.attempt values (n, place, h.name, h.value, refusal);
			commit;
		end loop;
	end $$;
	SQL

# ---- columns -------------------------------------------------------------------------------------------------------------------------

# A row that would be taken, as column => SQL; $2 in it is a number. `before`, `after`: statements around it. Of one column another
# row, where it means something only there.
my $LETTER = q{insert into letterwatch.letter (letter_no, office_code) values ('E-' || $2, 'H')};
my $XINFANG = q{insert into letterwatch.letter (letter_no, office_code, rule_set) values ('E-' || $2, 'H', 'xinfang-2022')};
my $ACCEPTED = q{insert into letterwatch.letter_event (letter_no, kind, outcome) values ('E-' || $2, 'notice', 'accepted')};
my $RULES  = q{insert into letterwatch.rule_set (rule_set, title) values ('s' || $2, 'x')};
my %rule   = (rule_set => q{'s' || $2}, rule => q{'notice'}, basis => q{'x'}, begins => q{'receipt'}, amount => 60, unit => q{'second'},
	responsible_unit => q{'petitions'}, met_by => q{'{notice}'});
my $RULE   = 'insert into letterwatch.rule (' . join(', ', sort keys %rule) . ') values (' . join(', ', map { $rule{$_} } sort keys %rule) . ')';
my %notice = (letter_no => q{'E-' || $2}, kind => q{'notice'}, outcome => q{'accepted'}, source => q{'base'}, source_ref => q{$2});
my %event  = (letter_no => q{'E-' || $2}, source => q{'base'}, source_ref => q{$2});
my %order  = (%event, kind => q{'supervise'}, by_office => q{'H'}, until => q{current_date + 30});
my %extend = (%event, kind => q{'extend'}, rule => q{'reply'}, reason => q{'x'}, until => q{current_date + 80}, approved_by => q{'x'},
	informed_at => 'letterwatch.clock()');
my %only = (
	(map { $_ => { row => \%order } } qw(by_office topic leader)),
	(map { $_ => { row => \%extend, before => [ $XINFANG, $ACCEPTED ] } } qw(rule approved_by)),
	to_office    => { row => { %event, kind => q{'transfer'} } },
	of_letter_no => { row => { %event, kind => q{'duplicate'} } },
	reason       => { row => { %event, kind => q{'withdraw'} } },
	rule_set     => { row => { %event, kind => q{'correct'}, reason => q{'x'} } },
	letter_ref   => { row => { kind => q{'withdraw'}, source => q{'base'}, source_ref => q{$2} } },
);
my %as_text = (until => q{(current_date + 30)::text}, informed_at => 'letterwatch.clock()::text');
my %only_as_text = map {
	my $row = $only{$_}{row};
	($_ => { %{ $only{$_} }, row => { %$row, map { $as_text{$_} ? ($_ => $as_text{$_} =~ s/30/$row->{until} =~ m{80} ? 80 : 30/er) : () } keys %$row } })
} keys %only;
my %letter = (letter_no => q{'L-' || $2}, office_code => q{'H'}, source => q{'base'}, source_ref => q{'l-' || $2});
my %taken_as = (letter => { row => \%letter, found_in => [qw(letter letter_event)] },
	event => { row => \%notice, before => [$LETTER], only => \%only_as_text, found_in => [qw(letter_event)] });
sub by_batch {
	my ($what) = @_;
	my $batch = 'select max(b.batch_id) from letterwatch.intake_batch b';
	return { %{ $taken_as{$what} }, role => 'intake', found_in => [ @{ $taken_as{$what}{found_in} }, 'intake_rejected' ],
		begin => [ q{select letterwatch.open_batch('base')} ],
		after => [ "select letterwatch.take_batch(($batch), '$what')", "select letterwatch.close_batch(($batch))" ] };
}
my $OUTCOME  = q{('{accepted,incomplete,referred,not_accepted}'::text[])[1 + $2::int % 4]};
my $LANGUAGE = q{('{en,zh}'::text[])[1 + $2::int / 4 % 2]};
my %tables = (
	letter             => { role => 'clerk', row => \%letter },
	letter_event       => { role => 'clerk', before => [$LETTER], row => \%notice, only => \%only },
	petitioner         => { role => 'clerk', before => [$LETTER], row => { letter_no => q{'E-' || $2} } },
	intake_letter      => { role => 'clerk', %{ $taken_as{letter} } },
	intake_event       => { role => 'clerk', %{ $taken_as{event} } },
	intake_letter_line => by_batch('letter'),
	intake_event_line  => by_batch('event'),
	intake_mark        => { role => 'intake', row => { source_view => q{'v' || $2}, changed_at => q{'x'} } },
	intake_heading     => { role => 'admin', row => { heading => q{'h' || $2}, name => q{'title'} } },
	office             => { role => 'admin', row => { office_code => q{'O-' || $2}, name => q{'x'}, parent_code => q{'B'} } },
	office_alias       => { role => 'admin', row => { source => q{'base'}, alias => q{'a' || $2}, office_code => q{'H'} } },
	office_member      => { role => 'admin', row => { db_role => q{'r' || $2}, office_code => q{'H'}, duty => q{'clerk'} } },
	rule_set           => { role => 'admin', row => { rule_set => q{'s' || $2}, title => q{'x'} } },
	rule               => { role => 'admin', before => [$RULES], row => \%rule },
	stage              => { role => 'admin', before => [ $RULES, $RULE ],
		row => { rule_set => q{'s' || $2}, rule => q{'notice'}, stage_no => 1, stage => q{'overdue'}, seconds => 0, severity => 3 } },
	calendar           => { role => 'admin', row => { calendar => q{'c' || $2}, title => q{'x'} } },
	calendar_list      => { role => 'admin', row => { calendar => q{'cn'}, year => 2190, version => q{$2::int}, source => q{'x'} } },
	calendar_day       => { role => 'admin',
		before => [ q{insert into letterwatch.calendar_list (calendar, year, version, source) values ('cn', 2190, $2::int, 'x')} ],
		row => { calendar => q{'cn'}, year => 2190, version => q{$2::int}, day => q{'2190-05-01'}, kind => q{'off'} } },
	calendar_import    => { role => 'admin', row => { day => q{'2190-05-01'}, kind => q{'off'} } },
	term               => { role => 'admin', row => { category => q{'unit'}, code => q{'u' || $2}, en => q{'x'}, zh => q{'x'} } },
	notice_template    => { role => 'admin', before => [ "delete from letterwatch.notice_template where outcome = $OUTCOME and language = $LANGUAGE" ],
		row => { outcome => $OUTCOME, language => $LANGUAGE, body => q{'x'} } },
);

# Texts that come by a function or a setting, and where they are kept.
my %calls = (
	'letter.registered_by'        => [ 'clerk', q{select set_config('letterwatch.actor', $1, true)}, $LETTER ],
	'petitioner_forgotten.reason' => [ 'clerk', $LETTER, q{insert into letterwatch.petitioner (letter_no, name) values ('E-' || $2, 'x')},
		q{select letterwatch.forget_petitioner('E-' || $2, $1)} ],
	'intake_batch.source' => [ 'intake', q{select letterwatch.close_batch(letterwatch.open_batch($1, 'f' || $2))} ],
	'intake_batch.file'   => [ 'intake', q{select letterwatch.close_batch(letterwatch.open_batch('x', $1))} ],
	'intake_batch.fault'  => [ 'intake', q{select letterwatch.close_batch(letterwatch.open_batch('x', 'f' || $2), $1)} ],
);

my @columns = map { [ split /\|/ ] } split /\n/, $lw->psql($db, <<~'SQL');
	select distinct c.table_name, c.column_name, c.data_type = 'ARRAY'
	from information_schema.columns c
	join information_schema.column_privileges p using (table_schema, table_name, column_name)
	where c.table_schema = 'letterwatch' and p.privilege_type in ('INSERT', 'UPDATE')
	  and p.grantee in ('letterwatch_clerk', 'letterwatch_intake', 'letterwatch_admin', 'letterwatch_reader', 'letterwatch_daemon', 'PUBLIC')
	  and c.udt_name !~ '^_?(int[248]|float[48]|bool|date|time|timetz|timestamp|timestamptz|interval|uuid|xid8|numeric)$'
	order by 1, 2
	SQL
cmp_ok(scalar @columns, '>', 100, 'columns that a person can write');
is_deeply([ grep { !$tables{$_} } map { $_->[0] } @columns ], [], 'for each table there is a row to try it with');

my (%script, %kept_in);
for (@columns) {
	my ($table, $column, $is_array) = @$_;
	my $recipe = $tables{$table} or next;
	my %by     = (%$recipe, %{ $recipe->{only}{$column} // {} });
	my %row    = (%{ $by{row} }, $column => $is_array eq 't' ? 'array[$1]' : '$1');
	my @names  = sort keys %row;
	my @sql    = (@{ $recipe->{begin} // [] }, @{ $by{before} // [] },
		"insert into letterwatch.$table (" . join(', ', @names) . ') values (' . join(', ', @row{@names}) . ')', @{ $by{after} // [] });
	$script{ $by{role} } .= "call public.try('$table.$column', array[" . join(', ', map { "\$sql\$$_\$sql\$" } @sql) . "]);\n";
	$kept_in{"$table.$column"} = [ map { "$_.$column" } @{ $by{found_in} // [$table] } ];
}
for my $place (sort keys %calls) {
	my ($role, @sql) = @{ $calls{$place} };
	$script{$role} .= "call public.try('$place', array[" . join(', ', map { "\$sql\$$_\$sql\$" } @sql) . "]);\n";
	$kept_in{$place} = [$place];
}
for my $role (qw(admin clerk intake)) {
	my (undef, $error) = $lw->try($db, $script{$role}, $role);
	is($error, '', "all of them are tried as $role");
}

# What was neither refused nor is there as it came. Of a file, what does not fit is kept apart; two columns are passed over.
my %exists = map { $_ => 1 } split /\n/,
	$lw->psql($db, q{select table_name || '.' || column_name from information_schema.columns where table_schema = 'letterwatch'});
my @missing = map {
	my ($table, $column, $is_array) = @$_;
	my $place = "$table.$column";
	my @where = map { my ($t, $c) = split /\./; "exists (select from letterwatch.$t x where x.${c}::text = " . ($is_array eq 't' ? 'array[a.value]::text' : 'a.value') . ')' }
		grep { !/^intake_rejected/ && $exists{$_} } @{ $kept_in{$place} };
	push @where, q{exists (select from letterwatch.intake_rejected r where r.source_ref in (a.n, 'l-' || a.n, left(a.value, 300)) or r.source = left(a.value, 300))}
		if $table =~ /_line$/;
	$column =~ /^rejected/ ? () : "select a.place || ' ' || a.name from public.attempt a where a.place = '$place' and a.refused is null and not (" . join(' or ', 'false', @where) . ')';
} @columns, map { [ split(/\./), 'f' ] } keys %calls;
is($lw->psql($db, 'set jit = off; ' . join ' union ', @missing), '', 'what is taken is kept as it came');
is($lw->psql($db, q{select place || ' ' || name || ' ' || left(refused, 100) from public.attempt where refused !~ '^(LW00[1-4]|22...|23...|42501|54000): .*\w'}), '',
	'what is refused is refused by a check, with a reason');
is($lw->psql($db, q{select place || ' ' || name || ' ' || left(refused, 100) from public.attempt where place ~ '_line[.]' and refused <> ''}), '',
	'no line of a file ends the whole of it');
my ($kept, $refused) = split /\|/, $lw->psql($db, 'select count(*) filter (where refused is null), count(refused) from public.attempt');
cmp_ok($_, '>', 200, 'both happen') for $kept, $refused;
note("$kept kept, $refused refused");

# Bytes that are no text do not get as far.
my (undef, $error) = $lw->try($db, "insert into letterwatch.letter (office_code, title) values ('H', '\xC3\x28')", 'clerk');
like($error, qr/invalid byte sequence for encoding "UTF8"/, 'broken UTF-8 is refused');

# ---- lines ---------------------------------------------------------------------------------------------------------------------------

my $SEEN = 4096 + 128;    # LOGFMT_MAX and the header

# Why it is not one line that says nothing but what it seems to.
sub fault_of {
	my ($bytes, $longest) = @_;
	return 'too long: ' . length $bytes if length $bytes > $longest;
	my $text = eval { decode('UTF-8', $bytes, Encode::FB_CROAK | Encode::LEAVE_SRC) } // return 'no UTF-8';
	return sprintf 'U+%04X', ord $1 if $text =~ /([\p{Cc}\p{Cf}\p{Zl}\p{Zp}])/;
	return '';
}

# A deadline for each of the values: the unit, a stage and the titles are called so, the letter and its handler as they may be.
$lw->psql($db, <<~'SQL');
	create table public.case as select row_number() over (order by name) as n, value from public.hostile;
	insert into letterwatch.rule_set (rule_set, title) select 'h' || n, value from public.case;
	insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
	select 'h' || n, 'h' || n, value, 'receipt', 60, 'second', false, value, '{notice}' from public.case;
	insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, severity, unit)
	select 'h' || n, 'h' || n, 1, 'overdue', 0, 3, null from public.case
	union all
	select 'h' || n, 'h' || n, 2, value, 1, 3, value from public.case;
	insert into letterwatch.term (category, code, en, zh)
	select 'rule', 'h' || n, value, value from public.case
	union all
	select 'stage', value, value, value from public.case where length(value) < 1000;
	insert into letterwatch.letter (letter_no, office_code, rule_set, received_at, title)
	select '%s%n%1$s"=\,;--' || n, 'A', 'h' || n, letterwatch.clock() - interval '59 s', value from public.case;
	insert into letterwatch.letter_event (letter_no, kind, handler)
	select l.letter_no, 'assign', '%s%n"=\' from letterwatch.letter l where l.rule_set ~ '^h\d+$';
	SQL
my $daemon = $lw->start_daemon($db, $syslog, 'alerts.ident' => '%s%n"\\', 'alerts.language' => 'zh');
my $cases  = keys %hostile;
wait_until { $syslog->alerts == 2 * $cases } 20, 'each alert comes';
$lw->psql($db, q{insert into letterwatch.letter_event (letter_no, kind, outcome) select letter_no, 'notice', 'accepted' from letterwatch.letter where rule_set ~ '^h[12]$'});
wait_until { $syslog->events('cleared') == 2 } 10, 'some are answered';
$lw->psql($db, q{update letterwatch.daily_line set next_at = letterwatch.clock() where event = 'digest'; notify letterwatch_due});
wait_until { $syslog->events('digest') } 10, 'there is a digest';
wait_until { $syslog->lines; $lw->psql($db, 'select count(*) from letterwatch.outbox') eq '0' } 30, 'all is sent';

my @lines = $syslog->lines;
cmp_ok(scalar $syslog->events('intake'), '>', 100, 'what came in is told');
is_deeply([ map { $_->{error} // () } @lines ], [], 'each line is a syslog line in logfmt');
is_deeply([ grep { $_ } map { fault_of($_->{raw}, $SEEN) } @lines ], [], 'one line of printable text, of bounded length');
is_deeply([ grep { /[^ -~]/ } map { $_->{text} =~ s/ msg=.*//r } @lines ], [], 'and of ASCII but for its message');
my %events;
$events{ $_->{fields}{event} }++ for @lines;
is_deeply([ grep { !/^(?:start|alert|cleared|digest|intake|recovered|degraded)$/ } keys %events ], [], 'no value has become an event') or diag(explain(\%events));
is_deeply([ grep { $_ ne '%s%n"\\' } map { $_->{ident} } @lines ], [], 'the name before them is as it was set');

# Whether a line says what the row holds, or its beginning where it is too long for a line.
sub says {
	my ($line, $key, $hex) = @_;
	my $stored = decode('UTF-8', pack 'H*', $hex);
	my $said   = $line->{fields}{$key} // return length $line->{raw} > $SEEN - 300;
	return 1 if $said eq $stored;
	return $said =~ s/\.\.\.\z// && length $line->{raw} > $SEEN - 300 && index($stored, $said) == 0;
}
my %row = map { my ($id, @values) = split /\|/; ($id => \@values) } split /\n/, $lw->psql($db,
	'select alert_id, ' . join(', ', map { "encode(convert_to(left($_, 5000), 'UTF8'), 'hex')" } qw(stage unit letter_no handler)) . ' from letterwatch.alert');
for my $n (0 .. 3) {
	my $key = (qw(stage unit letter handler))[$n];
	is_deeply([ grep { !says($_, $key, $row{ $_->{fields}{id} }[$n]) } $syslog->alerts ], [], "$key says what is stored");
}
is(scalar(grep { $_->{fields}{handler} // '' eq '%s%n"=\\' } $syslog->alerts), 2 * $cases - 2, 'in all but those that one value fills');

is($lw->psql($db, $_->[0]), '', $_->[1])
	for [ 'select what, letter_no from letterwatch.verify()', 'verify() finds nothing amiss' ],
	[ 'select letter_no, error from letterwatch.replan_queue', 'every letter is planned' ], [ 'select letter_no, error from letterwatch.parked', 'none is parked' ];

ok($daemon->stop, 'it stops') or diag($daemon->log);

# ---- keys ----------------------------------------------------------------------------------------------------------------------------

# Output (both streams) and exit status of the daemon with such a file.
sub daemon_says {
	my ($option, $text) = @_;
	my $file = File::Temp->new;
	print $file $text;
	close $file;
	my $output = qx{'$LetterWatch::DAEMON' -c '$file' $option 2>&1};
	return ($output =~ s/^\Q$file\E:/FILE:/gmr, $? & 127 ? "signal $?" : $? >> 8);
}

my @bytes = ("%s%n%1\$s%*d", "\x1b[31mred", "\x00", "\x7f", "\xe2\x80\xae\xe2\x81\xa6", "\xc2\x9b31m", "\xff\xc3(\xed\xa0\x80", "'; drop table x; --", '$(reboot)',
	'x' x 3900, 'y' x 1_000_000);
my ($defaults) = daemon_says('--print-config', '');
my @keys;
for (split /\n/, $defaults) {
	my $section = /^\[(\w+)\]$/ ? $1 : $keys[-1] && $keys[-1][0];
	push @keys, [ $section, /^(\w+) = (.*)/ ? ($1, $2) : () ];
}
@keys = grep { @$_ > 1 } @keys;
cmp_ok(scalar @keys, '>=', 8, 'keys of the configuration');

my (@bad, @taken, @refused);
for my $key (@keys) {
	my ($section, $name, $default) = @$key;
	for my $value (map { ("Zebra$_", "${default}Zebra$_") } @bytes) {
		my $text = "[$section]\n$name = $value\n";
		my ($says, $status) = daemon_says('--check-config', $text);
		my $what = "$name = " . substr($value, 0, 40) =~ s/([^ -~])/sprintf '\\x%02X', ord $1/ger . ": $status: " . substr $says, 0, 200;
		if ($status eq 0) {
			push @taken, [ $section, $name, $value ];
			my ($printed) = daemon_says('--print-config', $text);
			push @bad, "$what: printed otherwise" if index($printed, "\n$name = $value\n") < 0;
		} else {
			push @refused, $text;
			push @bad, $what if $status ne 2 or $says !~ /^(?:FILE:\d+: .*\w.*\n)+\z/ or $says =~ /Zebra/ or fault_of($says =~ s/\n//gr, 300);
		}
	}
}
is_deeply(\@bad, [], 'a value of a key is taken as it is, or refused by file and line, without a piece of it');
cmp_ok(scalar @$_, '>', 3, 'both happen') for \@taken, \@refused;
note(@taken . ' taken, ' . @refused . ' refused');

# The running daemon with each that is taken, and with the others at a reload.
is_deeply([ grep { !/^(?:conninfo|syslog_socket|ident)$/ } map { $_->[1] } @taken ], [], 'what may hold any text is known');
my $where = $lw->node->connstr($db) =~ s/ dbname=.*//r;
for my $bytes ($bytes[0], "\xe2\x80\xae\xe2\x81\xa6\xc2\x9b31m", "\xff\xc3(\xed\xa0\x80'; --") {
	my $hostile = LetterWatch::Syslog->new;
	my $path    = "$hostile->{dir}/$bytes";
	symlink $hostile->path, $path or die "$path: $!";
	local $ENV{TMPDIR} = "$hostile->{dir}/of $bytes";    # where its file will be
	mkdir $ENV{TMPDIR} or die "$ENV{TMPDIR}: $!";
	$daemon = $lw->start_daemon($db, $hostile, 'alerts.syslog_socket' => $path,
		'database.conninfo' => "$where user=letterwatchd dbname='Zebra" . $bytes =~ s/'/\\'/gr . "'");
	wait_until { $daemon->log =~ /not reached.*does not exist/ } 10, 'it starts with a database that nobody has';
	wait_until { $hostile->events('start') } 10, 'and says so to such a socket';
	for (grep { $bytes eq $bytes[0] ? $_ % 7 == 0 : $_ == 0 } 0 .. $#refused) {
		my $before = $hostile->events('reload');
		open my $file, '>', $daemon->conf_file or die $!;
		print $file $refused[$_];
		close $file;
		$daemon->signal('HUP');
		wait_for { $hostile->events('reload') > $before } 10;
	}
	ok($daemon->stop, 'it stops');
	like($daemon->log, qr/^settings refused/m, 'a file is refused at a reload');
	is_deeply([ grep { $_ ne 'refused' } map { $_->{fields}{result} } $hostile->events('reload') ], [], 'as is each of them');
	is_deeply([ grep { $_ } map { fault_of($_, 1024) } split /\n/, $daemon->log ], [], 'stderr has lines of printable text') or diag($daemon->log);
	is_deeply([ grep { $_ } map { fault_of($_->{raw}, $SEEN) } $hostile->lines ], [], 'syslog, too');
	unlike($daemon->log =~ s/.*not reached.*//gr, qr/Zebra/, 'nothing else repeats a value');
}
done_testing;
