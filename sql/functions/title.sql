-- title(category, code) → text: the title of a code (table term) in the language of the session: set letterwatch.language = 'zh';
-- otherwise English. A code without a title is its own.
-- Callers: people, words of psqlrc, notice_text.
create or replace function letterwatch.title(category text, code text) returns text
language plpgsql stable parallel safe
as $$
begin
	return coalesce((
		select case letterwatch.language() when 'zh' then t.zh else t.en end
		from letterwatch.term t
		where t.category = title.category and t.code = title.code), code);
end
$$;
comment on function letterwatch.title(text, text) is
	'The title of a code in the session''s language (letterwatch.language: en, zh).';
