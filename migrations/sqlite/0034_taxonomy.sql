-- The taxonomy as the office changed it, a version each; the last one counts. Never updated, never deleted. Empty: what ships.
create table taxonomy_version (
    number  integer primary key not null,    -- counts from 1, which ships
    made_at integer,                         -- null: it ships
    made_by blob references account (id),    -- null: it ships
    act     text not null,                   -- what was done
    code    text not null,                   -- to which type; empty: to several
    body    text not null                    -- JSON Scheme: what is offered, and what was once
) strict;
