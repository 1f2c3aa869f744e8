-- intake_moment(value, time_zone) → timestamptz: reads a day or a moment as people and systems write it: 2026-11-03, 2026/11/3,
-- 2026年11月3日, alone or with a time (10:30, 10:30:15) and an offset (Z, +08, +08:00). Without an offset it is the clock of
-- time_zone; a day alone is its beginning. NULL: not readable, as is what could be two things (3/11/2026) or no day
-- (2026-02-30). What cannot fail, the most frequent form, goes the quick way.
-- Callers: intake_day, read_letters, read_events.
create or replace function letterwatch.intake_moment(value text, time_zone text) returns timestamptz
language plpgsql stable strict
as $$
begin
	if value ~ '^[1-9][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])$' then
		return value::timestamp at time zone time_zone;
	end if;
	if value ~ '[/年]' then
		value := regexp_replace(value, '^(\d{4})(?:/(\d{1,2})/|年(\d{1,2})月)(\d{1,2})日? *', '\1-\2\3-\4 ');
	end if;
	if value !~ '^\d{4}-\d{1,2}-\d{1,2}( *|[ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?(Z|[+-]\d\d(:?\d\d(:\d\d)?)?))?)$' then
		return null;
	end if;
	begin
		if value ~ '[Z+]|:.*-' then
			return value::timestamptz;
		end if;
		return value::timestamp at time zone time_zone;
	exception when data_exception then
		return null;
	end;
end
$$;
comment on function letterwatch.intake_moment(text, text) is 'Reads a day or a moment; NULL: not readable.';
