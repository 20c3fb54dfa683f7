-- What belongs to a visit is counted when it is read out: an export of a million visits does not count again.

alter table visit add column statements_n bigint not null default 0;
alter table visit add column attachments_n bigint not null default 0;
update visit set
    statements_n = (select count(*) from statement where statement.visit = visit.id),
    attachments_n = (select count(*) from attachment where attachment.visit = visit.id);
