-- refuse_change([hint]): trigger before UPDATE, DELETE or TRUNCATE of what is append-only, for everyone, its owner included.
create or replace function letterwatch.refuse_change() returns trigger
language plpgsql volatile
as $$
begin
	perform letterwatch.refuse('LW003', format('rows of letterwatch.%s are only ever added', tg_table_name),
		coalesce(tg_argv[0], 'Mend a slip by a further event.'));
	return null;
end
$$;
comment on function letterwatch.refuse_change() is 'Keeps append-only tables append-only.';
