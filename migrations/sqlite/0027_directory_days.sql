-- Entries of the directory have days too: who they were goes, and the row stays as a stub.
alter table respondent add column forgotten_at integer;
create index respondent_due on respondent (campaign, removed_at) where forgotten_at is null;

create table removal_of_more (
    at   integer not null,
    what text not null,                            -- a word of domain/src/retention.rs
    n    integer not null,
    primary key (at, what)
) strict;
insert into removal_of_more select at, what, n from removal;
drop table removal;
alter table removal_of_more rename to removal;
