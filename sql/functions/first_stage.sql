-- first_stage(offsets, overdue_no, late_at, overdue_at, slack) → int: the first of a deadline's stages that exists: those before
-- it would not have come after the period's start, or, where it was overdue already when it began, before overdue.
-- offsets, overdue_no: of stage_plan, NULL where a rule has no stages; slack: of period_end.
-- Callers: derive, date_deadlines, plan_first_letters, verify.
create or replace function letterwatch.first_stage(offsets float8[], overdue_no int, late_at timestamptz, overdue_at timestamptz,
                                                   slack int) returns int
language sql immutable parallel safe
as $$
	select case when overdue_at > late_at and overdue_no is not null then overdue_no
	            else coalesce(1 + width_bucket(-slack, offsets), 1) end
$$;
comment on function letterwatch.first_stage(float8[], int, timestamptz, timestamptz, int) is 'The first stage of a deadline that exists.';
