-- A release is proposed by one person and approved by another; only then does its unit see it. What was released before counts as
-- approved by whoever released it.
alter table release add column state text not null default 'proposed'
    check (state in ('proposed', 'approved', 'returned', 'taken_back'));
alter table release add column decided_by blob references account (id);
alter table release add column decided_at integer;
alter table release add column returned text;  -- why; set once it is returned
update release set state = case when withdrawn_at is null then 'approved' else 'taken_back' end,
    decided_by = released_by, decided_at = at;
-- From here on `number` counts what was approved, from 1, without gaps that would tell of others; what was not
-- yet has a number below 0 that nobody sees.
