-- check_setup(program_schema DEFAULT NULL) → (what, ok, detail): whether what the daemon needs stands right, a row each: schema, role,
-- writing, time zone, calendar. program_schema: the schema that the daemon comes with; it works with that one and the next.
-- Callers: letterwatchd --check.
create or replace function letterwatch.check_setup(program_schema int default null) returns table (what text, ok boolean, detail text)
language sql stable
as $$
	select 'schema', v.version - coalesce(program_schema, v.version) between 0 and 1,
	       format('version %s', v.version)
	       || case when v.version < program_schema then format(', this program wants %s: run its install.sql', program_schema)
	               when v.version > program_schema + 1 then format(', this program knows %s: install a newer one', program_schema)
	               else '' end
	from (select max(version) from letterwatch.schema_version) v (version)
	union all
	select 'role', has_function_privilege('letterwatch.claim_due(bigint, int, text, int, int)', 'execute'),
	       format('%s %s claim what is due', current_user,
	              case when has_function_privilege('letterwatch.claim_due(bigint, int, text, int, int)', 'execute') then 'may'
	                   else 'may not (grant letterwatch_daemon to it)' end)
	union all
	select 'writing', w.read_only = 'off',
	       case when w.read_only = 'off' then 'transactions may write'
	            when pg_is_in_recovery() then 'this server is a standby: it takes no entry'
	            else 'transactions are read only: default_transaction_read_only of the server, the database or this role' end
	from (select current_setting('transaction_read_only')) w (read_only)
	union all
	select 'time zone', r.time_zone = current_setting('TimeZone'),
	       format('database %s, root office %s', current_setting('TimeZone'), r.time_zone)
	from (select coalesce((select min(s.time_zone) from letterwatch.office_setting s where s.level = 1), 'Asia/Shanghai')) r (time_zone)
	union all
	select 'calendar', bool_and(y.listed),
	       format('days off of %s are loaded for this year: %s', c.calendar, case when bool_and(y.listed) then 'yes' else 'no' end)
	from (select distinct s.calendar from letterwatch.office_setting s) c
	cross join lateral (
		select d.settled
		from letterwatch.calendar_date d
		where d.calendar = c.calendar and d.day = letterwatch.clock()::date
	) y (listed)
	group by c.calendar
$$;
comment on function letterwatch.check_setup(int) is 'Whether schema, role, time zone and calendar are right, and transactions may write.';
