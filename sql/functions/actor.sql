-- actor() → text: the person who acts: the setting letterwatch.actor (set letterwatch.actor = '…', a staff code, behind a
-- shared login), otherwise the session's role.
-- Its body is bound when it is made, as that of clock().
-- Callers: defaults of letter, letter_event and deadline_change; replan.
create or replace function letterwatch.actor() returns text
language sql stable
return coalesce(nullif(current_setting('letterwatch.actor', true), ''), session_user::text);
comment on function letterwatch.actor() is 'Who acts: the setting letterwatch.actor, or the session''s role.';
