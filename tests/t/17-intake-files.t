# CSV files in a folder, taken in by systemd/letterwatch-intake: what they may look like, what becomes of lines and files that do not
# fit, and that whatever ends it half-way, nothing is lost and nothing comes twice.
use strict;
use warnings;

use Encode qw(from_to);
use File::Temp ();
use LetterWatch;
use POSIX ();
use Test::More;


my $lw = LetterWatch->new;
my $db = $lw->fresh_database;
$lw->psql($db, <<'SQL');
insert into letterwatch.office (office_code, name) values ('A', 'Office A');
create role intake login in role letterwatch_intake;
SQL

my $MARK   = "\xef\xbb\xbf";    # of UTF-8, before the first byte
my $tmp    = File::Temp->newdir;
my $folder = "$tmp/folder";
my @said;    # what the last run wrote
my %ENVIRONMENT = (
	PGHOST          => $lw->node->host,
	PGPORT          => $lw->node->port,
	PGUSER          => 'intake',
	PGDATABASE      => $db,
	INTAKE_FOLDER   => $folder,
	INTAKE_SETTLE_S => 0,
	INTAKE_IMPORT   => "$LetterWatch::TREE/sql/import.psql");

# Runs it to its end, with other settings if given; its exit status, or minus the signal that ended it.
sub run {
	my (%settings) = @_;
	local @ENV{ keys %ENVIRONMENT, keys %settings } = (values %ENVIRONMENT, values %settings);
	my $output = qx{$LetterWatch::TREE/systemd/letterwatch-intake 2>&1};
	@said = split /\n/, $output;
	return $? & 127 ? -($? & 127) : $? >> 8;
}

sub slurp {
	my ($path) = @_;
	open my $file, '<:raw', $path or die "$path: $!";
	local $/;
	return <$file>;
}

# A file in the folder, moved in.
sub put {
	my ($name, $text) = @_;
	mkdir $folder;
	mkdir "$folder/in";
	open my $file, '>:raw', "$tmp/new" or die $!;
	print $file $text;
	close $file or die $!;
	rename "$tmp/new", "$folder/in/$name" or die "$name: $!";
	return;
}

# Names of files in a directory of the folder, without the keys in them.
sub names {
	my ($directory) = @_;
	opendir my $handle, "$folder/$directory" or return '';
	return join ' ', map { s/\.\d{8}-\d{6}-\d+//r } sort grep { !/^\./ } readdir $handle;
}

# The text of the file in rejected/ or done/ that was called so.
sub left_of {
	my ($directory, $name) = @_;
	my ($stem, $suffix) = split /\./, $name, 2;
	my @found = glob "$folder/$directory/$stem.*.$suffix";
	is(scalar @found, 1, "$name is in $directory/");
	return @found ? slurp($found[0]) : '';
}

sub clear {
	system 'rm', '-rf', $folder;
	return;
}

sub query { return $lw->psql($db, $_[0]) }

sub letters {
	my ($prefix) = @_;
	return query("select string_agg(letter_no, ' ' order by letter_no) from letterwatch.letter where letter_no like '$prefix-%'");
}

# ---- what is in it ---------------------------------------------------------------------------------

subtest 'good lines are taken, others come back with their reasons, and are taken once they are mended' => sub {
	put('letters.csv', <<~'CSV');
		received_on,letter_no,title,office_code,notice_at,source_ref
		2026-11-03,M-1,"two
		lines, and a ""quote""",A,2026-11-04,1
		3/11/2026,M-2,ambiguous,A,,2
		2026/11/3,M-3,,A,2026年11月5日,3
		2026年11月3日,M-4,"unknown
		office",B,,4
		2026-11-03,M-5
		2026-11-03,M-6,one too many,A,,6,

		,,,,,
		2026-11-03,M-7,last,A,,7

		CSV
	is(run(), 0, 'it ends well') or diag("@said");
	is(letters('M'), 'M-1 M-3 M-7', 'the good ones');
	is(query(q{select title from letterwatch.letter where letter_no = 'M-1'}), qq{two\nlines, and a "quote"}, 'a field may hold anything');
	is(query(q{select count(*) from letterwatch.letter_event where letter_no like 'M-%' and kind = 'notice'}), 2, 'with their notices');
	is(names($_), '', "$_/ is empty") for qw(in work);
	like(left_of('done', 'letters.csv'), qr/^received_on,.*M-7,last,A,,7\n\n\z/s, 'the original');
	my $rejected = left_of('rejected', 'letters.csv');
	is($rejected, <<~'CSV', 'the others, in the same form');
		rejected_line,rejected,received_on,letter_no,title,office_code,notice_at,source_ref
		4,"received_on is no day",3/11/2026,M-2,ambiguous,A,,2
		6,"letter M-4 cannot be registered: unknown office B",2026年11月3日,M-4,"unknown
		office",B,,4
		8,"not as many fields as the header has columns",2026-11-03,M-5
		9,"not as many fields as the header has columns",2026-11-03,M-6,one too many,A,,6,
		10,"not as many fields as the header has columns",
		CSV
	unlike("@said", qr/letters|M-|ambiguous/, 'the journal gets neither names nor contents');

	$rejected =~ s{3/11/2026}{2026/11/3};
	$rejected =~ s{,B,}{,A,};
	$rejected =~ s{M-5$}{M-5,,A,,5}m;
	$rejected =~ s{,6,$}{,6}m;
	clear();
	put('mended.csv', $rejected);
	is(run(), 0, 'the mended file');
	is(letters('M'), 'M-1 M-2 M-3 M-4 M-5 M-6 M-7', 'is taken');
	is(query(q{select count(*) from letterwatch.intake_rejected where source_ref is not null}), 0, 'what is mended is noted no more');
};

subtest 'a mended file that is still wrong comes back with its new lines and reasons' => sub {
	clear();
	put('again.csv', qq{${MARK}rejected_line,rejected,letter_no,office_code\n17,"a ""reason"", of old",N-1,B\n18,,N-2,A\n});
	is(run(), 0, 'it ends well');
	is(letters('N'), 'N-2', 'the good one');
	is(left_of('rejected', 'again.csv'), qq{${MARK}rejected_line,rejected,letter_no,office_code\n}
		. qq{2,"letter N-1 cannot be registered: unknown office B",N-1,B\n}, 'once more, with its byte order mark');
};

subtest 'encodings, line ends, headings' => sub {
	clear();
	my $text = "单位代码,来信编号,收信日期,标题\r\nA,%s-1,2026年11月3日,关于农田\r\nA,%s-2,2026年13月3日,关于房屋\r\n";
	my $rejected = "rejected_line,rejected,单位代码,来信编号,收信日期,标题\r\n3,\"received_on is no day\",A,%s-2,2026年13月3日,关于房屋\r\n";
	put('utf8.csv', $text =~ s/%s/U/gr);
	put('bom.csv', $MARK . $text =~ s/%s/B/gr);
	is(run(), 0, 'UTF-8, with and without a byte order mark');
	is(left_of('rejected', 'utf8.csv'), $rejected =~ s/%s/U/r,
		'rejected lines keep their line ends');
	my ($chinese, $chinese_rejected) = map { s/%s/G/gr } $text, $rejected;
	from_to($_, 'UTF-8', 'gbk') for $chinese, $chinese_rejected;
	put('gb.csv', $chinese);
	is(run(), 0, 'GB18030 without the setting');
	is(left_of('rejected', 'gb.csv'),     $chinese,                                'is refused as a whole');
	is(left_of('rejected', 'gb.csv.why'), "the first line is no text in UTF8\n", 'and why');
	clear();
	put('gb.csv', $chinese);
	is(run(INTAKE_ENCODING => 'GB18030'), 0, 'with it');
	is(query(q{select string_agg(distinct title, ' ') from letterwatch.letter where letter_no in ('U-1', 'B-1', 'G-1') and received_on = '2026-11-03'}),
		'关于农田', 'all three say the same');
	is(left_of('rejected', 'gb.csv'), $chinese_rejected, 'and rejected lines are in it');
};

subtest 'a record that does not fit costs no other, whatever line breaks it holds' => sub {
	my $text = "source_ref,title,office_code,received_on\n"
	  . qq{%s1,"关\n于",A,2026-11-02,extra\n%s2,二,A,2026-11-02\n%s3,"multi\nline",A,2026-11-02\n}
	  . qq{%s4,"three\n\n""lines""",A\n\n%s5,e,A,2026-11-02\n%s6,"f\nf",B,2026-11-02\n%s7,"last\none"\n\n};
	my $rejected = "rejected_line,rejected,source_ref,title,office_code,received_on\n"
	  . qq{2,"not as many fields as the header has columns",%s1,"关\n于",A,2026-11-02,extra\n}
	  . qq{7,"not as many fields as the header has columns",%s4,"three\n\n""lines""",A\n}
	  . qq{10,"not as many fields as the header has columns",\n}
	  . qq{12,"letter %s6 cannot be registered: unknown office B",%s6,"f\nf",B,2026-11-02\n}
	  . qq{14,"not as many fields as the header has columns",%s7,"last\none"\n};

	# Records end as the spreadsheet of Windows ends them; a line break within a cell is a line feed by itself there.
	my $to_windows = sub {
		my ($csv) = @_;
		my $quoted;
		return $csv =~ s{(["\n])}{$quoted = !$quoted if $1 eq '"'; $1 eq "\n" && !$quoted ? "\r\n" : $1}ger;
	};
	my %form = (
		E => [ UTF8    => sub { $_[0] } ],
		F => [ UTF8    => $to_windows ],
		G => [ UTF8    => sub { $_[0] =~ s/\n/\r\n/gr } ],
		I => [ GB18030 => sub { my $csv = $to_windows->($_[0]); from_to($csv, 'UTF-8', 'gbk'); return $csv } ]);
	for my $letter (sort keys %form) {
		my ($encoding, $form) = @{ $form{$letter} };
		clear();
		put('spans.csv', $form->($text =~ s/%s/$letter/gr));
		is(run(INTAKE_ENCODING => $encoding), 0, "$letter: it ends well") or diag("@said");
		is(query(qq{select string_agg(source_ref || ' ' || replace(replace(title, chr(13), ''), chr(10), '/'), ', ' order by source_ref)
			from letterwatch.letter where source_ref ~ '^$letter\[0-9]\$'}),
			"${letter}2 二, ${letter}3 multi/line, ${letter}5 e", "$letter: the good ones, as they are");
		is(left_of('rejected', 'spans.csv'), $form->($rejected =~ s/%s/$letter/gr), "$letter: all of the others comes back");
		is(query('select lines, rejected from letterwatch.intake_batch order by batch_id desc limit 1'), '8|5', "$letter: counted");
	}
	my $mended = $rejected =~ s/%s/E/gr;
	$mended =~ s/,extra$//m;
	$mended =~ s/,A$/,A,2026-11-02/m;
	$mended =~ s/,B,/,A,/;
	clear();
	put('mended.csv', $mended);
	run();
	is(query(q{select count(*) from letterwatch.letter where source_ref ~ '^E[0-9]$'}), 6, 'what was mended is taken');
	like(left_of('rejected', 'mended.csv'), qr/^10,".*",E7,"last\none"\n\z/m, 'what was not comes back') or diag("@said");
};

subtest 'a quote that none answers takes no other row along' => sub {
	clear();
	put('astray.csv', <<~'CSV');
		source_ref,title,office_code,received_on
		Q1,"open,A,2026-11-02
		Q2,well,A,2026-11-02
		Q3,"open,A,2026-11-02
		Q4,said "so",A,2026-11-02
		Q5, "with a blank" ,A,2026-11-02
		Q6,"",A,2026-11-02
		Q7,"""so"" he said",A,2026-11-02
		CSV
	is(run(), 0, 'it ends well');
	is(query(q{select string_agg(source_ref || ' ' || coalesce(title, '-'), ', ' order by source_ref) from letterwatch.letter where source_ref ~ '^Q[0-9]$'}),
		'Q5 with a blank, Q6 -, Q7 "so" he said', 'what is sound is taken');
	is(left_of('rejected', 'astray.csv'), <<~'CSV', 'the rest comes back');
		rejected_line,rejected,source_ref,title,office_code,received_on
		2,"a quote or a carriage return stands amid a field",Q1,"open,A,2026-11-02
		Q2,well,A,2026-11-02
		Q3,"open,A,2026-11-02
		5,"a quote or a carriage return stands amid a field",Q4,said "so",A,2026-11-02
		CSV
};

subtest 'a carriage return by itself ends no record' => sub {
	clear();
	put('returns.csv', "source_ref,title,office_code\nC1,well,A\nC2,\"two\nlines\",A\rC3,well,A\nC4,a\rb,A\nC5,well,A\n");
	is(run(), 0, 'it ends well');
	is(query(q{select string_agg(source_ref, ' ' order by source_ref) from letterwatch.letter where source_ref ~ '^C[0-9]$'}), 'C1 C5', 'what is sound is taken');
	is(left_of('rejected', 'returns.csv') =~ s/\r/<CR>/gr, <<~'CSV', 'the rest comes back');
		rejected_line,rejected,source_ref,title,office_code
		3,"a quote or a carriage return stands amid a field",C2,"two
		lines",A<CR>C3,well,A
		5,"a quote or a carriage return stands amid a field",C4,a<CR>b,A
		CSV
};

subtest 'a quote that is not closed, and others that are read in two ways' => sub {
	clear();
	put('last.csv', "source_ref,title,office_code\nU1,a,A\n\nU2,\"b,A\nU3,c,A\n");
	is(run(), 0, 'it ends well');
	is(left_of('rejected', 'last.csv'), <<~'CSV', 'all that is left open comes back, and a blank line before it');
		rejected_line,rejected,source_ref,title,office_code
		3,"not as many fields as the header has columns",
		4,"a quote or a carriage return stands amid a field",U2,"b,A
		U3,c,A
		CSV
	put('zero.csv', qq{source_ref,title,office_code\nU4,"1"0,t",A\nU5,"p"0,q",A\nU6,r,A\n});
	put('sep.csv',  qq{source_ref,title,office_code\nsep=;\nU7,a,A\nU8,b,A\n});
	is(run(), 0, 'it ends well');
	is(query(q{select string_agg(source_ref || ' ' || title, ', ' order by source_ref) from letterwatch.letter where source_ref ~ '^U[0-9]$'}),
		'U1 a, U6 r, U7 a, U8 b', 'what is sound is taken');
	clear();
	put('only.csv', qq{office_code\nA\n\n"A\n});
	is(run(), 0, 'it ends well');
	like(left_of('rejected', 'only.csv'), qr/^4,".*","A\n\z/m, 'it comes back where it is the only column, too');
};

subtest 'a column by itself' => sub {
	clear();
	put('one.csv', "office_code\nA,1\nA\n\nA,2\n");
	is(run(), 0, 'it ends well');
	is(left_of('rejected', 'one.csv'), "rejected_line,rejected,office_code\n" . join('', map { qq{$_->[0],"not as many fields as the header has columns",$_->[1]\n} }
		[ 2, 'A,1' ], [ 5, 'A,2' ]), 'its lines of two fields come back');
	clear();
	put('one.csv', "office_code\nA,1\n");
	is(run(), 0, 'it ends well');
	like(left_of('rejected', 'one.csv'), qr/^2,".*",A,1$/m, 'also where there is nothing else');
};

subtest 'many blank lines at the end' => sub {
	clear();
	put('blank.csv', "letter_no,office_code\nV-1,A\n" . "\n" x 200_000);
	my $began = time;
	is(run(), 0, 'it ends well');
	cmp_ok(time - $began, '<', 60, 'soon');
	is(letters('V') . names('rejected'), 'V-1', 'and they are nothing');
};

subtest 'a reason is one line, whatever it tells of' => sub {
	clear();
	put('break.csv', qq{source_ref,office_code,received_on\nN1,"A\n3\tB",2026-11-02\nN2,A,2026-11-02\nN3,A,2026-13-01\nN4,"B\r",2026-11-02\n});
	is(run(), 0, 'it ends well');
	is(left_of('rejected', 'break.csv'), <<~"CSV", 'all that was rejected comes back');
		rejected_line,rejected,source_ref,office_code,received_on
		2,"letter N1 cannot be registered: unknown office A 3 B",N1,"A
		3\tB",2026-11-02
		5,"received_on is no day",N3,A,2026-13-01
		6,"letter N4 cannot be registered: unknown office B ",N4,"B\r",2026-11-02
		CSV
};

subtest 'a row comes back although another one of its number is taken' => sub {
	clear();
	put('twice.csv', "source_ref,office_code,received_on,notice_at\nD1,A,2026-11-02,\nD1,A,2026-11-02,2026-13-45\nD2,A,,2026-13-45\nD2,A,,\n");
	put('twice_events.csv', "source_ref,letter_ref,kind,occurred_at\nDe1,D1,progress,2026-11-03\nDe1,D1,progress,2026-13-45\n");
	is(run(), 0, 'it ends well');
	is(left_of('rejected', 'twice.csv'), <<~'CSV', 'of letters');
		rejected_line,rejected,source_ref,office_code,received_on,notice_at
		3,"notice_at is no moment",D1,A,2026-11-02,2026-13-45
		4,"notice_at is no moment",D2,A,,2026-13-45
		CSV
	is(left_of('rejected', 'twice_events.csv'), <<~'CSV', 'of events');
		rejected_line,rejected,source_ref,letter_ref,kind,occurred_at
		3,"occurred_at is no moment",De1,D1,progress,2026-13-45
		CSV
	is(query(q{select string_agg(source_ref, ' ' order by source_ref) from letterwatch.intake_rejects where source_ref ~ '^D'}), 'D1 D2 De1', 'and is noted');
	clear();
	put('mended.csv', "source_ref,office_code\nD1,A\nD2,A\n");
	run();
	is(query(q{select string_agg(source_ref, ' ' order by source_ref) from letterwatch.intake_rejects where source_ref ~ '^D'}), 'De1', 'until it is mended');
};

subtest 'a year that is none' => sub {
	clear();
	put('zero.csv', "letter_no,office_code,received_on\nZ-1,A,0000-01-01\nZ-2,A,2026-11-02\nZ-3,A,0000-13-01\n");
	is(run(), 0, 'it ends well') or diag("@said");
	is(letters('Z'), 'Z-2', 'the other row is taken');
	like(left_of('rejected', 'zero.csv'), qr/^2,"received_on is no day",Z-1,A,0000-01-01\n4,"received_on is no day",Z-3/m, 'it is rejected');
};

subtest 'events, by a column kind' => sub {
	clear();
	put('events.csv', "kind,letter_no,occurred_at,outcome,source_ref\nnotice,M-2,2026-11-05 10:00,accepted,e1\nnotice,M-404,2026-11-05,accepted,e2\n");
	put('events2.csv', "kind,letter_ref,occurred_at,source_ref\nresult,3,2026-11-06,e3\n");
	is(run(), 0, 'it ends well');
	is(query(q{select string_agg(letter_no || ' ' || kind, ', ' order by source_ref) from letterwatch.letter_event where source_ref ~ '^e'}),
		'M-2 notice, M-3 result', 'are recorded');
	like(left_of('rejected', 'events.csv'), qr/^3,"there is no letter M-404",notice/m, 'or rejected');
};

subtest 'files that are refused as a whole' => sub {
	my %why = (
		'empty'    => [ '',                                              qr/does not name the columns/ ],
		'binary'   => [ join('', map { chr($_ * 7 % 256) } 1 .. 9000), qr/no text/ ],
		'nul'      => [ "letter_no,office_code\nX-1,A\nX-2,\0\n",        qr/zero bytes/ ],
		'latin'    => [ "letter_no,office_code,title\nX-1,A,\xe9t\xe9\n", qr/invalid byte sequence/ ],
		'column'   => [ "letter_no,offfice_code\nX-1,A\n",               qr/unknown column "offfice_code"/ ],
		'twice'    => [ "letter_no,letter_no\nX-1,A\n",                  qr/"letter_no" is there twice/ ],
		'end'      => [ "letter_no,office_code\nX-1,A\n\\.\nX-2,A\n",    qr/begins with/ ],
		'header'   => [ qq{letter_no,"office_code\nX-1,A\nX-2,A"\nX-3,A\n}, qr/a quote of the first line is not closed/ ],
		'ends'     => [ "letter_no,office_code\r\nX-1,A\r\nX-2,A\n",     qr/newline/ ],
		'headless' => [ "a writer and his number,S111,2026-11-20\n",      qr/unknown column "a writer and his number"/ ],
		'many'     => [ "letter_no,office_code\nX-1,A\n" . "X-2;A\n" x 101, qr/more than 100 of its records .* line 3/ ]);
	for my $name (sort keys %why) {
		clear();
		put("$name.csv", $why{$name}[0]);
		is(run(), 0, "$name: it ends well") or diag("@said");
		is(left_of('rejected', "$name.csv"), $why{$name}[0], 'as it came');
		like(left_of('rejected', "$name.csv.why"), $why{$name}[1], 'and why');
		like("@said",   qr/refused as a whole, rejected\//, 'the journal says that');
		unlike("@said", qr/writer|offfice/,                 'and nothing of what stands in it');
		is(names('work'), '', 'nothing is left');
	}
	is(letters('X'), '', 'nothing of them is taken');
	clear();
	put('header.csv', "letter_no,office_code\n");
	is(run(), 0, 'a header alone');
	is(names('done'), 'header.csv', 'is a file without letters');
	is(run(INTAKE_SETTLE_S => '5s'), 1, 'a setting that is no number');
	is("@said", 'INTAKE_SETTLE_S is "5s": it is a whole number of seconds, without a unit', 'is named');
};

subtest 'what is no plain file stays where it is, and the others are taken' => sub {
	clear();
	put('secret.csv', "letter_no,office_code\nP-1,A\n");
	chmod 0, "$folder/in/secret.csv";
	put('-rf x; $(reboot)\1.csv', "letter_no,office_code\nP-2,A\n");
	put("new\nline.CSV",          "letter_no,office_code\nP-3,A\n");
	put('.hidden.csv',            "letter_no,office_code\nP-4,A\n");
	put('unfinished.csv.part',    "letter_no,office_code\nP-5,A\n");
	mkdir "$folder/in/directory.csv";
	symlink '/etc/passwd', "$folder/in/link.csv";
	symlink '/nowhere',    "$folder/in/dangling.csv";
	is(run(), 1, 'the status says that something is left');
	is(letters('P'), 'P-2 P-3', 'the others are taken, whatever their names');
	is(names('in'), 'dangling.csv directory.csv link.csv secret.csv unfinished.csv.part', 'these stay');
	unlike("@said", qr/secret|link|passwd/, 'the journal does not get their names');
	chmod 0644, "$folder/in/secret.csv";
	run();
	is(letters('P'), 'P-1 P-2 P-3', 'once it can be read, it is taken');
};

subtest 'a file that is written slowly is taken once, whole' => sub {
	clear();
	put('seed.csv', "letter_no,office_code\nS-0,A\n");
	my $writer = fork // die $!;
	if (!$writer) {
		open my $file, '>', "$folder/in/slow.csv" or die $!;
		$file->autoflush(1);
		print $file "letter_no,office_code\n";
		for (1 .. 8) {
			select undef, undef, undef, 0.5;
			print $file "S-$_,";
			select undef, undef, undef, 0.2;
			print $file "A\n";
		}
		close $file;
		POSIX::_exit(0);
	}
	is(run(INTAKE_SETTLE_S => 2), 0, 'it waits');
	waitpid $writer, 0;
	is(letters('S'), join(' ', map { "S-$_" } 0 .. 8), 'for all of it');
	is(names('rejected'), '', 'no half of a line was read');
};

subtest 'import.psql does the same by hand' => sub {
	put('hand.csv', "letter_no,office_code\nH-1,A\nH-2,B\n\"H\n3\",A,x\nH-4,A\n");
	my $command = "psql -X -d '" . $lw->node->connstr($db) . " user=intake' -v file='$folder/in/hand.csv' -f $LetterWatch::TREE/sql/import.psql";
	my $output  = qx{$command 2>&1};
	is($?, 0, 'status 0');
	like($output, qr/^ +2 \| +0 \| +0 \| +2 \|/m, 'says what came');
	like($output, qr/3 \| letter H-2 cannot be registered: unknown office B\n +4 \| not as many fields as/, 'and what did not');
	is(letters('H'), 'H-1 H-4', 'it is here');
	$output = qx{$command -v file='$folder/in/nothing.csv' 2>&1};
	like($output, qr/there is no such file/, 'or that there is no file');
};

# ---- whatever happens ------------------------------------------------------------------------------

# Each program that it runs first counts itself, and at the KILL_AT-th the script is killed, before or after that program has done its
# work: so it ends at every step there is.
my $shims = "$tmp/shims";
mkdir $shims;
for my $program (qw(awk date flock mkdir mv psql rm rmdir sed stat sync)) {
	open my $shim, '>', "$shims/$program" or die $!;
	print $shim <<~"SH";
		#!/bin/sh
		PATH=\${PATH#$shims:}
		echo $program >>$tmp/steps
		at=\$(wc -l <$tmp/steps)
		if [ "\$at" = "\$KILL_AT" ] && [ "\$KILL_WHEN" = before ]; then kill -9 \$(cat $tmp/pid); exit 1; fi
		$program "\$@"
		status=\$?
		if [ "\$at" = "\$KILL_AT" ]; then kill -9 \$(cat $tmp/pid); fi
		exit \$status
		SH
	close $shim;
	chmod 0755, "$shims/$program";
}

# Runs it with the shims; true if it was killed.
sub run_killed {
	my ($at, $when) = @_;
	unlink "$tmp/steps";
	local @ENV{ keys %ENVIRONMENT } = values %ENVIRONMENT;
	local @ENV{qw(PATH KILL_AT KILL_WHEN)} = ("$shims:$ENV{PATH}", $at, $when);
	my $pid = fork // die $!;
	if (!$pid) {
		open STDERR, '>', '/dev/null';
		exec 'sh', '-c', "echo \$\$ >$tmp/pid; exec $LetterWatch::TREE/systemd/letterwatch-intake" or die $!;
	}
	waitpid $pid, 0;
	return ($? & 127) == 9;
}

subtest 'killed at any step, nothing is lost and nothing comes twice' => sub {
	my ($steps, @wrong) = (0);
	for my $when (qw(before after)) {
		for my $at (1 .. 200) {
			clear();
			my $prefix = "K$when$at";
			put('k.csv', "office_code,title\n" . join('', map { "A,$prefix\n" } 1 .. 3) . "B,$prefix\nA\n");
			my $killed = run_killed($at, $when);
			my $status = run();
			my $found = join '; ', query("select count(*) from letterwatch.letter where title = '$prefix'"), names('in'), names('work'),
			  names('done'), names('rejected'), map { slurp($_) } glob "$folder/rejected/*";
			my $wanted = qq{3; ; ; k.csv; k.csv; rejected_line,rejected,office_code,title\n}
			  . qq{5,"letter without a number cannot be registered: unknown office B",B,$prefix\n}
			  . qq{6,"not as many fields as the header has columns",A\n};
			push @wrong, "$when step $at, status $status: $found" if $status || $found ne $wanted;
			last if !$killed;
			$steps++;
		}
	}
	is_deeply(\@wrong, [], 'all of it is there, once');
	cmp_ok($steps, '>', 20, "after $steps ends");
};

subtest 'psql or its session ends in the middle' => sub {
	clear();
	put('m.csv', "letter_no,office_code\n" . join('', map { "D-$_,A\n" } 1 .. 9));
	$lw->psql($db, <<~'SQL');
		create function cut() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); return null; end';
		create trigger cut after insert on letterwatch.letter for each statement execute function cut();
		SQL
	is(run(), 1, 'the session is ended: status 1');
	is(letters('D') . names('done'), '', 'nothing of it stands');
	$lw->psql($db, <<~'SQL');
		create or replace function cut() returns trigger language plpgsql as
			$$ begin raise exception using errcode = 'disk_full', message = 'could not extend file'; end $$;
		SQL
	is(run(), 1, 'the disk is full: status 1');
	like("@said", qr/53100 could not extend file/, 'and it says so');
	is(letters('D') . names('rejected'), '', 'the file is not to blame');
	$lw->psql($db, 'drop trigger cut on letterwatch.letter');
	is(run(PGPORT => 1), 1, 'no database: status 1');
	is(run(), 0, 'all is well again');
	is(letters('D'), join(' ', map { "D-$_" } 1 .. 9), 'it is taken');
	is(names('done'), 'm.csv', 'and done');
};

subtest 'no room for what is rejected' => sub {
	clear();
	put('r.csv', "letter_no,office_code\nR-1,A\nR-2,B\n");
	mkdir "$folder/rejected", 0555;
	is(run(), 1, 'status 1');
	is(names('done'), '', 'it is not done');
	chmod 0755, "$folder/rejected";
	is(run(), 0, 'there is room again');
	is(letters('R'), 'R-1', 'nothing came twice');
	like(left_of('rejected', 'r.csv'), qr/^3,".*B",R-2,B$/m, 'nothing is lost');
};

subtest 'a file that is written to while it is read is not taken until it is finished' => sub {
	clear();
	put('w.csv', "letter_no,office_code\nW-1,A\n");
	my $meddling = "$tmp/meddling";
	mkdir $meddling;
	open my $shim, '>', "$meddling/sed" or die $!;
	print $shim qq{#!/bin/sh\nPATH=\${PATH#$meddling:}\nsed "\$@" || exit\n}
	  . qq{case "\$INTAKE_SED" in ?*) echo W-2,A >>"\$INTAKE_FILE" ;; esac\n};
	close $shim;
	chmod 0755, "$meddling/sed";
	is(run(PATH => "$meddling:$ENV{PATH}"), 1, 'status 1') or diag("@said");
	is(letters('W'), '', 'nothing is taken');
	is(run(), 0, 'the next time');
	is(letters('W'), 'W-1 W-2', 'all of it');
};

# ---- what is told ----------------------------------------------------------------------------------

subtest 'the log says what came' => sub {
	clear();
	$lw->psql($db, 'delete from letterwatch.outbox');
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($db, $syslog);
	wait_until { $syslog->events('start') } 10, 'the daemon is up';
	put('told.csv', "letter_no,office_code,source_ref\nL-1,A,l1\nL-2,A,l2\nL-3,B,l3\n");
	run(INTAKE_SOURCE => 'post room');
	wait_until { $syslog->events('intake') } 5, 'a line comes';
	my ($line) = $syslog->events('intake');
	is_deeply($line->{fields}, { event => 'intake', source => 'post room', letters => 2, events => 0, known => 0, rejected => 1 }, 'with the numbers');
	put('told.csv', "letter_no,office_code,source_ref\nL-1,A,l1\nL-2,A,l2\n");
	run(INTAKE_SOURCE => 'post room');
	wait_until { 2 == (() = $syslog->events('intake')) } 5, 'and when the same comes again';
	($line) = reverse $syslog->events('intake');
	is($line->{fields}{known}, 2, 'that it is known');
	ok($daemon->stop, 'the daemon stops');
};

subtest 'alerts come in time while a long file is taken in' => sub {
	my $fast   = $lw->fast_database;
	my $syslog = LetterWatch::Syslog->new;
	my $daemon = $lw->start_daemon($fast, $syslog);
	wait_until { $syslog->events('start') } 10, 'the daemon is up';
	clear();
	put('long.csv', "letter_no,office_code\n" . join('', map { "Y-$_,A\n" } 1 .. 20_000));
	$lw->psql($fast, <<~'SQL');
		grant letterwatch_intake to intake;
		create function half_way() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(42); return new; end';
		create trigger half_way before insert on letterwatch.letter for each row when (new.letter_no = 'Y-10000') execute function half_way();
		SQL
	my $half_way = $lw->node->background_psql($fast);
	$half_way->query_safe('select pg_advisory_lock(42)');
	my $loader = fork // die $!;
	POSIX::_exit(run(PGDATABASE => $fast)) if !$loader;
	my $progress = q{select count(*) from pg_stat_activity where application_name ~ '^letterwatch-intake [1-9]\d* letters$'};
	wait_until { $lw->psql($fast, $progress) } 120, 'application_name says how far it is';
	$lw->register($fast, 'soon', first_s => 0.5);
	wait_until { grep { $_->{fields}{letter} eq 'soon-1' } $syslog->alerts } 20, 'an alert comes';
	my ($alert) = grep { $_->{fields}{letter} eq 'soon-1' } $syslog->alerts;
	ok(!$alert->{fields}{late_s}, 'in time') or diag("$alert->{fields}{late_s} s late");
	is($lw->psql($fast, q{select count(*) from letterwatch.letter where letter_no like 'Y-%'}), 0, 'while nothing of the file is there yet');
	$half_way->quit;
	waitpid $loader, 0;
	is($lw->psql($fast, q{select count(*) from letterwatch.letter where letter_no like 'Y-%'}), 20_000, 'then all of it');
	ok($daemon->stop, 'the daemon stops');
};

is(query('select count(*) from letterwatch.verify()'), 0, 'verify() finds nothing amiss');
done_testing;
