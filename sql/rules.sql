-- Shipped rule sets, their stages, the table of transitions, and the titles of codes. Rows that are there already stay as they
-- are: an office may have changed them. An office confirms the rules before it relies on them; `basis` says where each was read.

insert into letterwatch.term (category, code, en, zh)
values
	('rule', 'notice', '7-day notice', '七日告知'),
	('rule', 'reply', '3-month reply', '三个月答复'),
	('rule', 'followup', 'monthly follow-up', '后续答复'),
	('rule', 'feedback', 'feedback', '督办反馈'),
	('stage', 'warn', 'warning', '预警'),
	('stage', 'due', 'last day', '期满日'),
	('stage', 'overdue', 'overdue', '超期'),
	('stage', 'remind', 'reminder', '催办'),
	('stage', 'escalate', 'escalated', '逾期上报'),
	('status', 'registered', 'registered, no notice yet', '已登记'),
	('status', 'accepted', 'accepted', '已受理'),
	('status', 'incomplete', 'waiting for material', '待补材料'),
	('status', 'referred', 'referred elsewhere', '已移送'),
	('status', 'not_accepted', 'not accepted', '不予受理'),
	('status', 'in_progress', 'progress told, result owed', '已答复进展'),
	('status', 'answered', 'answered with the result', '已答复结果'),
	('unit', 'petitions', 'petitions unit', '控申部门'),
	('unit', 'case', 'case-handling unit', '办案部门'),
	('unit', 'head', 'head in charge', '分管领导'),
	('channel', 'post', 'post', '邮寄'),
	('channel', 'online', 'online', '网络'),
	('channel', 'email', 'e-mail', '电子邮件'),
	('channel', 'phone', 'telephone', '电话'),
	('channel', 'text', 'text message', '短信'),
	('channel', 'visit', 'visit', '来访')
on conflict do nothing;

-- What is possible when. A reply also meets a notice still open, so it is possible before one. Referred, not accepted and
-- answered letters are closed.
insert into letterwatch.transition (status, kind, outcome, next_status)
values
	('registered', 'assign', '', 'registered'),
	('registered', 'notice', 'accepted', 'accepted'),
	('registered', 'notice', 'incomplete', 'incomplete'),
	('registered', 'notice', 'referred', 'referred'),
	('registered', 'notice', 'not_accepted', 'not_accepted'),
	('registered', 'progress', '', 'in_progress'),
	('registered', 'result', '', 'answered'),
	('incomplete', 'assign', '', 'incomplete'),
	('incomplete', 'notice', 'accepted', 'accepted'),
	('incomplete', 'notice', 'incomplete', 'incomplete'),
	('incomplete', 'notice', 'referred', 'referred'),
	('incomplete', 'notice', 'not_accepted', 'not_accepted'),
	('incomplete', 'progress', '', 'in_progress'),
	('incomplete', 'result', '', 'answered'),
	('accepted', 'assign', '', 'accepted'),
	('accepted', 'progress', '', 'in_progress'),
	('accepted', 'result', '', 'answered'),
	('in_progress', 'assign', '', 'in_progress'),
	('in_progress', 'progress', '', 'in_progress'),
	('in_progress', 'result', '', 'answered')
on conflict do nothing;

insert into letterwatch.calendar (calendar, title, weekend, needs_list)
values ('everyday', 'every day is worked', '{}', false)
on conflict do nothing;

insert into letterwatch.rule_set (rule_set, title)
values
	('procuratorate', 'Letters to a procuratorate: notice in 7 days, reply in 3 months'),
	('procuratorate-workdays', 'As procuratorate, the 7 days read as working days'),
	('xinfang-2022', 'Regulations on petitions of 2022: told in 15 days, handled in 60 days of acceptance'),
	('demo', 'Periods of seconds and minutes, to watch alerts come')
on conflict do nothing;

insert into letterwatch.rule
	(rule_set, rule, basis, begins, amount, unit, roll, responsible_unit, assignable, met_by, not_owed_in, may_extend,
	 extend_amount, extend_unit, restarts, on_transfer, followed_by)
values
	('procuratorate', 'notice', '人民检察院刑事诉讼规则 (2019) §§161, 163; counted by 刑事诉讼法 §105',
	 'receipt', 7, 'day', true, 'petitions', false, '{notice,progress,result}', '{}', false, null, null, false, 'restart', null),
	('procuratorate', 'reply', '人民检察院刑事诉讼规则 (2019) §§161–163; counted by 刑事诉讼法 §105, 民法典 §§201–203',
	 'receipt', 3, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted}', false, null, null,
	 true, 'keep', 'followup'),
	('procuratorate', 'followup', '最高人民检察院 2023 (press): 3个月未办结每月后续答复',
	 'progress', 1, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted}', false, null, null,
	 false, 'keep', null),
	('procuratorate', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, 'keep', null),
	('procuratorate-workdays', 'notice', '人民检察院刑事诉讼规则 (2019) §163, read as working days (福建, 宁夏)',
	 'receipt', 7, 'workday', true, 'petitions', false, '{notice,progress,result}', '{}', false, null, null, false, 'restart', null),
	('procuratorate-workdays', 'reply', '人民检察院刑事诉讼规则 (2019) §§161–163; counted by 刑事诉讼法 §105, 民法典 §§201–203',
	 'receipt', 3, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted}', false, null, null,
	 true, 'keep', 'followup'),
	('procuratorate-workdays', 'followup', '最高人民检察院 2023 (press): 3个月未办结每月后续答复',
	 'progress', 1, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted}', false, null, null,
	 false, 'keep', null),
	('procuratorate-workdays', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, 'keep', null),
	('xinfang-2022', 'notice', '信访工作条例 (2022): acceptance told within 15 days of receipt',
	 'receipt', 15, 'day', true, 'petitions', false, '{notice,progress,result}', '{}', false, null, null, false, 'restart', null),
	('xinfang-2022', 'reply', '信访工作条例 (2022): handled within 60 days of acceptance, extendable once by at most 30',
	 'acceptance', 60, 'day', true, 'case', true, '{result}', '{incomplete,referred,not_accepted}', true, 30, 'day', false, 'keep',
	 null),
	('xinfang-2022', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, 'keep', null),
	('demo', 'notice', 'for demonstration', 'receipt', 40, 'second', false, 'petitions', false, '{notice,progress,result}', '{}',
	 false, null, null, false, 'restart', null),
	('demo', 'reply', 'for demonstration', 'receipt', 240, 'second', false, 'case', true, '{progress,result}',
	 '{incomplete,referred,not_accepted}', false, null, null, true, 'keep', 'followup'),
	('demo', 'followup', 'for demonstration', 'progress', 120, 'second', false, 'case', true, '{progress,result}',
	 '{incomplete,referred,not_accepted}', false, null, null, false, 'keep', null)
on conflict do nothing;

-- The stages of every shipped rule: warnings before the last day as each rule has them, then the same for all.
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, every, unit, levels_up, severity)
select r.rule_set, r.rule,
       row_number() over (partition by r.rule_set, r.rule order by coalesce(s.workdays, 0.5)),
       s.stage, s.workdays, s.seconds, s.every, s.unit, s.levels_up, s.severity
from letterwatch.rule r
join (values
	('{reply,feedback}'::text[], 'warn', -10, null::int, null::int, null::text, 0, 5),
	('{reply,feedback,followup}', 'warn', -5, null, null, null, 0, 5),
	('{notice}', 'warn', -2, null, null, null, 0, 5),
	('{notice,reply,feedback,followup}', 'warn', -1, null, null, null, 0, 5),
	('{notice,reply,feedback,followup}', 'due', 0, null, null, null, 0, 4),
	('{notice,reply,feedback,followup}', 'overdue', null, 0, null, null, 0, 3),
	('{notice,reply,feedback,followup}', 'remind', 1, null, null, null, 0, 4),
	('{notice,reply,feedback,followup}', 'escalate', 2, null, null, 'head', 0, 3),
	('{notice,reply,feedback,followup}', 'remind', 3, null, null, null, 0, 4),
	('{notice,reply,feedback,followup}', 'remind', 4, null, null, null, 0, 4),
	('{notice,reply,feedback,followup}', 'escalate', 5, null, null, null, 1, 3),
	('{notice,reply,feedback,followup}', 'remind', 10, null, null, null, 0, 4),
	('{notice,reply,feedback,followup}', 'remind', 15, null, null, null, 0, 4),
	('{notice,reply,feedback,followup}', 'escalate', 20, null, null, null, 2, 2),
	('{notice,reply,feedback,followup}', 'remind', 25, null, 5, null, 0, 4)
) s (rules, stage, workdays, seconds, every, unit, levels_up, severity) on r.rule = any (s.rules)
where r.unit <> 'second'
on conflict do nothing;

insert into letterwatch.stage (rule_set, rule, stage_no, stage, seconds, unit, levels_up, severity)
select r.rule_set, r.rule, s.stage_no, s.stage, s.seconds, s.unit, s.levels_up, s.severity
from letterwatch.rule r
cross join (values
	(1, 'warn', -30, null, 0, 5),
	(2, 'warn', -15, null, 0, 5),
	(3, 'due', -5, null, 0, 4),
	(4, 'overdue', 0, null, 0, 3),
	(5, 'remind', 10, null, 0, 4),
	(6, 'escalate', 20, 'head', 0, 3),
	(7, 'remind', 40, null, 0, 4),
	(8, 'escalate', 60, null, 1, 3),
	(9, 'escalate', 120, null, 2, 2)
) s (stage_no, stage, seconds, unit, levels_up, severity)
where r.rule_set = 'demo'
on conflict do nothing;
