-- read_header(header, encoding, malformed) → (what, columns, sed, fault): what the first line of a CSV file says: whether it holds
-- letters or events (those have a column kind), and its columns, as a list for COPY: their own names, or headings of
-- intake_heading, in any order. malformed: records of the file, as import.psql names them. sed: a script for sed(1) that makes
-- blank records of those, one a line, so that all others keep their lines, and leaves out blank lines at the end. fault: why the
-- file cannot be read as a whole; NULL: it can.
-- Callers: import.psql.
create or replace function letterwatch.read_header(header bytea, encoding text, malformed int[],
                                                   out what text, out columns text, out sed text, out fault text)
language plpgsql stable security definer
set search_path = pg_catalog, letterwatch, pg_temp
as $$
declare
	at_most constant int := 100; -- malformed records; where there are more it is another format; import.psql seeks one more
	line text;
	line_end text;
	names text[];
	strange text;
begin
	begin
		line := convert_from(header, encoding);
		line_end := case when line ~ e'\r\n?$' then '\r' end;
		line := btrim(line, e'\ufeff\r\n ');
	exception when data_exception then
		fault := format('the first line is no text in %s', encoding);
		return;
	end;
	if line = '' then
		fault := 'the first line does not name the columns';
		return;
	elsif length(line) % 2 <> length(replace(line, '"', '')) % 2 then
		fault := 'a quote of the first line is not closed';
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
	if (select count(*) from generate_subscripts(malformed, 1) i where malformed[i][3] <> 0) > at_most then
		fault := format('more than %s of its records are malformed, the first of them in line %s', at_most, malformed[1][1]);
		return;
	end if;
	columns := array_to_string(names, ', ');
	select coalesce(string_agg(
		case
		when malformed[i][3] = 0 then format('%s,$d', malformed[i][1])
		else concat(malformed[i][1], ',', malformed[i][2], 's/.*/""', repeat(',', cardinality(names) - 1), line_end, '/') end,
		e'\n' order by i), '') into sed
	from generate_subscripts(malformed, 1) i;
end
$$;
comment on function letterwatch.read_header(bytea, text, int[]) is 'Reads the first line of a CSV file.';
