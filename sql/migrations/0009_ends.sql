-- 0009 ends: what becomes of letters is derived first (derive_lives), and when each deadline ends then, for all of them at once (derive).

-- What comes again with another shape.
drop function if exists letterwatch.derive(text[], timestamptz);
drop function if exists letterwatch.outbox_lines(bigint, text);
drop function if exists letterwatch.event_value_fault(letterwatch.letter_event, date, date, date, text, text);

alter type letterwatch.life add attribute closing_kind text;
alter type letterwatch.life add attribute closed_at timestamptz;
alter type letterwatch.life add attribute judged_at timestamptz;

-- What does not fit is named row by row where many rows come at once.
drop function if exists letterwatch.refuse_event(text, jsonb);
drop function if exists letterwatch.refuse_letter(text, text, bigint, text, date, text, text);
create type letterwatch.refusal as (
	code text,
	message text,
	hint text
);
comment on type letterwatch.refusal is 'Why a row is refused: SQLSTATE, MESSAGE and HINT of the error.';

alter table letterwatch.rule
	add constraint rule_is_owed_from_the_receipt check ('registered' <> all (not_owed_in));
