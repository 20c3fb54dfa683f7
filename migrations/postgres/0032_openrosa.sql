-- The door for ODK Collect.

-- A password that lets one account in by the door and nowhere else. It is closed unless `meta` says otherwise.
create table openrosa_password (
    account       uuid primary key not null references account (id),
    password_hash text not null,
    made_by       uuid not null references account (id),
    made_at       bigint not null,
    used_at       bigint                         -- when it last let them in
);

-- What came in by it. A client sends a record as often as it must, and in several requests where it has large files: all of them are of
-- the moment of the first. Never updated, never deleted.
create table submission (
    instance    bytea primary key not null,     -- SHA-256 of its instanceID
    account     uuid not null references account (id),
    content     bytea not null,                 -- SHA-256 of the record as it came
    received_at bigint not null
);
