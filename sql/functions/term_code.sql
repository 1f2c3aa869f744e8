-- term_code(categories, title) → text: the code of a Chinese title in some categories of term; what is none stays as it is.
-- Callers: read_letters, read_events, for what is not plain ASCII.
create or replace function letterwatch.term_code(categories text[], title text) returns text
language sql stable
as $$
	select coalesce((select min(t.code) from letterwatch.term t where t.category = any (categories) and t.zh = title), title)
$$;
comment on function letterwatch.term_code(text[], text) is 'The code of a Chinese title.';
