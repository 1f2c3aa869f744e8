-- read_header(header, encoding, malformed) → (what, columns, sed, fault): what the first line of a CSV file says: whether it holds
-- letters or events (those have a column kind), and its columns, as a list for COPY: their own names, or headings of
-- intake_heading, in any order. sed: a script for sed(1) that empties malformed lines and leaves out blank ones at the end.
-- fault: why it cannot be read; NULL: it can.
-- Callers: import.psql.
create or replace function letterwatch.read_header(header bytea, encoding text, malformed int[],
                                                   out what text, out columns text, out sed text, out fault text)
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	line text;
	names text[];
	strange text;
begin
	begin
		line := btrim(convert_from(header, encoding), e'\ufeff\r\n ');
	exception when data_exception then
		fault := format('the first line is no text in %s', encoding);
		return;
	end;
	if line = '' then
		fault := 'the first line does not name the columns';
		return;
	end if;
	names := array(
		select coalesce(h.name, lower(n.heading))
		from regexp_split_to_table(line, ',') with ordinality x (cell, place)
		cross join lateral (select btrim(x.cell, '" ')) n (heading)
		left join letterwatch.intake_heading h on h.heading = n.heading
		order by x.place);
	what := case when 'kind' = any (names) then 'event' else 'letter' end;
	select n into strange
	from unnest(names) with ordinality u (n, place)
	where not exists (select
	                  from pg_attribute a
	                  where a.attrelid = format('letterwatch.intake_%s_line', what)::regclass and a.attname = n
	                    and a.attnum > 0 and not a.attisdropped and n not in ('batch', 'line'))
	order by place
	limit 1;
	if found then
		fault := format('unknown column "%s"', left(strange, 40));
		return;
	end if;
	select n into strange from unnest(names) n group by n having count(*) > 1 limit 1;
	if found then
		fault := format('column "%s" is there twice', strange);
		return;
	end if;
	columns := array_to_string(names, ', ');
	sed := concat_ws(e'\n', (
		select string_agg(format('%ss/[^\r]*/%s/', m, repeat(',', cardinality(names) - 1)), e'\n')
		from unnest(malformed) m), ':blank', '/^[\r\n]*$/ {', '$d', 'N', 'b blank', '}');
end
$$;
comment on function letterwatch.read_header(bytea, text, int[]) is 'Reads the first line of a CSV file.';
