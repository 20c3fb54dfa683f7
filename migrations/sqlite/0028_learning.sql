-- What the machine learned from the office's confirmations, a version each.
create table suggester_version (
    number      integer primary key autoincrement,
    made_at     integer not null,
    made_by     blob references account (id),  -- null: it was due
    program     integer not null,              -- what it was learned beside: rules, sentences and method
    confirmed_n integer not null,
    up_to       integer not null,              -- the last decision that it was learned from
    figures     text not null,                 -- JSON Figures: agreement before and after
    bytes       blob                           -- null: let go, there are later ones enough
) strict;

-- Which of them suggests, since when; the last row counts. Never updated, never deleted.
create table suggester_use (
    sequence integer primary key autoincrement,
    version  integer references suggester_version (number),  -- null: what ships
    account  blob references account (id),                   -- null: it was no worse than the one before
    at       integer not null
) strict;

-- What was suggested first when it was decided, so that agreement can be told later.
alter table decision add column suggested text;
-- Decided together with others that nobody read one by one.
alter table decision add column batch blob;
create index decision_batch on decision (batch) where batch is not null;
