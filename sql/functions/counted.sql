-- counted(verdict, n, ended) → one row: in which columns of the rates n deadlines count, of which so many have ended. verdict: of
-- the function of that name, NULL for open ones.
-- Inlined into the caller's join, as period_end is.
-- Callers: reply_rate, reply_rate_tree.
create or replace function letterwatch.counted(verdict text, n int, ended int)
returns table (due int, in_time int, late int, open_overdue int, not_yet_due int, exempt int, not_owed int,
               in_time_entered_late int)
language sql immutable parallel safe
as $$
	select case when v.owed then ended else 0 end,
	       case when verdict in ('in_time', 'entered_late') then ended else 0 end,
	       case when verdict = 'late' then ended else 0 end,
	       case when verdict is null or verdict = 'missed' then ended else 0 end,
	       case when v.owed then n - ended else 0 end,
	       case when verdict = 'exempt' then n else 0 end,
	       case when verdict = 'not_owed' then n else 0 end,
	       case when verdict = 'entered_late' then ended else 0 end
	from (values (coalesce(verdict not in ('not_owed', 'exempt'), true))) v (owed)
$$;
comment on function letterwatch.counted(text, int, int) is 'In which columns of the rates deadlines count.';
