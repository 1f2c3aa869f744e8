-- refuse_foreign(what): refuses (42501) what belongs to another's office; what: as the caller named it, 'letter X' say.
-- Nothing else is told of it.
-- Callers: check_letter, void_event, petitioner_written, keep_rejects.
create or replace function letterwatch.refuse_foreign(what text) returns void
language plpgsql immutable
as $$
begin
	perform letterwatch.refuse('42501', format('%s is not of an office of yours', what),
		'Which offices are yours an administrator says: table letterwatch.office_member.');
end
$$;
comment on function letterwatch.refuse_foreign(text) is 'Refuses what belongs to another''s office.';
