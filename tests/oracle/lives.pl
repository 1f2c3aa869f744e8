# lives.pl -- the second opinion on the life of a letter.
#
# Reads a letter's events one after the other and counts its days one after the other, as a careful clerk would with the file
# and a wall calendar before him. It shares no code with the schema, and for days only due_dates.pl, which is its like.
#
# Owns:  what follows from plain facts: where a letter stands, its deadlines with their dates, their stages and alerts.
# Never: asks the database, or is fast.
#
# A day is its Julian day number, a moment the microseconds since 1970 began in Greenwich. The facts are a world
#     { calendar => { name => { parent, weekend => [ 6, 7 ], needs_list } },
#       list     => { name => [ { year, recorded_at, day => { day => 'off' | 'work' } }, … ] }, in the order of recorded_at
#       office   => { code => { parent_code, time_zone, calendar, rule_set, day_begins, was } },
#       rule     => { rule_set => [ { rule, valid_from, valid_to, …, was }, … ] },
#       stage    => { "rule_set/rule" => [ { stage, workdays, seconds, every, unit, levels_up }, … ] } }
# and letters
#     { letter_no, office_code, received_on, received_at, rule_set, registered_at, events => [ { event_id, kind, … }, … ] }.
# `was` of an office or rule: its earlier rows, each with `until`, from which moment on the next is in force. Zones do not shift.
use strict;
use warnings;

package Lives;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use List::Util qw(max min);

BEGIN { require(abs_path(dirname(__FILE__)) . '/due_dates.pl'); }

our %OFFSET_S = ('Asia/Shanghai' => 8 * 3600, 'Asia/Urumqi' => 6 * 3600, 'Asia/Kolkata' => 5.5 * 3600);
our %ROOT     = (time_zone => 'Asia/Shanghai', calendar => 'cn', rule_set => 'procuratorate', day_begins => '09:00');

my $SECOND    = 1_000_000;
my $DAY       = 86400 * $SECOND;
my $EPOCH     = Oracle::day_number(1970, 1, 1);
my @EFFECTS   = qw(begins met_by not_owed_in restarts on_transfer on_reopen followed_by may_suspend may_extend);

# ---- moments ------------------------------------------------------------------------------------------------------

# The local day of a moment.
sub day_of {
	my ($moment, $zone) = @_;
	my $local = $moment + $OFFSET_S{$zone} * $SECOND;
	return $EPOCH + ($local - $local % $DAY) / $DAY;
}

# The moment at which a local day's clocks show a time (hh:mm).
sub moment_at {
	my ($day, $time, $zone) = @_;
	my ($hour, $minute) = $time =~ /^(\d\d):(\d\d)/ or die "not a time: $time\n";
	return ($day - $EPOCH) * $DAY + (($hour * 60 + $minute) * 60 - $OFFSET_S{$zone}) * $SECOND;
}

# "2026-01-05 09:00:00.000000", in Greenwich.
sub utc {
	my ($moment) = @_;
	return undef unless defined $moment;
	my $in_day = $moment % $DAY;
	my $s      = ($in_day - $in_day % $SECOND) / $SECOND;
	return sprintf '%s %02d:%02d:%02d.%06d', Oracle::to_iso($EPOCH + ($moment - $in_day) / $DAY), $s / 3600, $s / 60 % 60,
	  $s % 60, $in_day % $SECOND;
}

# ---- what was in force --------------------------------------------------------------------------------------------

# The row of an office or rule as it was at a moment; undef: now.
sub row_at {
	my ($row, $moment) = @_;
	my ($was) = grep { defined $moment && $moment < $_->{until} } @{ $row->{was} // [] };
	return $was // $row;
}

# An office's setting, its own or that of the nearest office above that has one.
sub setting {
	my ($world, $office_code, $name, $moment) = @_;
	for (my $code = $office_code; defined $code; $code = $world->{office}{$code}{parent_code}) {
		my $value = row_at($world->{office}{$code}, $moment)->{$name};
		return $value if defined $value;
	}
	return $ROOT{$name};
}

# A calendar as it was known at a moment: a tied hash, day => 'off' or 'work', as due_dates.pl wants it.
sub calendar_at {
	my ($world, $name, $moment) = @_;
	my (@lists, @calendars);
	for (my $calendar = $name; defined $calendar; $calendar = $world->{calendar}{$calendar}{parent}) {
		my @known = grep { !defined $moment || $_->{recorded_at} <= $moment } @{ $world->{list}{$calendar} // [] };
		push @calendars, $world->{calendar}{$calendar};
		push @lists, { map { $_->{year} => $_ } @known };
	}
	my $key  = join '/', $name, map { my $in_force = $_; map { 0 + $in_force->{$_} } sort keys %$in_force } @lists;
	my $seen = $world->{seen} //= {};
	%$seen = () if keys %$seen > 200;    # only to save memory
	return $seen->{$key} if $seen->{$key};
	tie my (%kind), 'Lives::Calendar', \@calendars, \@lists;
	return $seen->{$key} = \%kind;
}

package Lives::Calendar {

	sub TIEHASH {
		my ($class, $calendars, $lists) = @_;
		return bless { calendars => $calendars, lists => $lists }, $class;
	}

	# What the newest lists say of a day; a list may begin in the December before its year: New Year's break, or work for it.
	sub listed {
		my ($self, $day) = @_;
		my ($year) = Oracle::year_month_day($day);
		my @lists = grep { defined } map { ($_->{ $year + 1 }, $_->{$year}) } @{ $self->{lists} };
		return (grep { defined } map { $_->{day}{$day} } @lists)[0];
	}

	sub FETCH {
		my ($self, $day) = @_;
		return $self->{kind}{$day} //= $self->listed($day) // do {
			my $weekday = Oracle::weekday($day) + 1;
			(grep { $_ == $weekday } @{ $self->{calendars}[0]{weekend} }) ? 'off' : 'work';
		};
	}

	# Whether all lists that say something about this day are there.
	sub is_settled_itself {
		my ($self, $day) = @_;
		return $self->{settled}{$day} //= do {
			my ($year, $month, $of_month) = Oracle::year_month_day($day);
			my @years   = $month == 12 && $of_month >= 28 ? ($year, $year + 1) : $year;
			my @needed  = @{ $self->{lists} }[ grep { $self->{calendars}[$_]{needs_list} } 0 .. $#{ $self->{lists} } ];
			my @missing = grep { my $lists = $_; grep { !$lists->{$_} } @years } @needed;
			@missing ? 0 : 1;
		};
	}
}

# The same, and also where it would roll to.
sub is_settled {
	my ($calendar, $day) = @_;
	my $last = Oracle::is_working($calendar, $day) ? $day : Oracle::next_working($calendar, $day);
	return !grep { !tied(%$calendar)->is_settled_itself($_) } $day .. $last;
}

# ---- the sequence -------------------------------------------------------------------------------------------------

# kind and outcome | possible in | and only if it is (1) or is not (0) suspended | status after | suspended after; - any, the same.
# Besides, feedback needs an order that waits.
my $OPEN   = 'registered incomplete accepted in_progress reopened';
my $CLOSED = 'answered referred not_accepted withdrawn duplicate exempt';
my %TABLE;
for (split /\n/, <<"TABLE") {
	assign              | $OPEN exempt                                  | - | -            | -
	notice accepted     | registered incomplete reopened                | - | accepted     | -
	notice incomplete   | registered incomplete reopened                | - | incomplete   | -
	notice referred     | registered incomplete reopened                | - | referred     | 0
	notice not_accepted | registered incomplete reopened                | - | not_accepted | 0
	progress            | $OPEN                                         | - | in_progress  | -
	result              | $OPEN exempt                                  | - | answered     | 0
	restart             | incomplete                                    | - | accepted     | -
	suspend             | registered accepted in_progress reopened      | 0 | -            | 1
	resume              | $OPEN                                         | 1 | -            | 0
	extend              | $OPEN                                         | - | -            | -
	transfer            | $OPEN                                         | - | registered   | -
	transfer            | exempt                                        | - | exempt       | -
	exempt              | $OPEN                                         | - | exempt       | 0
	duplicate           | $OPEN                                         | - | duplicate    | 0
	withdraw            | $OPEN exempt                                  | - | withdrawn    | 0
	reopen              | $CLOSED                                       | - | reopened     | 0
	mute                | $OPEN                                         | - | -            | -
	correct             | $OPEN $CLOSED                                 | - | -            | -
	void                | $OPEN $CLOSED                                 | - | -            | -
	supervise           | $OPEN $CLOSED                                 | - | -            | -
	feedback progress   | $OPEN $CLOSED                                 | - | -            | -
	feedback result     | $OPEN $CLOSED                                 | - | -            | -
TABLE
	my ($event, $in, @rest) = map { s/^\s+|\s+$//gr } split /\|/;
	$TABLE{$event}{$_} = \@rest for split ' ', $in;
}

# (status, suspended) after an event, or nothing where it is not possible; $waits: an order waits.
sub after {
	my ($event, $status, $suspended, $waits) = @_;
	return if $event->{kind} eq 'feedback' and !$waits;
	my $row = $TABLE{ join ' ', grep { defined } @$event{qw(kind outcome)} }{$status} or return;
	my ($only_if, @after) = @$row;
	return if $only_if ne '-' and $only_if != $suspended;
	return ($after[0] eq '-' ? $status : $after[0], $after[1] eq '-' ? $suspended : $after[1]);
}

sub by_recording { return $a->{recorded_at} <=> $b->{recorded_at} || $a->{event_id} <=> $b->{event_id}; }

# The letter's events but for the void ones, in their order.
sub events_in_order {
	my ($letter) = @_;
	my %void = map { $_->{of_event} => 1 } grep { $_->{kind} eq 'void' } @{ $letter->{events} };
	my @events = grep { $_->{kind} eq 'void' || !$void{ $_->{event_id} } } @{ $letter->{events} };
	return sort { $a->{occurred_at} <=> $b->{occurred_at} || by_recording() } @events;
}

# The letter's facts as corrected.
sub corrected {
	my ($world, $letter) = @_;
	my %fact = (%$letter{qw(received_on received_at rule_set)}, to_office => $letter->{office_code});
	my @corrections = grep { $_->{kind} eq 'correct' } events_in_order($letter);
	for my $event (sort by_recording @corrections) {
		defined $event->{$_} and $fact{$_} = $event->{$_} for qw(received_on to_office rule_set);
		$fact{received_at} = undef if defined $event->{received_on};
	}
	$fact{own_rule_set} = $fact{rule_set};
	$fact{rule_set} //= setting($world, $fact{to_office}, 'rule_set');
	$fact{received_at} //= moment_at($fact{received_on}, '00:00', setting($world, $fact{to_office}, 'time_zone'));
	return \%fact;
}

# The letter's places: the receipt, then each event with the status before and after it and who was in charge after it.
sub life {
	my ($world, $letter) = @_;
	my $fact = corrected($world, $letter);
	my @life = ({
		event_id => 0, kind => 'receipt', place => 0, possible => 1, status => 'registered', before => '', suspended => 0,
		was_suspended => 0, office => $fact->{to_office}, on_day => $fact->{received_on}, at => $fact->{received_at},
		recorded_at => $letter->{registered_at}, baseline => $letter->{baseline}, rule_set => $fact->{own_rule_set} });
	for my $event (events_in_order($letter)) {
		my $last = $life[-1];
		my ($status, $suspended) = after($event, @$last{qw(status suspended waits)});
		my $possible    = defined $status && !($event->{kind} eq 'transfer' && $event->{to_office} eq $last->{office});
		($status, $suspended) = () if !$possible;
		my $is_transfer = $possible && $event->{kind} eq 'transfer';
		my $office      = $is_transfer ? $event->{to_office} : $last->{office};
		my $zone        = setting($world, $office, 'time_zone', $event->{recorded_at});    # as the clerk saw the day
		my $known_at    = max($event->{occurred_at}, $event->{recorded_at});
		my %in_charge   = map { $_ => ($possible ? $event->{$_} : undef) // ($is_transfer ? undef : $last->{$_}) } qw(unit handler);
		push @life, {
			event => $event, event_id => $event->{event_id}, kind => $event->{kind}, place => @life + 0, possible => $possible,
			before => $last->{status}, status => $status // $last->{status}, was_suspended => $last->{suspended},
			waits => $event->{kind} eq 'supervise' || $event->{kind} ne 'feedback' && $last->{waits},
			suspended => $suspended // $last->{suspended}, office => $office, %in_charge,
			on_day => day_of($event->{occurred_at}, $zone), at => $event->{occurred_at},
			recorded_day => day_of($known_at, $zone), known_at => $known_at, recorded_at => $event->{recorded_at},
			baseline => $event->{baseline} };
	}
	return \@life;
}

sub changed_status { return $_[0]{place} > 0 && $_[0]{possible} && $_[0]{status} ne $_[0]{before}; }

# ---- where the letter stands --------------------------------------------------------------------------------------

sub letter_state {
	my ($world, $letter, $life) = @_;
	my $fact  = corrected($world, $letter);
	my $now   = $life->[-1];
	my %last  = map { $_->{kind} => $_ } grep { $_->{possible} } @$life;
	my $since = (grep { changed_status($_) } @$life)[-1] // $life->[0];
	return {
		office_code => $now->{office}, rule_set => $fact->{rule_set}, status => $now->{status}, status_on => $since->{on_day},
		status_event => $since->{event_id}, last_event => max(0, map { $_->{event_id} } @{ $letter->{events} }),
		impossible => scalar(grep { !$_->{possible} } @$life), unit => $now->{unit}, handler => $now->{handler},
		suspended_on => $now->{suspended} ? $last{suspend}{on_day} : undef, muted_until => $last{mute}{event}{until},
		duplicate_of => $now->{status} eq 'duplicate' ? $last{duplicate}{event}{of_letter_no} : undef };
}

# ---- which deadlines there are ------------------------------------------------------------------------------------

sub is_break {
	my ($rule, $step) = @_;
	my %does = (transfer => $rule->{on_transfer}, reopen => $rule->{on_reopen});
	return $step->{possible} && ($does{ $step->{kind} } // '') =~ /^(begin|end)$/;
}

# The (day, moment) from which a period counts that begins with a step; what is reopened counts from when that was recorded.
sub start {
	my ($step) = @_;
	return @$step{ $step->{kind} eq 'reopen' ? qw(recorded_day known_at) : qw(on_day at) };
}

# Whether a step accepts the letter: what is answered in part without a notice is accepted by that.
sub is_acceptance {
	my ($step) = @_;
	return $step->{before} ne 'accepted' if $step->{status} eq 'accepted';
	return $step->{status} eq 'in_progress' && $step->{before} =~ /^(registered|incomplete)$/;
}

# The start of the rule's deadline that a step begins, if it does, and for a follow-up the deadline before whose end it cannot start.
# `begun`: the deadlines begun before; `has_one`: whether one of this rule began since its last break.
sub beginning {
	my ($rule, $life, $step, $begun, $has_one) = @_;
	my ($begins, $kind) = ($rule->{begins}, $step->{kind});
	return unless $step->{possible};
	return start($step) if $kind eq 'receipt' and $begins eq 'receipt';
	return start($step) if $kind eq 'transfer' and $rule->{on_transfer} eq 'begin';
	return start($step) if $kind eq 'reopen' and ($begins eq 'reopen' or $rule->{on_reopen} eq 'begin');
	return start($step) if $begins eq 'acceptance' and is_acceptance($step) and !$has_one;
	return start($step) if $kind eq 'supervise' and $begins eq 'supervise';
	return unless $kind eq 'progress' and $begins eq 'progress';
	for my $f (reverse grep { ($_->{row}{followed_by} // '') eq $rule->{rule} } @$begun) {
		next if grep { is_break($rule, $_) } @$life[ $f->{place} + 1 .. $step->{place} - 1 ];
		return (start($step), $f);
	}
	return;
}

# Whether a deadline that was not owed when the letter was reopened begins anew then.
sub begins_anew {
	my ($rule, $step) = @_;
	return $step->{possible} && $step->{kind} eq 'reopen' && $rule->{on_reopen} eq 'restart' && !$rule->{is_named}
	  && is_one_of($step->{before}, $rule->{not_owed_in});
}

sub is_one_of { my ($value, $list) = @_; return scalar grep { $_ eq $value } @$list; }

# The rules that the letter is or was under: by name, the older before the younger, each [ row as it was, since, until ]; no end: it
# still is.
sub rules_held {
	my ($world, $fact) = @_;
	my @untils = map { $_->{until} } map { @{ $_->{was} // [] } } values %{ $world->{office} }, map { @$_ } values %{ $world->{rule} };
	my $range  = grep { $_ <= $fact->{received_on} } map { ($_->{valid_from}, $_->{valid_to} + 1) } map { @$_ } values %{ $world->{rule} };
	my $held   = $world->{held}{ @untils . " $range " . ($fact->{own_rule_set} // "of $fact->{to_office}") } //= {}; # the same for all these
	return $held if %$held;
	my ($since, $here_since, $here) = (-9e18, -9e18, '');
	for my $until ((sort { $a <=> $b } @untils), undef) {
		my $then     = defined $until ? $until - 1 : undef;
		my $rule_set = $fact->{own_rule_set} // setting($world, $fact->{to_office}, 'rule_set', $then);
		($here, $here_since) = ($rule_set, $since) if $here ne $rule_set;
		for my $rule (grep { $_->{valid_from} <= $fact->{received_on} && $fact->{received_on} <= $_->{valid_to} }
			@{ $world->{rule}{$rule_set} // [] })
		{
			my $was     = row_at($rule, $then);
			my $named   = $was->{unit} eq 'date';
			my $is      = join '|', $rule_set, $named, map { ref eq 'ARRAY' ? "@$_" : $_ // '' } @$was{@EFFECTS};
			my $of_name = $held->{ $rule->{rule} } //= [];
			my $last    = $of_name->[-1];
			my $goes_on = $last && $last->[3] eq $is && $last->[2] == $since;
			pop @$of_name if $goes_on;
			push @$of_name, [ { %$rule, %$was{@EFFECTS}, is_named => $named }, $goes_on ? $last->[1] : $since, $until, $is, $here_since ];
		}
		$since = $until;
	}
	# By the last one under a rule set all was judged that was open then, whenever it had been recorded.
	for my $of_name (values %$held) {
		for my $n (0 .. $#$of_name) {
			$of_name->[$n][1] = $of_name->[$n][4] if $n == $#$of_name or $of_name->[ $n + 1 ][4] != $of_name->[$n][4];
		}
	}
	return $held;
}

# An event did what the rule of then said, to what it closed; all else is as the present one has it.
sub deadlines {
	my ($world, $letter, $life) = @_;
	my $held    = rules_held($world, corrected($world, $letter));
	my %follows = map { my $name = $_; $name => scalar grep { $_->[0]{begins} eq 'progress' } @{ $held->{$name} } } keys %$held;
	my @deadlines;
	for my $name (sort { !!$follows{$a} <=> !!$follows{$b} || $a cmp $b } keys %$held) {
		my @all = @{ $held->{$name} };
		my %now = map { $_->{since} => $_ } defined $all[-1][2] ? () : of_rule($world, $life, $all[-1][0], @deadlines);
		my @of_name;
		for (@all) {
			my ($row, $since, $until) = @$_;
			my @own = of_rule($world, $life, $row, @deadlines);
			if (defined $until) {
				@own = grep { was_closed($world, $_, $life, $since, $until) } @own;
				# What broke it off breaks off nothing now.
				@own = grep { !$_->{broken_by} || !$now{ $_->{since} } || $now{ $_->{since} }{state} !~ /^(open|suspended)$/ } @own;
			}
			push @of_name, grep { my $d = $_; !grep { stands_for($_, $d) } @of_name } @own;
		}
		push @deadlines, @of_name;
	}
	return { map { ("$_->{rule}/$_->{since}" => $_) } @deadlines };
}

# Whether one deadline is there in place of another of its name, by another row: begun at the same event, closed by the same, or of one
# stretch between breaks.
sub stands_for {
	my ($one, $other) = @_;
	return 1 if $one->{since} == $other->{since};
	return 1 if defined $one->{closed_event} && $one->{closed_event} == ($other->{closed_event} // -1);
	my ($first, $then) = sort { $a->{place} <=> $b->{place} } $one, $other;
	return 0 if $then->{row}{begins} =~ /^(progress|reopen|supervise)$/;
	return $then->{stretch} <= $first->{place};
}

# Whether something that was recorded in a time closed it: then it is judged by what was in force at that moment, though something
# entered afterwards closes it by now.
sub was_closed {
	my ($world, $deadline, $life, $since, $until) = @_;
	return 0 if $deadline->{state} =~ /^(open|suspended)$/;
	my $row     = $deadline->{row};
	my @known   = ($deadline->{closed_at}, $deadline->{closed_place} < $deadline->{place} ? $deadline->{begun_at} : ());
	my @closers = (max(@known), map { $_->{recorded_at} } grep {
		$_->{possible} && $_->{place} > max($deadline->{closed_place}, $deadline->{place}) && (is_one_of($_->{kind}, $row->{met_by})
			|| is_one_of($_->{status}, $row->{not_owed_in}) && $_->{kind} =~ /^(notice|result|withdraw|duplicate|exempt)$/)
	} @$life);
	my ($known_at) = sort { $a <=> $b } grep { $since <= $_ && $_ < $until } @closers or return 0;
	date($world, $life, $deadline, $known_at, @{ $deadline->{extensions} }) if $deadline->{closed_at} >= $until;
	return 1;
}

# The deadlines of one rule, beside some of others.
sub of_rule {
	my ($world, $life, $rule, @others) = @_;
	my ($has_one, @own) = (0);
	for my $step (@$life) {
		$has_one = 0 if is_break($rule, $step);
		if (begins_anew($rule, $step)) {
			my ($was) = grep { $_->{broken_by} == $step } @own;
			push @own, one_deadline($world, $life, $rule, $step, start($step), $was->{follows}) if $was;
		}
		next if $step->{possible} && $step->{kind} eq 'reopen' && $rule->{begins} eq 'reopen' && $rule->{on_reopen} eq 'restart'
		  && grep { is_open_at($_, $step) } @own; # which starts again
		my @begun = sort { $a->{place} <=> $b->{place} } grep { $_->{place} < $step->{place} } @others, @own;
		my @start = beginning($rule, $life, $step, \@begun, $has_one) or next;
		$has_one = 1;
		push @own, one_deadline($world, $life, $rule, $step, @start);
	}
	return @own;
}

# Whether a deadline that has begun is neither closed nor broken off by then.
sub is_open_at {
	my ($deadline, $step) = @_;
	return !(grep { $_ && $_->{place} <= $step->{place} } $deadline->{broken_by}) && ($deadline->{closed_place} // 9e18) > $step->{place};
}

# What becomes of the deadline of a rule that begins with a step.
sub one_deadline {
	my ($world, $life, $rule, $begin, $day, $moment, $follows) = @_;
	my ($break) = grep { is_break($rule, $_) || begins_anew($rule, $_) } @$life[ $begin->{place} + 1 .. $#$life ];
	my @before  = grep { $_->{possible} } @$life[ 0 .. ($break ? $break->{place} - 1 : $#$life) ];
	my @scope   = grep { $_->{place} > $begin->{place} } @before;
	my ($met)   = grep { my $step = $_; grep { $_ eq $step->{kind} } @{ $rule->{met_by} } } @scope;
	my $status  = $before[-1]{status};
	# An exemption is met by nothing.
	if ($met && $met->{before} eq 'exempt' && is_one_of('exempt', $rule->{not_owed_in})) {
		$status = 'exempt';
		@before = grep { $_->{place} < $met->{place} } @before;
		@scope  = grep { $_->{place} < $met->{place} } @scope;
		($met, $break) = (undef, undef);
	}
	my ($state, $closed, $in_charge) = ('open', undef, $before[-1]);
	if ($met) { ($state, $closed, $in_charge) = ('met', $met, $met); }
	elsif (is_one_of($status, $rule->{not_owed_in})) {
		# Not owed since the last change from a status in which it was, or since it began.
		for my $change (reverse grep { changed_status($_) } @before) {
			last if $closed && ($closed->{place} <= $begin->{place} || !is_one_of($change->{status}, $rule->{not_owed_in}));
			$closed = $change;
		}
		$state     = $closed->{status} eq 'exempt' ? 'exempt' : 'not_owed';
		$in_charge = $life->[ max($closed->{place}, $begin->{place}) ];
	}
	elsif ($break) { ($state, $closed) = ('not_owed', $break); }
	my @until = grep { !$met || $_->{place} < $met->{place} } @scope;
	my %does  = (transfer => $rule->{on_transfer}, reopen => $rule->{on_reopen}, restart => $rule->{restarts} ? 'restart' : 'keep');
	my ($last) = $rule->{is_named} ? () : reverse grep { ($does{ $_->{kind} } // '') eq 'restart' } @until;
	($day, $moment) = start($last) if $last;
	my $deadline = {
		rule => $rule->{rule}, since => $begin->{event_id}, state => $state, office_code => $in_charge->{office},
		unit_in_charge => $in_charge->{unit}, begun_on => $day,
		closed_event => $closed && $closed->{event_id}, closed_on => $closed && $closed->{on_day},
		closed_at => $closed && $closed->{recorded_at}, closed_place => $closed && $closed->{place},
		stretch => max(0, map { $_->{place} } grep { $_ == $begin ? begins_anew($rule, $_) || is_break($rule, $_) : is_break($rule, $_) }
			@$life[ 0 .. $begin->{place} ]),
		row => $rule, place => $begin->{place}, follows => $follows, broken_by => $met || !$break ? 0 : $break, start_at => $moment, begun_at => $begin->{recorded_at},
		baseline => $begin->{baseline} };
	my @extensions = map { $_->{event}{until} }
	  grep { $_->{kind} eq 'extend' && $rule->{may_extend} && ($_->{event}{rule} // '') eq $rule->{rule} } @until;
	$deadline->{named_on} = $begin->{event}{until} if $begin->{kind} eq 'supervise';
	$deadline->{extensions} = \@extensions;
	date($world, $life, $deadline, $closed && $closed->{recorded_at}, @extensions);
	return $deadline;
}

# ---- their dates --------------------------------------------------------------------------------------------------

# The times of suspension that count for a deadline, each [ first day, first day after ]; no end: still suspended.
sub pauses {
	my ($life, $deadline) = @_;
	my (@pauses, $from);
	for my $step (@$life) {
		$from = $step->{on_day} if $step->{suspended} and !$step->{was_suspended};
		push @pauses, [ $from, $step->{on_day} ] if $step->{was_suspended} and !$step->{suspended};
	}
	push @pauses, [ $from, undef ] if $life->[-1]{suspended};
	my $closed_on = $deadline->{closed_on};
	return defined $closed_on ? map { [ $_->[0], min($closed_on, $_->[1] // $closed_on) ] } @pauses : @pauses;
}

# The last day before it rolls, and whether all lists that it needs are known; nothing: suspended, there is none.
sub end_of_period {
	my ($life, $deadline, $by, $calendar, @extensions) = @_;
	my $start  = $deadline->{start_on};
	return ($deadline->{named_on}, !$by->{roll} || is_settled($calendar, $deadline->{named_on})) if $by->{unit} eq 'date';
	my @pauses = $deadline->{row}{may_suspend} ? pauses($life, $deadline) : ();
	my $count  = $by->{unit} eq 'month' ? \&Oracle::end_by_months : \&Oracle::end_by_days;
	my $end    = $count->($by, $calendar, $start);
	for (my $day = Oracle::day_one($by, $calendar, $start); @pauses && $day <= $end; $day++) {
		my ($pause) = grep { $_->[0] <= $day && $day < ($_->[1] // $day + 1) } @pauses or next;
		return unless defined $pause->[1];
		if ($by->{unit} ne 'workday') { $end++; }
		elsif (Oracle::is_working($calendar, $day)) { $end = Oracle::next_working($calendar, $end); }
	}
	$end = max($end, @extensions);
	my $looked_at_each = $by->{unit} eq 'workday' || $by->{count_from} eq 'next_workday';
	my @unsettled      = grep { !tied(%$calendar)->is_settled_itself($_) } $looked_at_each ? ($start + 1 .. $end) : ();
	return ($end, is_settled($calendar, $end) && !@unsettled);
}

# Gives the deadline its dates, by what was in force at a moment (undef: now).
sub date {
	my ($world, $life, $deadline, $moment, @extensions) = @_;
	my $by = row_at($deadline->{row}, $moment);
	$deadline->{start_on} = $deadline->{begun_on};
	if ($deadline->{follows}) { # not before the end of that, as it is by the same moment
		my %first = (%{ $deadline->{follows} }, due_on => undef);
		date($world, $life, \%first, $moment, @{ $first{extensions} });
		$deadline->{start_on} = max($deadline->{begun_on}, $first{due_on} // 0);
	}
	$deadline->{unit} = ($by->{assignable} ? $deadline->{unit_in_charge} : undef) // $by->{responsible_unit};
	my ($name, $zone) = map { setting($world, $deadline->{office_code}, $_, $moment) } qw(calendar time_zone);
	my $calendar = calendar_at($world, $name, $moment);
	@$deadline{qw(measure calendar zone)} = ($deadline->{row}{unit}, $calendar, $zone);
	if ($by->{unit} eq 'second') {
		$deadline->{late_at} = $deadline->{start_at} + $by->{amount} * $SECOND;
		@$deadline{qw(due_on provisional)} = (day_of($deadline->{late_at} - 1, $zone), 0);
	} else {
		my ($end, $settled) = end_of_period($life, $deadline, $by, $calendar, @extensions) or return $deadline->{state} = 'suspended';
		my $stays = !$by->{roll} || Oracle::is_working($calendar, $end);
		$deadline->{due_on}      = $stays ? $end : Oracle::next_working($calendar, $end);
		$deadline->{late_at}     = moment_at($deadline->{due_on}, $by->{end_of_day}, $zone);
		$deadline->{provisional} = $settled ? 0 : 1;
	}
	$deadline->{overdue_at} = max($deadline->{late_at}, $deadline->{begun_at});
	return;
}

# ---- their stages -------------------------------------------------------------------------------------------------

# A stage by its number: (the stage's row, how often it came before). Nothing: there is none.
sub stage {
	my ($world, $deadline, $number) = @_;
	my $stages = $world->{stage}{"$deadline->{row}{rule_set}/$deadline->{rule}"};
	my $over   = max(0, $number - @$stages);
	return $over && !$stages->[-1]{every} ? () : ($stages->[ min($number, scalar @$stages) - 1 ], $over);
}

# The moment at which a stage comes; undef: there is none.
sub stage_time {
	my ($world, $deadline, $number) = @_;
	my ($stage, $over) = stage($world, $deadline, $number) or return undef;
	return $deadline->{overdue_at} + $stage->{seconds} * $SECOND if defined $stage->{seconds};
	my $base = day_of($deadline->{overdue_at} - 1, $deadline->{zone});
	my $day  = Oracle::working_day_offset($deadline->{calendar}, $base, $stage->{workdays} + $over * ($stage->{every} // 0));
	return moment_at($day, setting($world, $deadline->{office_code}, 'day_begins'), $deadline->{zone});
}

# What a stage is, whatever its number: its working days after the last day, between 0 and 1 the end of that day; its seconds after the
# end under a rule that counts these. undef: there is none.
sub stage_offset {
	my ($world, $deadline, $number) = @_;
	my ($stage, $over) = $number ? stage($world, $deadline, $number) : () or return undef;
	return $stage->{seconds} + $over * ($stage->{every} // 0) if $deadline->{measure} eq 'second';
	return defined $stage->{workdays} ? $stage->{workdays} + $over * ($stage->{every} // 0) : 0.5;
}

# The number of the last stage that is not after an offset (undef: none).
sub stage_number {
	my ($world, $deadline, $offset) = @_;
	my $number = 0;
	$number++ while defined $offset and (stage_offset($world, $deadline, $number + 1) // $offset + 1) <= $offset;
	return $number;
}

# The last stage that was ever told of a deadline, if its rules do not count seconds: a stage that these told is nothing to others.
sub told_ever {
	my ($letter, $deadline) = @_;
	return undef if $deadline->{measure} eq 'second';
	return max_of(map { $_->{stage_offset} } grep { $_->{rule} eq $deadline->{rule} && $_->{since} == $deadline->{since} } @{ $letter->{alerts} // [] });
}

sub max_of { return max(grep { defined } @_) }

# What was dealt with up to an offset, but for what is ahead of a moment.
sub done_upto {
	my ($world, $deadline, $offset, $moment) = @_;
	return defined $offset ? min($offset, elapsed($world, $deadline, $moment)) : undef;
}

# How far a moment is after the last day, or before it: in working days that have begun, at its end half of one; under a rule that counts
# seconds, in these.
sub elapsed {
	my ($world, $deadline, $moment) = @_;
	return ($moment - $deadline->{overdue_at}) / $SECOND if $deadline->{measure} eq 'second';
	my $last_day = day_of($deadline->{overdue_at} - 1, $deadline->{zone});
	my $begins   = setting($world, $deadline->{office_code}, 'day_begins');
	my $today    = day_of($moment, $deadline->{zone});
	$today-- if $moment < moment_at($today, $begins, $deadline->{zone});
	my $is_workday = sub { Oracle::is_working($deadline->{calendar}, $_[0]) };
	return max(0.5, scalar grep { $is_workday->($_) } $last_day + 1 .. $today) if $moment >= $deadline->{overdue_at};
	return $today < $last_day ? -1 - grep { $is_workday->($_) } $today + 1 .. $last_day - 1 : 0;
}

# The number of the last stage that is dealt with, by what was told: those before the first that exists are.
sub stages_done {
	my ($world, $deadline, $offset) = @_;
	return max($deadline->{first_stage} - 1, stage_number($world, $deadline, $offset));
}

sub first_stage {
	my ($world, $deadline) = @_;
	for (my $number = 1;; $number++) {
		my ($stage) = stage($world, $deadline, $number);
		return $number if $stage->{stage} eq 'overdue';
		next if $deadline->{begun_at} >= $deadline->{late_at};
		my $time = stage_time($world, $deadline, $number);
		return $number if $deadline->{measure} eq 'second' ? $time > $deadline->{start_at}
		  : day_of($time, $deadline->{zone}) > $deadline->{start_on};
	}
}

sub is_loud { return (stage(@_))[0]{stage} =~ /^(overdue|escalate)$/; }

# When the next alert is to be raised; undef: never, as for what had ended before a first load.
sub next_alert {
	my ($world, $deadline) = @_;
	return undef if $deadline->{baseline} and $deadline->{overdue_at} > $deadline->{late_at};
	my $number = stages_done($world, $deadline, $deadline->{stage_done}) + 1;
	my $first  = my $time = stage_time($world, $deadline, $number);
	while (defined $time and $time < ($deadline->{muted_until} // $time)) {
		return $time if is_loud($world, $deadline, $number);
		$time = stage_time($world, $deadline, ++$number);
	}
	return defined $first ? max($first, $deadline->{muted_until} // $first) : undef;
}

# Something has changed at a moment: the letter's deadlines as they are now stand in $letter->{deadlines}, each also with
# stage_done, reached and next_event_at, which depend on what was done when.
sub redate {
	my ($world, $letter, $moment) = @_;
	my $life = life($world, $letter);
	my $new  = deadlines($world, $letter, $life);
	$letter->{state} = letter_state($world, $letter, $life);
	for my $key (keys %$new) {
		my ($now, $was) = ($new->{$key}, $letter->{deadlines}{$key});
		my $counts_the_same = $was && ($was->{measure} eq 'second') == ($now->{measure} eq 'second');
		@$now{qw(reached stage_done)} = $counts_the_same ? @$was{qw(reached stage_done)} : (told_ever($letter, $now), undef);
		next unless defined $now->{due_on};
		my @date = ('due_on', $now->{measure} eq 'second' ? 'overdue_at' : ());
		my $is_dated = grep { ($was->{$_} // 0) != $now->{$_} } @date;
		next unless $is_dated or $now->{state} eq 'open';
		my $mute = $letter->{state}{muted_until};
		$now->{muted_until} = $mute && moment_at($mute, setting($world, $now->{office_code}, 'day_begins'), $now->{zone});
		$now->{first_stage} = first_stage($world, $now);
		$now->{stage_done} = done_upto($world, $now, $is_dated ? $now->{reached} : $now->{stage_done}, $moment);
		$now->{next_event_at} = next_alert($world, $now) if $now->{state} eq 'open';
	}
	$letter->{deadlines} = $new;
	return;
}

# A claim at a moment: the alerts that it raises for the letter, which has been redated since its last change.
sub claim {
	my ($world, $letter, $moment) = @_;
	my @alerts;
	for my $deadline (values %{ $letter->{deadlines} }) {
		next unless defined $deadline->{next_event_at} and $deadline->{next_event_at} <= $moment;
		my $told = $letter->{told}{"$deadline->{rule}/$deadline->{since}/$deadline->{due_on}"} //= {}; # for that day
		my $before = $deadline->{measure} eq 'second' ? undef : $told->{offset};
		my $number = my $done = stages_done($world, $deadline, $deadline->{stage_done});
		my $covered = max($done, stage_number($world, $deadline, $before));
		$number++ while (stage_time($world, $deadline, $number + 1) // $moment + 1) <= $moment;
		my $is_muted = $moment < ($deadline->{muted_until} // $moment);
		$number-- while $is_muted and $number > $done and !is_loud($world, $deadline, $number);
		# In seconds there may be several ends a day; the same stage of the same end is not told again.
		my $stage = stage_offset($world, $deadline, $number) // '';
		if ($number > $covered and !$told->{ $stage . ' at ' . stage_time($world, $deadline, $number) }++) {
			push @alerts, alert($world, $letter, $deadline, $number, $number - $covered, $moment);
			$told->{offset} = $alerts[-1]{stage_offset} // $told->{offset};
		}
		my $upto = $number > $done ? stage_offset($world, $deadline, $number) : undef;
		$deadline->{stage_done} = max_of($deadline->{stage_done}, $upto);
		$deadline->{reached}    = max_of($deadline->{reached}, $before, $upto);
		$deadline->{next_event_at} = next_alert($world, $deadline);
	}
	push @{ $letter->{alerts} }, @alerts;
	return @alerts;
}

sub alert {
	my ($world, $letter, $deadline, $number, $covers, $moment) = @_;
	my ($stage, $over) = stage($world, $deadline, $number);
	my $at = stage_time($world, $deadline, $number);
	my $to = $deadline->{office_code};
	$to = $world->{office}{$to}{parent_code} // $to for 1 .. $stage->{levels_up};
	return {
		(map { $_ => $deadline->{$_} } qw(rule since due_on office_code provisional)), letter_no => $letter->{letter_no},
		stage_no => $number - $over, occurrence => $over + 1, stage => $stage->{stage}, to_office => $to,
		unit => $stage->{unit} // $deadline->{unit}, handler => $letter->{state}{handler}, stage_at => $at, raised_at => $moment,
		late_s => int(($moment - $at) / $SECOND), covers => $covers,
		stage_offset => $deadline->{measure} eq 'second' ? undef : stage_offset($world, $deadline, $number),
		registered_late => $deadline->{overdue_at} > $deadline->{late_at} ? 1 : 0,
		days_left => $deadline->{due_on} - day_of($moment, $deadline->{zone}) };
}

1;
