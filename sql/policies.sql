-- Row security; re-applied whole. Not forced: the owner, whose functions derive and raise, and pg_dump see every row. letter and
-- letter_event have none, so that people may COPY into them: their triggers refuse what is another office's, and nobody reads them
-- but through views.
alter table letterwatch.deadline enable row level security;
drop policy if exists of_my_offices on letterwatch.deadline;
create policy of_my_offices on letterwatch.deadline for select
	using (office_code in (select letterwatch.my_offices()));

alter table letterwatch.alert enable row level security;
drop policy if exists of_my_offices on letterwatch.alert;
create policy of_my_offices on letterwatch.alert for select
	using (office_code in (select letterwatch.my_offices()));

-- What is inserted or changed is checked by the trigger, which says what is wrong.
alter table letterwatch.petitioner enable row level security;
drop policy if exists of_letters_in_charge on letterwatch.petitioner;
create policy of_letters_in_charge on letterwatch.petitioner
	using (letterwatch.handles_letter(letter_no))
	with check (true);

-- As intake_rejects.
alter table letterwatch.intake_batch enable row level security;
drop policy if exists of_my_files on letterwatch.intake_batch;
create policy of_my_files on letterwatch.intake_batch
	using (opened_by = current_user or pg_has_role('letterwatch_admin', 'member') or pg_has_role('letterwatch_intake', 'member'));
