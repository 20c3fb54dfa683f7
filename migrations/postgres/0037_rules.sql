-- The rules by which types are suggested, as the office changed them, a version each; the last one counts. Empty: what ships.
create table rules_version (
    number  bigint primary key not null,    -- counts from 1, which ships
    made_at bigint,                         -- null: it ships
    made_by uuid references account (id),    -- null: it ships
    target  text not null,                   -- the type whose lines differ; empty: an earlier version once more
    body    text not null                    -- all rules, in the format of rules.txt
);

-- The last decision before a version was taken into use: what is confirmed behind it corrects the version at once.
alter table suggester_use add column after bigint not null default 0;
