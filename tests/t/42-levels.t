# Two provinces and the nation, each with a database of its own: the nation sees all by logical replication and tells what is
# addressed to it; a transfer and an order go down; the link is cut and healed; a province is restored from a backup; a county below
# has a database, too.
use strict;
use warnings;

use LetterWatch;
use Test::More;
use Time::HiRes qw(time);

my $DB      = 'letterwatch_1';
my $STARTED = time;

# The clock of all sites: a working morning, and what is added to it.
my $added_s = 0;

sub now_is { return "timestamptz '2026-05-14 10:00+08' + (statement_timestamp() - to_timestamp($STARTED)) + interval '$added_s s'" }

# A period of a minute; what is overdue is escalated to the nation two seconds later. Orders as everywhere.
my $RULES = <<~'SQL';
	insert into letterwatch.rule_set (rule_set, title) values ('fast', 'One minute');
	insert into letterwatch.rule (rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, met_by)
	values ('fast', 'notice', 'test', 'receipt', 60, 'second', false, 'petitions', '{notice}');
	insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, levels_up, severity)
	values ('fast', 'notice', 1, 'overdue', 0, 0, 3), ('fast', 'notice', 2, 'escalate', 2, 2, 2);
	insert into letterwatch.rule
	select (jsonb_populate_record(r, '{"rule_set": "fast"}')).* from letterwatch.rule r where (rule_set, rule) = ('procuratorate', 'feedback');
	insert into letterwatch.stage
	select (jsonb_populate_record(s, '{"rule_set": "fast"}')).* from letterwatch.stage s where (rule_set, rule) = ('procuratorate', 'feedback');
	SQL

# A site: a cluster, and a database in it where the role repl may read what is published.
sub new_site {
	my $lw = LetterWatch->new(allows_streaming => 'logical', settings => "wal_retrieve_retry_interval = '100ms'\n");
	$lw->fresh_database;
	$lw->psql('postgres', 'create role repl login replication');
	return $lw;
}

sub script {
	my ($lw, $name, %variables) = @_;
	PostgreSQL::Test::Utils::system_or_bail('psql', '-X', '-q', map({ ('-v', "$_=$variables{$_}") } sort keys %variables),
		'-d', $lw->node->connstr($DB), '-f', "$LetterWatch::TREE/sql/replicate/$name.psql");
	return;
}

sub link_to { return $_[0]->node->connstr($DB) . ' user=repl' }

sub subscribe {
	my ($nation, $province, $site, %more) = @_;
	script($nation, 'nation', site => $site, province => link_to($province), reader => 'repl', %more);
	return;
}

# A query's answer, once it is that.
sub becomes {
	my ($lw, $sql, $wanted, $what, $limit_s) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $start = time;
	wait_until { $lw->psql($DB, $sql) eq $wanted } $limit_s // 20, $what or diag('it is ' . $lw->psql($DB, $sql));
	note(sprintf 'after %.1f s', time - $start);
	return;
}

sub told {
	my ($syslog, $letter) = @_;
	return map { "$_->{fields}{stage} $_->{fields}{to}" } grep { $_->{fields}{letter} eq $letter } $syslog->alerts;
}

# Registers a letter at a county whose period ends in so many seconds.
sub register {
	my ($lw, $letter, $office, $ends_s) = @_;
	$lw->psql($DB, "insert into letterwatch.letter (letter_no, office_code, received_at, title)
		values ('$letter', '$office', letterwatch.clock() - interval '60 s' + interval '$ends_s s', 'of a person')");
	return;
}

my ($nation, @provinces) = map { new_site() } 0 .. 2;
my @sites = ($nation, @provinces);
my @logs  = map { LetterWatch::Syslog->new } @sites;

$_->set_clock($DB, now_is())  for @sites;
$_->psql($DB, $RULES) for @sites;
$nation->psql($DB, q{insert into letterwatch.office (office_code, name, rule_set) values ('N', 'Nation', 'fast')});
for my $site (1, 2) {
	my $province = $provinces[ $site - 1 ];
	script($province, 'province', site => $site, reader => 'repl');
	$province->psql($DB, <<~"SQL");
		insert into letterwatch.office (office_code, name, rule_set, site) values ('N', 'Nation', 'fast', 0);
		insert into letterwatch.office (office_code, name, parent_code, site) values ('P$site', 'Province', 'N', $site);
		insert into letterwatch.office (office_code, name, parent_code) values ('C$site', 'County', 'P$site');
		SQL
}
register($provinces[0], 'FIRST', 'C1', 60);
for my $site (1, 2) {
	subscribe($nation, $provinces[ $site - 1 ], $site);
	script($provinces[ $site - 1 ], 'down', site => $site, nation => link_to($nation));
}
my @daemons = map { $sites[$_]->start_daemon($DB, $logs[$_]) } 0 .. 2;

becomes($nation, q{select string_agg(office_code || ' ' || site, ', ' order by office_code) from letterwatch.office_setting},
	'C1 1, C2 2, N 0, P1 1, P2 2', 'the nation has the offices of both provinces');
becomes($nation, q{select string_agg(concat_ws(' ', letter_no, office_code, status), ', ') from letterwatch.letter_state},
	'FIRST C1 registered', 'and a letter that was there before');
is($nation->psql($DB, 'select count(title) from letterwatch.letter'), 0, 'without its title');

subtest 'overdue in the province, escalated to the nation' => sub {
	register($provinces[0], 'T-1', 'C1', 3);
	my $end = $provinces[0]->psql($DB, q{select extract(epoch from late_at - letterwatch.clock()) + extract(epoch from clock_timestamp())
		from letterwatch.deadline where letter_no = 'T-1'});
	becomes($nation, q{select count(*) from letterwatch.deadline where letter_no = 'T-1'}, 1, 'it is at the nation before its end');
	my $seen;
	wait_until {
		$logs[1]->lines;
		$seen = $nation->psql($DB, q{select extract(epoch from clock_timestamp()) from letterwatch.overdue where letter_no = 'T-1'})
	} 10, q{it comes into the nation's view};
	cmp_ok($seen, '>=', $end, 'not before its end');
	cmp_ok($seen, '<', $end + 1, 'and at it');
	wait_until { told($logs[1], 'T-1'); told($logs[0], 'T-1') } 10, 'the nation tells its escalation';
	is_deeply([ told($logs[0], 'T-1') ], ['escalate N'], 'and nothing else');
	is_deeply([ told($logs[1], 'T-1') ], ['overdue C1'], 'the province tells what is its own');
	my ($overdue) = grep { $_->{fields}{letter} eq 'T-1' } $logs[1]->alerts;
	my ($escalated) = grep { $_->{fields}{letter} eq 'T-1' } $logs[0]->alerts;
	for my $late ([ $overdue->{seen_at} - $end, 'overdue' ], [ $escalated->{seen_at} - $end - 2, 'escalated' ]) {
		cmp_ok($late->[0], '>=', 0, "$late->[1]: not before its time");
		cmp_ok($late->[0], '<',  1.5, 'and at it');
	}
	my $ids = q{select string_agg(alert_id::text, ' ' order by stage_no) from letterwatch.alert where letter_no = 'T-1'};
	becomes($provinces[0], $ids, $nation->psql($DB, $ids), 'both have both alerts, by the same ids', 10);
	is($provinces[0]->psql($DB, q{select string_agg(stage || ' ' || (emitted_at is not null), ', ' order by stage_at)
		from letterwatch.alert_log where letter_no = 'T-1'}), 'overdue true, escalate false', 'and which of them it told');
	$provinces[0]->psql($DB, q{select letterwatch.record_notice('T-1')});
	wait_until { grep { $_->{fields}{letter} eq 'T-1' } $logs[0]->events('cleared') } 10, 'the answer clears it at the nation';
	wait_until { grep { $_->{fields}{letter} eq 'T-1' } $logs[1]->events('cleared') } 10, 'and in the province';
	is_deeply([ $logs[2]->alerts ], [], 'the other province knows nothing of it');
};

subtest 'a transfer to another site' => sub {
	$provinces[0]->psql($DB, <<~'SQL');
		insert into letterwatch.office (office_code, name, parent_code, site) values ('P2', 'Province', 'N', 2);
		select letterwatch.register_letter('C1', 'T-2', title => 'of a person');
		select letterwatch.transfer_letter('T-2', 'P2', 'it is theirs');
		SQL
	my $state = q{select concat_ws(' ', office_code, status) from letterwatch.letter_state where letter_no = 'T-2'};
	becomes($provinces[1], $state, 'P2 registered', 'goes through');
	is($provinces[1]->psql($DB, q{select concat_ws('|', origin_letter_no, title) from letterwatch.letter where letter_no = 'T-2'}), 'T-2',
		'from another site, without title');
	$provinces[1]->psql($DB, <<~'SQL');
		select letterwatch.transfer_letter('T-2', 'C2', 'theirs');
		select letterwatch.record_notice('T-2');
		SQL
	becomes($_, $state, 'C2 accepted', 'what is recorded there is seen everywhere') for @sites;
	is($provinces[0]->psql($DB, q{select site from letterwatch.office_setting where office_code = 'C2'}), 2,
		'with the office in charge, which was not known');
};

subtest 'an order to supervise' => sub {
	$nation->psql($DB, q{select letterwatch.supervise_letter('FIRST', 'N', '2026-05-20', 'checked', 'spring', 'L-1')});
	my $feedback = q{select concat_ws(' ', due_on, state) from letterwatch.deadline where (letter_no, rule) = ('FIRST', 'feedback')};
	becomes($provinces[0], $feedback, '2026-05-20 open', 'reaches the province');
	$provinces[0]->psql($DB, q{select letterwatch.feed_back('FIRST'); select letterwatch.record_notice('FIRST')});
	becomes($nation, $feedback, '2026-05-20 met', 'and the report the nation');
};

subtest 'the figures add up' => sub {
	register($provinces[1], 'T-3', 'C2', 1);
	register($provinces[0], 'T-4', 'C1', 1);
	wait_until { told($logs[0], 'T-3') && told($logs[0], 'T-4') } 20, 'with letters that are late';
	my $rates = sub {
		my ($lw, $of) = @_;
		return $lw->psql($DB, qq{select string_agg(concat_ws(' ', office_code, rule, due, in_time, late, open_overdue, not_yet_due, rate), ', '
			order by office_code, rule) from letterwatch.reply_rate_tree('$of', '2026-05-01') where line = 'total' and month is null});
	};
	for my $site (1, 2) {
		my $own = $rates->($provinces[ $site - 1 ], "P$site");
		like($own, qr/^P$site /, "province $site: $own");
		is($rates->($nation, "P$site"), $own, 'the nation says the same of it');
	}
	my $sum = q{select sum(due) || ' ' || sum(in_time) || ' ' || sum(open_overdue) from letterwatch.reply_rate_tree(%s, '2026-05-01')
		where month is null and line = '%s'};
	is($nation->psql($DB, sprintf $sum, q{'N'}, 'total'), $nation->psql($DB, sprintf $sum, q{'N'}, 'below'), 'and of the country the sum');
};

subtest 'the link is cut for a minute' => sub {
	my $cut = sub {
		$_->psql('postgres', <<~"SQL") for $nation, $provinces[0];
			alter role repl $_[0];
			select pg_terminate_backend(pid) from pg_stat_replication where '$_[0]' = 'nologin';
			SQL
	};
	$cut->('nologin');
	register($provinces[0], 'CUT', 'C1', 1);
	$nation->psql($DB, q{select letterwatch.supervise_letter('T-4', 'N', '2026-05-20', 'checked', 'spring', 'L-1')});
	wait_until { told($logs[1], 'CUT') } 10, 'the province goes on';
	$added_s += 60;
	$_->set_clock($DB, now_is()), $_->psql($DB, 'notify letterwatch_due') for @sites;
	is($nation->psql($DB, q{select count(*) from letterwatch.letter where letter_no = 'CUT'}), 0, 'the nation does not know');
	is_deeply([ told($logs[1], 'CUT') ], ['overdue C1'], 'what is addressed to the nation is not told in its place');
	$cut->('login');
	wait_until { told($logs[0], 'CUT') } 30, 'healed, the nation tells what it missed';
	my ($late) = grep { $_->{fields}{letter} eq 'CUT' } $logs[0]->alerts;
	is("$late->{fields}{stage} $late->{fields}{to} $late->{fields}{covers}", 'escalate N 2', 'once');
	cmp_ok($late->{fields}{late_s}, '>', 50, 'and how late it is');
	becomes($provinces[0], q{select count(*) from letterwatch.deadline where (letter_no, rule) = ('T-4', 'feedback')}, 1,
		'the order of meanwhile reaches the province');
	$provinces[0]->psql($DB, q{select letterwatch.record_notice('CUT')});
	becomes($nation, q{select status from letterwatch.letter_state where letter_no = 'CUT'}, 'accepted', 'and all is as before');
};

subtest 'a province is restored from a backup' => sub {
	my $dump = $provinces[0]->node->basedir . '/backup.dump';
	PostgreSQL::Test::Utils::system_or_bail('pg_dump', '-Fc', '-f', $dump, $provinces[0]->node->connstr($DB));
	$provinces[0]->psql($DB, <<~'SQL');
		select letterwatch.register_letter('C1', 'AFTER');
		select letterwatch.register_letter('C1');
		select letterwatch.record_notice('AFTER');
		select letterwatch.record_notice('T-4');
		SQL
	my $status = q{select string_agg(letter_no || ' ' || status, ', ' order by letter_no) from letterwatch.letter_state
		where letter_no in ('AFTER', 'T-4', (select max(letter_no) from letterwatch.letter where letter_no like 'L2026-1-%'))};
	my $after = $provinces[0]->psql($DB, $status);
	like($after, qr/^AFTER accepted, L2026-1-0000001 registered, T-4 accepted$/, 'what came after the backup');
	becomes($nation, $status, $after, 'is at the nation');
	my $last_event = $nation->psql($DB, 'select max(event_id) from letterwatch.letter_event where event_id >> 48 = 1');

	ok($daemons[1]->stop, 'the daemon stops');
	$provinces[0]->node->stop('immediate');
	my $restored = new_site();
	$restored->psql('postgres', "drop database $DB; create database $DB");
	PostgreSQL::Test::Utils::system_or_bail('pg_restore', '--exit-on-error', '-d', $restored->node->connstr($DB), $dump);
	isnt($restored->psql($DB, $status), $after, 'is not in it');

	script($nation, 'hand_back', site => 1);
	script($restored, 'restored', site => 1, nation => link_to($nation));
	subscribe($nation, $restored, 1);
	($provinces[0], $sites[1]) = ($restored, $restored);
	$daemons[1] = $restored->start_daemon($DB, $logs[1]);
	becomes($restored, $status, $after, 'comes back');

	$restored->psql($DB, q{select letterwatch.register_letter('C1', 'NEW'); select letterwatch.record_notice('NEW')});
	cmp_ok($restored->psql($DB, 'select max(event_id) from letterwatch.letter_event where event_id >> 48 = 1'), '>', $last_event + 1000,
		'numbers go on behind what was given out');
	like($restored->psql($DB, q{select letter_no from letterwatch.register_letter('C1') limit 1}), qr/^L2026-1-01000\d\d$/, 'of letters, too');
	becomes($nation, q{select status from letterwatch.letter_state where letter_no = 'NEW'}, 'accepted', 'and go up as before');
	$nation->psql($DB, q{select letterwatch.supervise_letter('NEW', 'N', '2026-05-20', 'checked', 'spring', 'L-1')});
	becomes($restored, q{select count(*) from letterwatch.deadline where (letter_no, rule) = ('NEW', 'feedback')}, 1, 'orders come down');
};

# A county of province 2 with a database of its own: its letters go up by the province, and what comes down to it, too.
subtest 'a level more' => sub {
	my $county = new_site();
	push @sites, $county;
	push @logs,  LetterWatch::Syslog->new;
	$county->set_clock($DB, now_is());
	$county->psql($DB, $RULES);
	script($county, 'province', site => 21, reader => 'repl');
	$county->psql($DB, <<~'SQL');
		insert into letterwatch.office (office_code, name, rule_set, site) values ('N', 'Nation', 'fast', 0);
		insert into letterwatch.office (office_code, name, parent_code, site) values ('P2', 'Province', 'N', 2), ('K', 'County', 'P2', 21);
		SQL
	script($provinces[1], 'province', site => 2, below => 21, reader => 'repl');
	subscribe($provinces[1], $county, 21, own => 2);
	script($county, 'down', site => 21, nation => link_to($provinces[1]));
	push @daemons, $county->start_daemon($DB, $logs[3]);

	register($county, 'K-1', 'K', 1);
	wait_until { $logs[3]->lines; told($logs[0], 'K-1') } 20, 'what is escalated to the nation is told there';
	is_deeply([ told($logs[3], 'K-1') ], ['overdue K'], 'what is the county\'s own by the county');
	is_deeply([ told($logs[2], 'K-1') ], [], 'and nothing by the province between them');
	$nation->psql($DB, q{select letterwatch.supervise_letter('K-1', 'N', '2026-05-20', 'checked', 'spring', 'L-1')});
	my $feedback = q{select state from letterwatch.deadline where (letter_no, rule) = ('K-1', 'feedback')};
	becomes($county, $feedback, 'open', 'an order goes down two levels');
	$county->psql($DB, q{select letterwatch.feed_back('K-1')});
	becomes($nation, $feedback, 'met', 'and the report up');
};

subtest 'the next morning' => sub {
	$added_s += 23 * 3600;
	$_->set_clock($DB, now_is()), $_->psql($DB, 'notify letterwatch_due') for @sites;
	wait_until { 4 == grep { $_->events('digest') } @logs } 30, 'each site has its digest';
	my %digest = map { $_->{fields}{office} => $_->{fields} } map { $_->events('digest') } @logs;
	is_deeply([ map { [ sort map { $_->{fields}{office} } $_->events('digest') ] } @logs ],
		[ ['N'], [qw(C1 P1)], [qw(C2 P2)], ['K'] ], 'of its own offices');
	is($digest{N}{tree_overdue}, $digest{P1}{tree_overdue} + $digest{P2}{tree_overdue}, 'that of the nation is the sum');
};

# At rest, all have the same.
becomes($_, 'select count(*) from letterwatch.replan_queue', 0, 'nothing waits') for @sites;
is($_->psql($DB, q{select string_agg(v::text, ' ') from letterwatch.verify() v}), '', 'nothing is amiss') for @sites;
my %inputs = (
	letters => q{select string_agg(concat_ws(' ', letter_no, office_code, received_on, registered_at at time zone 'UTC'), E'\n' order by letter_no)
		from letterwatch.letter where office_code ~ '1$'},
	events => q{select string_agg(concat_ws(' ', event_id, letter_no, kind, occurred_at at time zone 'UTC', recorded_at at time zone 'UTC',
		recorded_by, to_office), E'\n' order by event_id) from letterwatch.letter_event where event_id >> 48 = 1},
	deadlines => q{select string_agg(concat_ws(' ', letter_no, rule, since, due_on, state, verdict), E'\n' order by letter_no, rule, since)
		from letterwatch.deadline where office_code ~ '1$'},
);
for my $what (sort keys %inputs) {
	is($nation->psql($DB, $inputs{$what}), $provinces[0]->psql($DB, $inputs{$what}), "the $what of the province are those of the nation");
}
for my $place (0 .. $#sites) {
	my %times;
	$times{ $_->{fields}{id} }++ for $logs[$place]->alerts;
	is_deeply([ grep { $times{$_} > 1 } keys %times ], [], 'no line came twice');
	my @own = ([qw(N)], [qw(C1 P1)], [qw(C2 P2)], [qw(K)])[$place];
	my %own = map { $_ => 1 } @{ $own[0] };
	is_deeply([ map { $_->{text} } grep { !$own{ $_->{fields}{to} } && !$_->{fields}{covers} } $logs[$place]->alerts ], [],
		'nor one of another site, unless it stands for one of this, too');
	ok($daemons[$place]->stop, 'the daemon stops') or diag($daemons[$place]->log);
}
done_testing;
