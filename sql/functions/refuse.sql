-- refuse(code, message, hint): raises the error that a wrong call ends with. Never returns.
-- code: LW001 a value is wrong, LW002 something named does not exist, LW003 not possible in this state, LW004 there is one
-- already, LW005 planning is busy. Values of the caller's own call may stand in the message; DETAIL is used by refuse_rows alone.
create or replace function letterwatch.refuse(code text, message text, hint text) returns void
language plpgsql immutable
as $$
begin
	raise exception using errcode = code, message = message, hint = hint;
end
$$;
comment on function letterwatch.refuse(text, text, text) is 'Raises an error of letterwatch''s own class LW.';
