-- intake_rejects: the rows that could not be taken, the latest first: for administrators and services all, for others those of
-- the files that their role brought.
create or replace view letterwatch.intake_rejects with (security_barrier) as
select i.rejected_at, coalesce(i.source, b.source) as source, i.what, b.file, i.line, i.last_line, i.source_ref, i.letter_no, i.reason
from letterwatch.intake_rejected i
left join letterwatch.intake_batch b on b.batch_id = i.batch_id
where b.opened_by = current_user or pg_has_role('letterwatch_admin', 'member') or pg_has_role('letterwatch_intake', 'member')
order by i.rejected_at desc, i.line;
comment on view letterwatch.intake_rejects is 'Rows that could not be taken, and why.';
comment on column letterwatch.intake_rejects.line is 'Where its record begins in the file; last_line: where it ends.';
