-- invoker() → text: the role on whose behalf the session speaks: that of SET ROLE, or the login; the same inside functions that
-- run as their owner.
-- Callers: my_roles, my_clerk_offices, is_owner, sees_all, sees_letter, writes_all, open_batch.
create or replace function letterwatch.invoker() returns text
language sql stable parallel safe
return coalesce(nullif(current_setting('role'), 'none'), session_user);
comment on function letterwatch.invoker() is 'The role on whose behalf the session speaks.';
