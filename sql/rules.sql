-- Shipped rule sets, their stages, the table of transitions, the titles of codes, and the text of the notice. Rows that are there already stay as they
-- are: an office may have changed them; a rule that has stages gets no others. An office confirms the rules before it relies on
-- them; `basis` says where each was read.

insert into letterwatch.term (category, code, en, zh)
values
	('rule', 'notice', '7-day notice', '七日告知'),
	('rule', 'reply', '3-month reply', '三个月答复'),
	('rule', 'followup', 'monthly follow-up', '后续答复'),
	('rule', 'feedback', 'feedback', '督办反馈'),
	('rule', 'review', '30-day review', '复查复核'),
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
	('status', 'reopened', 'handled again', '重新办理'),
	('status', 'withdrawn', 'withdrawn by the writer', '已撤回'),
	('status', 'duplicate', 'duplicate of another letter', '重复信件'),
	('status', 'exempt', 'nobody can be answered', '无法回复'),
	('reason', 'anonymous', 'anonymous', '匿名'),
	('reason', 'no_address', 'no address', '无地址'),
	('reason', 'unreachable', 'cannot be reached', '无法联系'),
	('state', 'open', 'open', '未完成'),
	('state', 'suspended', 'suspended, without a date', '中止'),
	('state', 'met', 'met', '已完成'),
	('state', 'not_owed', 'not owed', '无需答复'),
	('state', 'exempt', 'exempt', '免予答复'),
	('event', 'notice', 'notice', '告知'),
	('event', 'assign', 'assigned', '分办'),
	('event', 'progress', 'progress told', '答复进展'),
	('event', 'result', 'result told', '答复结果'),
	('event', 'restart', 'material complete', '材料补齐'),
	('event', 'suspend', 'suspended', '中止'),
	('event', 'resume', 'resumed', '恢复'),
	('event', 'extend', 'extended', '延期'),
	('event', 'transfer', 'transferred', '转办'),
	('event', 'exempt', 'nobody can be answered', '无法回复'),
	('event', 'duplicate', 'duplicate', '重复'),
	('event', 'withdraw', 'withdrawn', '撤回'),
	('event', 'reopen', 'reopened', '重新办理'),
	('event', 'mute', 'muted', '暂停提醒'),
	('event', 'supervise', 'ordered to report', '督办'),
	('event', 'feedback', 'reported back', '反馈'),
	('event', 'correct', 'corrected', '更正'),
	('event', 'void', 'made void', '作废'),
	('unit', 'petitions', 'petitions unit', '控申部门'),
	('unit', 'case', 'case-handling unit', '办案部门'),
	('unit', 'head', 'head in charge', '分管领导'),
	('channel', 'post', 'post', '邮寄'),
	('channel', 'online', 'online', '网络'),
	('channel', 'email', 'e-mail', '电子邮件'),
	('channel', 'phone', 'telephone', '电话'),
	('channel', 'text', 'text message', '短信'),
	('channel', 'visit', 'visit', '来访'),
	('age', 'months_0_3', 'up to 3 months', '三个月以内'),
	('age', 'months_3_6', '3 to 6 months', '三至六个月'),
	('age', 'months_6_12', '6 to 12 months', '六个月至一年'),
	('age', 'years_1_3', '1 to 3 years', '一至三年'),
	('age', 'years_3_5', '3 to 5 years', '三至五年'),
	('age', 'years_5', 'over 5 years', '五年以上'),
	('age', 'days_1_3', '1 to 3 days late', '超期一至三日'),
	('age', 'days_4_7', '4 to 7 days late', '超期四至七日'),
	('age', 'days_8_30', '8 to 30 days late', '超期八至三十日'),
	('age', 'days_31_90', '31 to 90 days late', '超期三十一至九十日'),
	('age', 'days_91', 'more than 90 days late', '超期九十日以上')
on conflict do nothing;

-- What is possible when. A reply also meets a notice still open, so it is possible before one. A transfer makes the letter new to
-- the receiving office. A letter that is closed can be reopened; `exempt` is closed but for the handling itself. An office above
-- may order a report on any letter, a closed one too: whether it was rightly closed may be what it asks.
insert into letterwatch.transition
	(status, kind, outcome, next_status, when_suspended, suspends, when_supervised, supervises)
select o.status, e.kind, e.outcome, coalesce(e.next_status, o.status), e.when_suspended, e.suspends,
       case e.kind when 'feedback' then true end, case e.kind when 'supervise' then true when 'feedback' then false end
from (values
	('{registered,incomplete,accepted,in_progress,reopened,exempt}'::text[], 'assign', '', null, null::boolean, null::boolean),
	('{registered,incomplete,reopened}', 'notice', 'accepted', 'accepted', null, null),
	('{registered,incomplete,reopened}', 'notice', 'incomplete', 'incomplete', null, null),
	('{registered,incomplete,reopened}', 'notice', 'referred', 'referred', null, false),
	('{registered,incomplete,reopened}', 'notice', 'not_accepted', 'not_accepted', null, false),
	('{registered,incomplete,accepted,in_progress,reopened}', 'progress', '', 'in_progress', null, null),
	('{registered,incomplete,accepted,in_progress,reopened,exempt}', 'result', '', 'answered', null, false),
	('{incomplete}', 'restart', '', 'accepted', null, null),
	('{registered,accepted,in_progress,reopened}', 'suspend', '', null, false, true),
	('{registered,incomplete,accepted,in_progress,reopened}', 'resume', '', null, true, false),
	('{registered,incomplete,accepted,in_progress,reopened}', 'extend', '', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened}', 'transfer', '', 'registered', null, null),
	('{exempt}', 'transfer', '', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened}', 'exempt', '', 'exempt', null, false),
	('{registered,incomplete,accepted,in_progress,reopened}', 'duplicate', '', 'duplicate', null, false),
	('{registered,incomplete,accepted,in_progress,reopened,exempt}', 'withdraw', '', 'withdrawn', null, false),
	('{answered,referred,not_accepted,withdrawn,duplicate,exempt}', 'reopen', '', 'reopened', null, false),
	('{registered,incomplete,accepted,in_progress,reopened}', 'mute', '', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened,answered,referred,not_accepted,withdrawn,duplicate,exempt}',
	 'correct', '', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened,answered,referred,not_accepted,withdrawn,duplicate,exempt}',
	 'void', '', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened,answered,referred,not_accepted,withdrawn,duplicate,exempt}',
	 'supervise', '', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened,answered,referred,not_accepted,withdrawn,duplicate,exempt}',
	 'feedback', 'progress', null, null, null),
	('{registered,incomplete,accepted,in_progress,reopened,answered,referred,not_accepted,withdrawn,duplicate,exempt}',
	 'feedback', 'result', null, null, null)
) e (statuses, kind, outcome, next_status, when_suspended, suspends)
cross join unnest(e.statuses) o (status)
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
	 extend_amount, extend_unit, may_suspend, restarts, on_transfer, on_reopen, followed_by)
values
	('procuratorate', 'notice', '人民检察院刑事诉讼规则 (2019) §§161, 163; counted by 刑事诉讼法 §105',
	 'receipt', 7, 'day', true, 'petitions', false, '{notice,progress,result}', '{withdrawn,duplicate,exempt}', false,
	 null, null, false, false, 'begin', 'restart', null),
	('procuratorate', 'reply', '人民检察院刑事诉讼规则 (2019) §§161–163; counted by 刑事诉讼法 §105, 民法典 §§201–203',
	 'receipt', 3, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', false,
	 null, null, false, true, 'keep', 'begin', 'followup'),
	('procuratorate', 'followup', '最高人民检察院 2023 (press): 3个月未办结每月后续答复',
	 'progress', 1, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', false,
	 null, null, false, false, 'keep', 'end', null),
	('procuratorate', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, false, 'keep',
	 'keep', null),
	('procuratorate-workdays', 'notice', '人民检察院刑事诉讼规则 (2019) §163, read as working days (福建, 宁夏)',
	 'receipt', 7, 'workday', true, 'petitions', false, '{notice,progress,result}', '{withdrawn,duplicate,exempt}', false,
	 null, null, false, false, 'begin', 'restart', null),
	('procuratorate-workdays', 'reply', '人民检察院刑事诉讼规则 (2019) §§161–163; counted by 刑事诉讼法 §105, 民法典 §§201–203',
	 'receipt', 3, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', false,
	 null, null, false, true, 'keep', 'begin', 'followup'),
	('procuratorate-workdays', 'followup', '最高人民检察院 2023 (press): 3个月未办结每月后续答复',
	 'progress', 1, 'month', true, 'case', true, '{progress,result}', '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', false,
	 null, null, false, false, 'keep', 'end', null),
	('procuratorate-workdays', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, false, 'keep',
	 'keep', null),
	('xinfang-2022', 'notice', '信访工作条例 (2022): acceptance told within 15 days of receipt',
	 'receipt', 15, 'day', true, 'petitions', false, '{notice,progress,result}', '{withdrawn,duplicate,exempt}', false,
	 null, null, false, false, 'begin', 'restart', null),
	('xinfang-2022', 'reply', '信访工作条例 (2022): handled within 60 days of acceptance, extendable once by at most 30',
	 'acceptance', 60, 'day', true, 'case', true, '{result}', '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', true,
	 30, 'day', false, false, 'keep', 'end', null),
	('xinfang-2022', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, false, 'keep',
	 'keep', null),
	('xinfang-2022', 'review', '信访工作条例 (2022): reviewed within 30 days, hearings not counted',
	 'reopen', 30, 'day', true, 'case', true, '{result}', '{withdrawn,duplicate,exempt}', false, null, null, true, false, 'keep',
	 'end', null),
	('demo', 'notice', 'for demonstration', 'receipt', 40, 'second', false, 'petitions', false, '{notice,progress,result}',
	 '{withdrawn,duplicate,exempt}', false, null, null, false, false, 'begin', 'restart', null),
	('demo', 'reply', 'for demonstration', 'receipt', 240, 'second', false, 'case', true, '{progress,result}',
	 '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', false, null, null, false, true, 'keep',
	 'begin', 'followup'),
	('demo', 'followup', 'for demonstration', 'progress', 120, 'second', false, 'case', true, '{progress,result}',
	 '{incomplete,referred,not_accepted,withdrawn,duplicate,exempt}', false, null, null, false, false, 'keep',
	 'end', null),
	('demo', 'feedback', 'the order of the office above (督办)',
	 'supervise', null, 'date', false, 'case', true, '{feedback}', '{}', false, null, null, false, false, 'keep',
	 'keep', null)
on conflict do nothing;

-- The stages of every shipped rule: warnings before the last day as each rule has them, then the same for all.
insert into letterwatch.stage (rule_set, rule, stage_no, stage, workdays, seconds, every, unit, levels_up, severity)
select r.rule_set, r.rule,
       row_number() over (partition by r.rule_set, r.rule order by coalesce(s.workdays, 0.5)),
       s.stage, s.workdays, s.seconds, s.every, s.unit, s.levels_up, s.severity
from letterwatch.rule r
join (values
	('{reply,feedback,review}'::text[], 'warn', -10, null::int, null::int, null::text, 0, 5),
	('{reply,feedback,followup,review}', 'warn', -5, null, null, null, 0, 5),
	('{notice}', 'warn', -2, null, null, null, 0, 5),
	('{notice,reply,feedback,followup,review}', 'warn', -1, null, null, null, 0, 5),
	('{notice,reply,feedback,followup,review}', 'due', 0, null, null, null, 0, 4),
	('{notice,reply,feedback,followup,review}', 'overdue', null, 0, null, null, 0, 3),
	('{notice,reply,feedback,followup,review}', 'remind', 1, null, null, null, 0, 4),
	('{notice,reply,feedback,followup,review}', 'escalate', 2, null, null, 'head', 0, 3),
	('{notice,reply,feedback,followup,review}', 'remind', 3, null, null, null, 0, 4),
	('{notice,reply,feedback,followup,review}', 'remind', 4, null, null, null, 0, 4),
	('{notice,reply,feedback,followup,review}', 'escalate', 5, null, null, null, 1, 3),
	('{notice,reply,feedback,followup,review}', 'remind', 10, null, null, null, 0, 4),
	('{notice,reply,feedback,followup,review}', 'remind', 15, null, null, null, 0, 4),
	('{notice,reply,feedback,followup,review}', 'escalate', 20, null, null, null, 2, 2),
	('{notice,reply,feedback,followup,review}', 'remind', 25, null, 5, null, 0, 4)
) s (rules, stage, workdays, seconds, every, unit, levels_up, severity) on r.rule = any (s.rules)
where r.unit <> 'second'
  and not exists (select from letterwatch.stage x where x.rule_set = r.rule_set and x.rule = r.rule)
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
where r.rule_set = 'demo' and r.unit = 'second'
  and not exists (select from letterwatch.stage x where x.rule_set = r.rule_set and x.rule = r.rule)
on conflict do nothing;

-- What the writer is told within 7 days: received, and who handles it. Fields: \d+ letterwatch.notice_template.
insert into letterwatch.notice_template (outcome, language, body)
select o.outcome, o.language, format(case o.language
       when 'zh' then E'{name}：\n{address}\n\n您的来信（{letter_no}）已于{received_on}收到。%s\n\n{office}\n{today}'
       else E'{name}\n{address}\n\nYour letter {letter_no} was received on {received_on}.\n%s\n\n{office}\n{today}' end, o.told)
from (values
	('accepted', 'en', E'It is accepted. You will be told the course or the result of its handling,\nby {reply_by} at the latest.'
	                   '\nHandled by: {unit}\nHandler: {handler}'),
	('accepted', 'zh', E'来信已受理，办理过程或者办理结果将答复您。\n答复期限：{reply_by}\n承办部门：{unit}\n承办人：{handler}'),
	('incomplete', 'en', E'Material is missing, and you are asked for it. Once it is complete, the letter is\naccepted, and the time for the reply begins.'
	                     '\nHandled by: {unit}\nHandler: {handler}'),
	('incomplete', 'zh', E'来信材料不齐，请予补充；受理时间从补齐相关材料之日起计算。\n承办部门：{unit}\n承办人：{handler}'),
	('referred', 'en', 'It lies within the competence of another authority, to which it is referred.'),
	('referred', 'zh', '来信反映的事项属于其他机关管辖，已予移送。'),
	('not_accepted', 'en', 'It does not meet the conditions for acceptance.'),
	('not_accepted', 'zh', '来信反映的事项不符合受理条件，不予受理。')
) o (outcome, language, told)
on conflict do nothing;

-- What the columns of CSV files may be called.
insert into letterwatch.intake_heading (heading, name)
values
	('信件编号', 'letter_no'), ('来信编号', 'letter_no'), ('登记号', 'registry_no'), ('单位代码', 'office_code'),
	('检察院代码', 'office_code'), ('收信时间', 'received_at'), ('收信日期', 'received_on'), ('来信日期', 'received_on'),
	('来信方式', 'channel'), ('渠道', 'channel'), ('标题', 'title'), ('部门', 'unit'), ('承办部门', 'unit'), ('承办人', 'handler'),
	('告知日期', 'notice_at'), ('答复日期', 'reply_at'), ('结果', 'outcome'), ('来源', 'source'), ('来源编号', 'source_ref'),
	('事项', 'kind'), ('发生时间', 'occurred_at'), ('理由', 'reason')
on conflict do nothing;
