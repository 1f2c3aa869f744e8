-- Triggers of what is append-only beside letter and letter_event.
create or replace trigger refuse_change before update or delete or truncate on letterwatch.alert
	for each statement execute function letterwatch.refuse_change();
create or replace trigger refuse_change before update or delete or truncate on letterwatch.alert_sent
	for each statement execute function letterwatch.refuse_change();
create or replace trigger refuse_change before update or delete or truncate on letterwatch.log_line
	for each statement execute function letterwatch.refuse_change();
create or replace trigger refuse_change before update or delete or truncate on letterwatch.deadline_change
	for each statement execute function letterwatch.refuse_change();
create or replace trigger refuse_change before update on letterwatch.rule_past
	for each row when (old.until < 'infinity') execute function letterwatch.refuse_change();
create or replace trigger refuse_delete before delete or truncate on letterwatch.rule_past
	for each statement execute function letterwatch.refuse_change();
create or replace trigger refuse_change before update on letterwatch.office_setting_past
	for each row when (old.until < 'infinity') execute function letterwatch.refuse_change();
create or replace trigger refuse_delete before delete or truncate on letterwatch.office_setting_past
	for each statement execute function letterwatch.refuse_change();
create or replace trigger refuse_change before update or delete or truncate on letterwatch.petitioner_forgotten
	for each statement execute function letterwatch.refuse_change();
