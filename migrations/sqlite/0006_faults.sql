-- What faults and misuse taught.

-- Each start of a server begins a stretch of history. A cursor names the one it was made in: one that is
-- unknown here, or further than its stretch went, was made by what a restored backup does not hold.
create table life (
    sequence   integer primary key autoincrement,
    id         blob not null unique,
    since      integer not null,               -- the latest change when it began
    started_at integer not null
) strict;

-- Tries to sign in, by login, whether there is such a login or not: the answers must not tell.
create table sign_in_try (
    login    text primary key not null,
    failures integer not null,                 -- wrong passwords in a row
    retry_at integer not null,                 -- no try is looked at before
    last_at  integer not null
) strict;

-- A visit that was made unnamed later shows no one: the words stay in its revisions alone.
delete from identity where visit in (select id from visit where named = 0);

-- Exports go through visits by day and through the statements of each, a page after the other.
drop index visit_day;
create index visit_day on visit (campaign, day, id);
drop index statement_visit;
create index statement_visit on statement (visit, id);

-- Whether hearing a voice is on record already is asked for each piece that a player fetches.
create index audit_object on audit (object, act, at);
