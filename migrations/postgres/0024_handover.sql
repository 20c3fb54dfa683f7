-- What the office hands over to the discipline group: proposed by one person, signed off by another. Once it is signed off the row
-- is a stub; it names ids and no clue, and the reason is gone from it.
create table handover (
    id          uuid primary key not null,
    proposed_by uuid not null references account (id),
    proposed_at bigint not null,
    reason      text not null,
    issue       uuid references issue (id),    -- all of it is handed over
    state       text not null check (state in ('proposed', 'approved', 'returned')),
    decided_by  uuid references account (id),
    decided_at  bigint,
    returned    text                           -- why
);
create table handover_statement (
    handover  uuid not null references handover (id),
    statement uuid not null references statement (id),
    primary key (handover, statement)
);
create index handover_statement_statement on handover_statement (statement);

-- Where one statement's words went alone, which of the visit's it was.
alter table destruction add column statement uuid;
create index destruction_statement on destruction (statement) where statement is not null;
