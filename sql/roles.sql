-- The roles of letterwatch, without login: grant them to people and services. Once per cluster, as superuser or a role with
-- CREATEROLE; running it again changes nothing.
do $$
declare
	name text;
begin
	foreach name in array array['letterwatch_daemon', 'letterwatch_intake', 'letterwatch_clerk', 'letterwatch_reader',
	                            'letterwatch_admin'] loop
		if not exists (select from pg_roles where rolname = name) then
			execute format('create role %I nologin', name);
		end if;
	end loop;
end
$$;
