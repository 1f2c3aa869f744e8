-- try_planning() → boolean: takes ROW SHARE on planning, as lock_planning does, but waits for nobody: false where it is not free, for
-- settings are coming into force at this moment.
-- Callers: claim_due, redate_letters.
create or replace function letterwatch.try_planning() returns boolean
language plpgsql volatile
as $$
begin
	lock table letterwatch.planning in row share mode nowait;
	return true;
exception when lock_not_available then
	return false;
end
$$;
comment on function letterwatch.try_planning() is 'Keeps changes of settings away, if that is possible at once.';
