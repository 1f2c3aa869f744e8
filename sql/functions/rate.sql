-- rate(in_time, due) → numeric: the share in percent, cut off to one decimal, never rounded up: 100.0 only if all were in time.
-- NULL: nothing was due. In whole numbers, for a quotient of numerics is rounded.
-- Callers: reply_rate, reply_rate_tree, office_board.
create or replace function letterwatch.rate(in_time numeric, due numeric) returns numeric
language sql immutable parallel safe
as $$
	select case when due > 0 then (div(1000 * in_time, due) / 10)::numeric(4, 1) end
$$;
comment on function letterwatch.rate(numeric, numeric) is 'The share in percent, cut off to one decimal.';
