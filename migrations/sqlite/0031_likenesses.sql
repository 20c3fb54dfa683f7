-- Statements that say the same as others. All but the refusals is found anew where it is missing.

-- Statements that are compared with those that come; the number names one in the index in memory.
create table compared (
    number    integer primary key autoincrement,
    statement blob not null unique references statement (id)
) strict;

-- Statements that have yet to be compared with those that are here.
create table uncompared (
    number    integer primary key autoincrement,
    statement blob not null references statement (id)
) strict;
insert into uncompared (statement) select statement from suggestion;

-- Two statements that are alike; each pair stands twice, once from either side. Which words they share is found when it is shown.
create table likeness (
    statement blob not null references compared (statement) on delete cascade,
    other     blob not null references compared (statement) on delete cascade,
    how       text not null,            -- same, near or matter
    strength  integer not null,              -- of a thousand
    primary key (statement, other)
) strict;
create index likeness_other on likeness (other);

-- Two statements that are alike but are not one matter, as a person said; both sides.
create table likeness_refusal (
    statement blob not null references statement (id),
    other     blob not null references statement (id),
    account   blob not null references account (id),
    at        integer not null,
    primary key (statement, other)
) strict;
create index likeness_refusal_other on likeness_refusal (other);

-- The decision that this one was taken together with: taking that one back takes this one back too.
alter table decision add column together integer;
create index decision_together on decision (together) where together is not null;
