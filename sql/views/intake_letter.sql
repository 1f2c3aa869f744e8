-- intake_letter: the front door for letters, to insert into by INSERT and COPY: columns by name, most optional, all of them text
-- and read by read_letters, so that every way in knows the same days, codes and messages. It shows nothing to anybody.
create or replace view letterwatch.intake_letter as
select l.letter_no, l.office_code, l.registry_no, l.received_at, l.received_on, l.channel, l.rule_set, l.title, l.unit, l.handler,
       l.notice_at, l.reply_at, l.outcome, l.source, l.source_ref
from letterwatch.intake_letter_line l
where false;
comment on view letterwatch.intake_letter is 'Insert letters here, with what is known of their history.';
comment on column letterwatch.intake_letter.office_code is 'The code of the office that received it, or what its source calls it (office_alias).';
comment on column letterwatch.intake_letter.received_at is
	'Days and moments: 2026-11-03, 2026/11/3, 2026年11月3日, 2026-11-03 10:30; the office''s clock unless an offset follows.';
comment on column letterwatch.intake_letter.received_on is 'The day of receipt, if no moment is known; neither: now.';
comment on column letterwatch.intake_letter.handler is 'Staff code of the one in charge; unit: the unit in charge.';
comment on column letterwatch.intake_letter.notice_at is 'When the writer was told; outcome says what (accepted, unless it says otherwise).';
comment on column letterwatch.intake_letter.reply_at is 'When the writer was answered; outcome says whether by a progress or the result.';
comment on column letterwatch.intake_letter.outcome is
	'Of the reply: progress, result; without a reply, of the notice: accepted, incomplete, referred, not_accepted.';
comment on column letterwatch.intake_letter.source_ref is
	'Its number in its source. The same number again is the same letter: nothing new adds nothing.';
