-- titles.sql -- titles in the session's language, the text of the notice, and the work of one handler.
begin;
\ir include/helpers.psql
select no_plan();

-- ---- titles -----------------------------------------------------------------------------------------

select is(letterwatch.title('rule', 'reply'), '3-month reply', 'English, where nothing is set');
set local letterwatch.language = 'zh';
select is(letterwatch.title('rule', 'reply'), '三个月答复', 'Chinese by letterwatch.language');
select is(letterwatch.title('unit', 'room 7'), 'room 7', 'a code without a title stands for itself');
select is(letterwatch.title('stage', null), null, 'and nothing for nothing');
set local letterwatch.language = 'fr';
select is(letterwatch.title('rule', 'reply'), '3-month reply', 'English in a language that is not there');
set local letterwatch.language = 'en';
select is_empty(
	$$ select category, code from letterwatch.term where letterwatch.title(category, code) <> en $$,
	'each title is that of table term');

-- ---- the notice ---------------------------------------------------------------------------------------

call lwtest.register('T-1', '2026-03-02 09:30');
insert into letterwatch.petitioner (letter_no, name, address) values ('T-1', '王五 {handler}', E'1 Lake Street\nNorthlake');
select is(letterwatch.notice_text('T-1'), E'王五 {handler}
1 Lake Street
Northlake

Your letter T-1 was received on 2 March 2026.
It is accepted. You will be told the course or the result of its handling,
by 2 June 2026 at the latest.
Handled by: case-handling unit

test county office
2 March 2026', 'the notice: what a value holds is no field, a line without its value is left out');
select count(*) as ignored from letterwatch.record_notice('T-1', 'S-7', outcome => 'incomplete') \gset
set local letterwatch.language = 'zh';
select is(letterwatch.notice_text('T-1'), E'王五 {handler}：
1 Lake Street
Northlake

您的来信（T-1）已于2026年3月2日收到。来信材料不齐，请予补充；受理时间从补齐相关材料之日起计算。
承办部门：办案部门
承办人：S-7

test county office
2026年3月2日', 'in Chinese, with the outcome that was recorded');
select alike(letterwatch.notice_text('T-1', 'referred'), '%移送%', 'or the one that is named');
set local letterwatch.language = 'en';
select lwtest.refused($$ select letterwatch.notice_text('T-1', 'lost') $$, 'no text for a notice lost', 'an unknown outcome');
select lwtest.refused($$ select letterwatch.notice_text('T-404') $$, 'no letter T-404', 'the notice of an unknown letter');
call lwtest.register('T-2', '2026-03-02 09:31');
select alike(letterwatch.notice_text('T-2'), E'Sir or Madam\n\nYour letter T-2%', 'nobody entered the writer');
select is((select count(*)::int from letterwatch.notice_template), 8, 'four outcomes, two languages');

-- ---- my_work ------------------------------------------------------------------------------------------

select count(*) as ignored from letterwatch.assign_letter('T-2', handler => 'S-9') \gset
set local letterwatch.actor = 'S-9';
call lwtest.set_clock('2026-03-03 10:00');
select lwtest.rows_are(
	'select what, letter_no, rule, due_on, days_left, workdays_left from letterwatch.my_work',
	$$ values ('due_soon', 'T-2', 'notice', '2026-03-09'::date, 6, 4) $$,
	'my_work is what is due soon of the letters of letterwatch.actor');
call lwtest.set_clock('2026-03-10 10:00');
select lwtest.rows_are(
	'select what, letter_no, rule, due_on, days_left, workdays_left from letterwatch.my_work',
	$$ values ('overdue', 'T-2', 'notice', '2026-03-09'::date, -1, -1) $$,
	'and what is overdue');
set local letterwatch.actor = 'S-8';
select is_empty('select * from letterwatch.my_work', 'nobody else''s');
create role "S-9" in role letterwatch_clerk;
insert into letterwatch.office_member (db_role, office_code, duty) values ('S-9', 'T-P-C-1', 'clerk');
set local letterwatch.actor = '';
set session authorization "S-9";
select is((select count(*)::int from letterwatch.my_work), 1, 'without letterwatch.actor the login is the handler');
reset session authorization;

select * from finish();
rollback;
