-- A record that came by the door for ODK Collect may take the place of an earlier one (`deprecatedID`): its answers are a later revision of
-- the same answers, of the same visit.
-- The instanceID of the very first record that it is an edit of, of which the ids of both are made; null for such a one itself.
alter table submission add column first text;
-- An edit asks when the last one came.
create index submission_first on submission (first) where first is not null;

-- Whoever wrote a draft last, for whoever is about to put another in its place; null for what was written before this was noted.
alter table questionnaire add column draft_by blob references account (id);
