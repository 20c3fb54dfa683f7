-- What one person asked to have destroyed, by the law on personal information: proposed by one person, decided by another. The
-- row stays as a stub; it names ids, nobody.
create table person_erasure (
    id          blob primary key not null,
    proposed_by blob not null references account (id),
    proposed_at integer not null,
    reason      text not null,
    respondents text not null,                 -- JSON list of ids in the directory
    visits      text not null,                 -- JSON list of ids
    words       integer not null,              -- what was said goes too
    state       text not null check (state in ('proposed', 'approved', 'returned')),
    decided_by  blob references account (id),
    decided_at  integer,
    returned    text                           -- why
) strict;
