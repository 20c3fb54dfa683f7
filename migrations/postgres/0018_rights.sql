-- A release is proposed by one person and approved by another; only then does its unit see it. What was released before counts as
-- approved by whoever released it.
alter table release add column state text not null default 'proposed'
    check (state in ('proposed', 'approved', 'returned', 'taken_back'));
alter table release add column decided_by uuid references account (id);
alter table release add column decided_at bigint;
alter table release add column returned text;  -- why; set once it is returned
update release set state = case when withdrawn_at is null then 'approved' else 'taken_back' end,
    decided_by = released_by, decided_at = at;
-- From here on `number` counts what was approved, from 1, without gaps that would tell of others; what was not
-- yet has a number below 0 that nobody sees.

-- Attachments whose bytes are removed once their time is over. What they were stays listed; the row stays for good, and an older
-- backup that is put back is cleared again by it or by its time.
create table erasure (
    attachment uuid primary key not null references attachment (id),
    at         bigint not null,
    reason     text not null,
    gone_at    bigint                            -- when the bytes were seen to be gone
);

-- Every version of what visitors tell before they ask for consent: a visit names the one that was told.
create table notice (
    campaign uuid not null references campaign (id),
    version  text not null,
    text     text not null,
    since    bigint not null,
    primary key (campaign, version)
);
insert into notice (campaign, version, text, since) select id, notice_version, notice, created_at from campaign;
