-- Triggers of petitioner.
create or replace trigger malformed_letter_no before insert on letterwatch.petitioner
	for each row when (new.letter_no is null)
	execute function letterwatch.refuse_malformed('a petitioner without a letter_no',
		'Give the number of the letter that the person wrote.');
create or replace trigger petitioner_inserted after insert on letterwatch.petitioner
	referencing new table as new_petitioners
	for each statement execute function letterwatch.petitioner_written();
create or replace trigger petitioner_updated after update on letterwatch.petitioner
	referencing new table as new_petitioners
	for each statement execute function letterwatch.petitioner_written();
