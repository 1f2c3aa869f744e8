# Four months in seconds: the real daemon on a clock that is set from one moment to the next. Each stage comes at the moment
# that the oracle counts out from the contract's table: not a second before, not twice, addressed as the table says.
use strict;
use warnings;

use FindBin;
use LetterWatch;
use Test::More;

BEGIN { require "$FindBin::Bin/../oracle/due_dates.pl"; }

my $calendar = Oracle::read_calendar($Oracle::CALENDAR);
my %rule     = map { my $rule = Oracle::parse_rule($_); $rule->{name} => $rule }
  qw(procuratorate:notice:7:day procuratorate:reply:3:month procuratorate:followup:1:month);
my %warns    = (notice => [ -2, -1 ], reply => [ -10, -5, -1 ], followup => [ -5, -1 ]);
my %severity = (warn => 5, due => 4, overdue => 3, remind => 4);

# Working days after the last day: who is told of it, and how loudly.
my %escalate = (2 => 'D head 3', 5 => 'C %s 3', 20 => 'B %s 2');    # %s: the unit in charge

my $END   = '2026-05-20';
my $LATER = '2026-06-24';

# ---- what should come --------------------------------------------------------------------------------------------

# The stages of a deadline from the start of its period until a moment, each [ "day hh:mm", "rule stage to unit severity" ].
sub stages {
	my ($name, $start, $until) = @_;
	my $unit = $name eq 'notice' ? 'petitions' : 'case';
	my $due  = Oracle::last_day($rule{$name}, $calendar, Oracle::from_iso($start));
	my @stages;
	my $add = sub {
		my ($day, $time, $stage, $who) = @_;
		push @stages, [ Oracle::to_iso($day) . " $time", "$name $stage " . ($who ? sprintf($who, $unit) : "D $unit $severity{$stage}") ];
	};
	for my $n (@{ $warns{$name} }) {
		my $day = Oracle::working_day_offset($calendar, $due, $n);
		$add->($day, '09:00', 'warn') if $day > Oracle::from_iso($start);
	}
	$add->($due,     '09:00', 'due');
	$add->($due + 1, '00:00', 'overdue');
	for my $n (1 .. 5, map { 5 * $_ } 2 .. 30) {
		my $day = Oracle::working_day_offset($calendar, $due, $n);
		$add->($day, '09:00', $escalate{$n} ? 'escalate' : 'remind', $escalate{$n});
	}
	return grep { $_->[0] le $until } @stages;
}

sub last_day {
	my ($name, $start) = @_;
	return Oracle::to_iso(Oracle::last_day($rule{$name}, $calendar, Oracle::from_iso($start)));
}

# A letter's life: what is done when, and how long each of its deadlines is open.
my $followed = last_day('reply', '2026-01-05');    # the reply's last day, which is after the day of the progress reply
my %life = (
	'NOBODY' => {
		received => '2026-01-05',
		open     => { notice => [ '2026-01-05', $END ], reply => [ '2026-01-05', $END ] },
	},
	'FOLLOWED' => {
		received => '2026-01-05',
		done     => {
			'2026-01-09 10:00' => "record_notice('FOLLOWED', 'S-1')",
			'2026-03-20 10:00' => "record_reply('FOLLOWED', 'progress')",
			'2026-05-13 10:00' => "record_reply('FOLLOWED', 'result')",
		},
		open => {
			notice   => [ '2026-01-05', '2026-01-09 10:00' ],
			reply    => [ '2026-01-05', '2026-03-20 10:00' ],
			followup => [ $followed,    '2026-05-13 10:00' ],
		},
		cleared => [ [ '2026-05-13 10:00', 'followup result 2026-05-13' ] ],
	},
	'LATE' => {
		received => '2026-02-06',
		done     => {
			'2026-02-27 15:00' => "record_notice('LATE')",
			'2026-04-01 15:00' => "record_reply('LATE', 'result')",
		},
		open    => { notice => [ '2026-02-06', '2026-02-27 15:00' ], reply => [ '2026-02-06', '2026-04-01 15:00' ] },
		cleared => [ [ '2026-02-27 15:00', 'notice notice 2026-02-27' ] ],
	},
	'REFUSED' => {
		received => '2026-02-06',
		done     => { '2026-02-10 15:00' => "record_notice('REFUSED', outcome => 'not_accepted')" },
		open     => { notice => [ '2026-02-06', '2026-02-10 15:00' ] },
	});

my (%expected, %action);
for my $letter (sort keys %life) {
	my $life = $life{$letter};
	push @{ $action{"$life->{received} 08:00"} },
	  "count(*) from letterwatch.register_letter('D', '$letter', letterwatch.clock())";
	push @{ $action{$_} }, "count(*) from letterwatch.$life->{done}{$_}" for keys %{ $life->{done} // {} };
	for my $name (keys %{ $life->{open} }) {
		push @{ $expected{ $_->[0] } }, "$letter $_->[1]" for stages($name, @{ $life->{open}{$name} });
	}
	push @{ $expected{ $_->[0] } }, "cleared $letter $_->[1]" for @{ $life->{cleared} // [] };
}

# ---- what comes ----------------------------------------------------------------------------------------------------

my $lw     = LetterWatch->new;
my $db     = $lw->fresh_database;
my $syslog = LetterWatch::Syslog->new;
$lw->psql($db, <<'SQL');
create table public.test_now (now timestamptz);
insert into public.test_now values ('2026-01-05 07:00+08');
grant select on public.test_now to public;
insert into letterwatch.office (office_code, name, parent_code)
values ('A', 'nation', null), ('B', 'province', 'A'), ('C', 'city', 'B'), ('D', 'county', 'C');
SQL
$lw->set_clock($db, '(select now from public.test_now)');

my $daemon  = $lw->start_daemon($db, $syslog);
my $session = $lw->node->background_psql($db);
my $read    = 0;

# Sets the clock to a moment (some seconds off), does what is to be done then, and waits until the daemon has looked and has
# nothing left to send. Returns the lines that came.
sub step {
	my ($moment, $off_s, @actions) = @_;
	$session->query_safe("update public.test_now set now = timestamptz '$moment+08' + interval '$off_s s'");
	$session->query_safe("select $_") for @actions;
	$session->query_safe('notify letterwatch_due');
	wait_for {
		$syslog->lines;
		$session->query_safe(<<~'SQL') eq 't';
			select bool_and(last_pass_at = now)
			   and not exists (select from letterwatch.outbox)
			   and not exists (select from letterwatch.deadline where next_event_at <= letterwatch.clock())
			from letterwatch.daemon_instance, public.test_now
			SQL
	} 10 or BAIL_OUT("the daemon does not look at $moment");
	my @lines = $syslog->lines;
	my @new   = grep { $_->{fields}{event} =~ /^(alert|cleared)$/ } @lines[ $read .. $#lines ];
	$read = @lines;
	return @new;
}

# A line as %expected has it.
sub short {
	my ($line) = @_;
	my $fields = $line->{fields};
	return "cleared @$fields{qw(letter rule by on)}" if $fields->{event} eq 'cleared';
	return "@$fields{qw(letter rule stage to unit)} $line->{severity}";
}

my (@should, @came, @early);
for my $moment (sort keys %{ { %expected, %action } }) {
	push @early, map { "$moment " . short($_) } step($moment, -1) unless $action{$moment};
	push @came, map { "$moment $_" } sort map { short($_) } step($moment, 0, @{ $action{$moment} // [] });
	push @should, map { "$moment $_" } sort @{ $expected{$moment} // [] };
}
cmp_ok(scalar @should, '>', 50, 'there are stages to see');
is(join("\n", @came), join("\n", @should), 'each comes at its moment, once');
is(join("\n", @early), '', 'none a second earlier');
is($lw->psql($db, 'select max(late_s) from letterwatch.alert'), '0', 'none is late');
is($lw->psql($db, 'select max(covers) from letterwatch.alert'), '1', 'each stands for one');

# Nobody looks for a month.
my @slept = grep { $_->[0] gt $END } map { stages($_, '2026-01-05', $LATER) } qw(notice reply);
my %covers;
$covers{ (split ' ', $_->[1])[0] }++ for @slept;
is_deeply({ map { $_->{fields}{rule} => $_->{fields}{covers} } step("$LATER 12:00", 0) }, \%covers,
	'after a month without a look: one line a deadline, which stands for all that came');

invariant_holds($lw, $db, [$syslog]);
$session->quit;
done_testing;
