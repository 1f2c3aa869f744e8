-- Triggers of letter.
create or replace trigger letter_received_on before insert on letterwatch.letter
	for each row when (new.received_on is null) execute function letterwatch.letter_received_on();
create or replace trigger malformed_office before insert on letterwatch.letter
	for each row when (new.office_code is null)
	execute function letterwatch.refuse_malformed('a letter without an office_code',
		'See: select office_code, name from letterwatch.office;');
create or replace trigger malformed_letter_no before insert on letterwatch.letter
	for each row when ((new.letter_no ~ '^[!-~]{1,64}$') is not true)
	execute function letterwatch.refuse_malformed('a letter_no that is not 1 to 64 printable ASCII characters',
		'Take letters, digits and punctuation without spaces, or leave it out: one is made.');
create or replace trigger malformed_source before insert on letterwatch.letter
	for each row when ((new.source is null) <> (new.source_ref is null))
	execute function letterwatch.refuse_malformed('a letter with only one of source and source_ref',
		'Give both or none.');
create or replace trigger malformed_null before insert on letterwatch.letter
	for each row when (new.channel is null or new.registered_at is null)
	execute function letterwatch.refuse_malformed('a letter whose channel or registered_at is NULL',
		'Leave it out: it has a default.');
create or replace trigger letter_inserted after insert on letterwatch.letter
	referencing new table as new_letters
	for each statement execute function letterwatch.letter_inserted();
create or replace trigger refuse_change before update or delete or truncate on letterwatch.letter
	for each statement execute function letterwatch.refuse_change();
