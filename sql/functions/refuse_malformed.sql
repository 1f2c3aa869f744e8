-- refuse_malformed(message, hint): trigger before a row of letter or letter_event is inserted that a constraint would refuse: says
-- so without the row, which PostgreSQL's own error would show. The triggers' WHEN lets only such rows come here.
create or replace function letterwatch.refuse_malformed() returns trigger
language plpgsql volatile
as $$
begin
	perform letterwatch.refuse('LW001', tg_argv[0], tg_argv[1]);
	return null;
end
$$;
comment on function letterwatch.refuse_malformed() is 'Refuses malformed rows without showing them.';
