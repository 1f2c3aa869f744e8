-- session_key() → text: names this session: its process number, and when the server began.
-- Its body is bound when it is made, as that of clock().
-- Callers: default of calendar_import, check_import, add_list, import_calendar.
create or replace function letterwatch.session_key() returns text
language sql stable
return pg_backend_pid() || '@' || extract(epoch from pg_postmaster_start_time());
comment on function letterwatch.session_key() is 'Names this session.';
