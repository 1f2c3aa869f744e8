-- stage_source(what, source, whole, overlap): puts rows of letterwatch_source.letter or .event (what) among the lines: those that
-- pull_sources speaks of. The mark up to which it has read is taken before it reads. Conditions are such that postgres_fdw sends
-- them to the other server: operators of the columns' own types with constants.
-- Callers: pull_sources.
create or replace function letterwatch.stage_source(what text, source text, whole boolean, overlap interval) returns void
language plpgsql volatile
as $$
declare
	read_from text := format('letterwatch_source.%s', what);
	names text[] := array(select a.attname from pg_attribute a where a.attrelid = read_from::regclass and a.attnum > 0);
	types jsonb := (select jsonb_object_agg(a.attname, format_type(a.atttypid, a.atttypmod))
	                from pg_attribute a
	                where a.attrelid = read_from::regclass and a.attnum > 0);
	columns text[] := array_remove(names, 'changed_at');
	strange text := (
		select n
		from unnest(columns) n
		where not exists (select
		                  from pg_attribute a
		                  where a.attrelid = format('letterwatch.intake_%s', what)::regclass and a.attname = n)
		limit 1);
	named_source text := case when 'source' = any (names) then 's.source' else quote_literal(source) end;
	since text := (select m.changed_at from letterwatch.intake_mark m where m.source_view = read_from);
	upto text;
	condition text := 'true';
	again text[] := '{}';
	ref text;
begin
	if strange is not null or 'source_ref' <> all (columns) then
		perform letterwatch.refuse('LW001', coalesce(format('%s has an unknown column %s', read_from, strange),
			format('%s has no column source_ref', read_from)),
			format('See: \d+ letterwatch.intake_%s', what));
	end if;

	if 'changed_at' = any (names) then
		execute format('select max(changed_at)::text, (%L::%s - $1)::text from %s', since, types ->> 'changed_at', read_from)
		into upto, since
		using overlap;
		if since is not null and not whole then
			foreach ref in array array(
				select distinct i.source_ref
				from letterwatch.intake_rejects i
				where i.what = stage_source.what and i.file is null and i.source_ref is not null)
			loop
				begin
					execute format('select %L::%s', ref, types ->> 'source_ref');
					again := again || ref;
				exception when data_exception then
					null; -- not of this registry: another source has other numbers
				end;
			end loop;
			condition := format('s.changed_at > %L::%s', since, types ->> 'changed_at')
				|| case when cardinality(again) > 0
				   then format(' or s.source_ref = any (%L::%s[])', again, types ->> 'source_ref') else '' end;
		end if;
	elsif not whole then
		condition := format('not exists (select from letterwatch.intake_known k
			where k.what = %L and k.source = %s and k.source_ref = s.source_ref::text)', what, named_source);
	end if;
	execute format('insert into letterwatch.intake_%s_line (%s) select %s from %s s where %s', what,
	               array_to_string(columns, ', '), 's.' || array_to_string(columns, ', s.'), read_from, condition);
	insert into letterwatch.intake_mark (source_view, changed_at)
	select read_from, upto
	where upto is not null
	on conflict on constraint intake_mark_pkey do update
	set changed_at = excluded.changed_at;
end
$$;
comment on function letterwatch.stage_source(text, text, boolean, interval) is 'Puts rows of a registry among the lines.';
