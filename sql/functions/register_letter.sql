-- register_letter(office_code, letter_no, received_at, channel, title, rule_set) → what the letter owes, as owes().
-- Only office_code is needed: letter_no NULL makes a number, received_at defaults to now, channel to 'post', rule_set to the
-- office's. Errors: LW004 the number is taken; those of letter_refusal.
-- Callers: people.
create or replace function letterwatch.register_letter(
	office_code text, letter_no text default null, received_at timestamptz default null, channel text default 'post',
	title text default null, rule_set text default null)
returns setof letterwatch.owed
language plpgsql volatile
as $$
declare
	number text := coalesce($2, letterwatch.new_letter_no());
begin
	begin
		insert into letterwatch.letter (letter_no, office_code, received_at, channel, title, rule_set)
		values (number, $1, coalesce($3, letterwatch.clock()), $4, $5, $6);
	exception when unique_violation then
		perform letterwatch.refuse('LW004', format('letter number %s is taken', number),
			format('See: select * from letterwatch.letter_status where letter_no = %L;', number));
	end;
	return query select * from letterwatch.owes(number);
end
$$;
comment on function letterwatch.register_letter(text, text, timestamptz, text, text, text) is
	'Registers a letter; returns what it owes.';
