-- Entries of the directory have days too: who they were goes, and the row stays as a stub.
alter table respondent add column forgotten_at bigint;
create index respondent_due on respondent (campaign, removed_at) where forgotten_at is null;
-- A word of domain/src/retention.rs.
alter table removal drop constraint removal_what_check;
