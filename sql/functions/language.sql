-- language() → text: the language of the session, en or zh: set letterwatch.language = 'zh'.
-- Callers: title, notice_text.
create or replace function letterwatch.language() returns text
language sql stable parallel safe
return case when current_setting('letterwatch.language', true) = 'zh' then 'zh' else 'en' end;
comment on function letterwatch.language() is 'The language of the session: the setting letterwatch.language, en or zh.';
