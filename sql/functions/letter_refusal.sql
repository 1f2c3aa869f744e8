-- letter_refusal(letter) → refusal: why a letter cannot be registered, in words. letter: fault (a word of letter_inserted),
-- letter_no, office_code, received_on, rule_set, channel, as an object.
-- 42501: an office that is not the clerk's. LW002: an office or rule set that is not there, or no rule for that day of receipt.
-- LW001: received after the office's today (five minutes are forgiven: another machine's clock) or outside the planning horizon,
-- two different days of receipt, an unknown channel.
-- Callers: letter_inserted.
create or replace function letterwatch.letter_refusal(letter jsonb) returns letterwatch.refusal
language plpgsql stable
as $$
declare
	fault text := letter ->> 'fault';
	office_code text := letter ->> 'office_code';
	received_on text := letter ->> 'received_on';
	rule_set text := letter ->> 'rule_set';
begin
	return row(
		case when fault = 'foreign' then '42501' when fault in ('office', 'rule set', 'rule') then 'LW002' else 'LW001' end,
		format('letter %s cannot be registered: ', letter ->> 'letter_no')
		|| case fault
		   when 'office' then format('unknown office %s', office_code)
		   when 'foreign' then format('office %s is not one of yours', office_code)
		   when 'horizon' then format('its day of receipt, %s, lies outside %s', received_on, letterwatch.planning_horizon())
		   when 'future' then format('its day of receipt, %s, lies in the future', received_on)
		   when 'two days' then format('received_at is not on the office''s %s', received_on)
		   when 'rule set' then format('unknown rule set %s', rule_set)
		   when 'rule' then format('rule set %s has no rule for letters received on %s', rule_set, received_on)
		   else format('unknown channel %s', letter ->> 'channel') end,
		case fault
		when 'office' then 'See: select office_code, name from letterwatch.office;'
		when 'foreign' then 'Which offices are yours an administrator says: table letterwatch.office_member.'
		when 'rule set' then 'See: select rule_set, title from letterwatch.rule_set;'
		when 'rule' then 'See: select rule, valid_from, valid_to from letterwatch.rule;'
		when 'channel' then 'See: select code, en from letterwatch.term where category = ''channel'';'
		when 'two days' then 'Give received_at or received_on; the day is that of the office''s time zone.'
		else 'The day counts in the office''s time zone; nothing was registered, mend it and send the statement again.' end)::letterwatch.refusal;
end
$$;
comment on function letterwatch.letter_refusal(jsonb) is 'Why a letter cannot be registered.';
