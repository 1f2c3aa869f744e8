-- digest_message(language, digest) → text: the sentence of a digest for its last key, msg=; language en or zh; digest: its other
-- keys as an object.
-- Callers: outbox_lines.
create or replace function letterwatch.digest_message(language text, digest jsonb) returns text
language plpgsql immutable
as $$
begin
	if language = 'zh' then
		return format('%s：超期%s件，今日期满%s件，五个工作日内期满%s件', digest ->> 'office', digest ->> 'overdue', digest ->> 'due_today',
		              digest ->> 'due_soon')
			|| case when digest ? 'tree_overdue'
			        then format('（含下级：%s、%s、%s）', digest ->> 'tree_overdue', digest ->> 'tree_due_today',
			                    digest ->> 'tree_due_soon') else '' end
			|| case when digest ? 'behind' then format('；%s起放假，至%s期满%s件', digest ->> 'break', digest ->> 'back',
			                                          coalesce(digest ->> 'tree_behind', digest ->> 'behind')) else '' end;
	end if;
	return format('Office %s: %s overdue, %s due today, %s due within 5 working days', digest ->> 'office', digest ->> 'overdue',
	              digest ->> 'due_today', digest ->> 'due_soon')
		|| case when digest ? 'tree_overdue'
		        then format('; with the offices below %s, %s, %s', digest ->> 'tree_overdue', digest ->> 'tree_due_today',
		                    digest ->> 'tree_due_soon') else '' end
		|| case when digest ? 'behind'
		        then format('; a break begins on %s, %s end up to %s', digest ->> 'break',
		                    coalesce(digest ->> 'tree_behind', digest ->> 'behind'), digest ->> 'back') else '' end;
end
$$;
comment on function letterwatch.digest_message(text, jsonb) is 'A digest as a sentence.';
