-- What one person asked to have destroyed, by the law on personal information: proposed by one person, decided by another. The
-- row stays as a stub; it names ids, nobody.
create table person_erasure (
    id          uuid primary key not null,
    proposed_by uuid not null references account (id),
    proposed_at bigint not null,
    reason      text not null,
    respondents text not null,                 -- JSON list of ids in the directory
    visits      text not null,                 -- JSON list of ids
    words       bigint not null,              -- what was said goes too
    state       text not null check (state in ('proposed', 'approved', 'returned')),
    decided_by  uuid references account (id),
    decided_at  bigint,
    returned    text                           -- why
);
