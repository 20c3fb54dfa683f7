-- The door for ODK Collect.

-- A password that lets one account in by the door and nowhere else. It is closed unless `meta` says otherwise.
create table openrosa_password (
    account       blob primary key not null references account (id),
    password_hash text not null,
    made_by       blob not null references account (id),
    made_at       integer not null,
    used_at       integer                         -- when it last let them in
) strict;

-- What came in by it. A client sends a record as often as it must, and in several requests where it has large files: all of them are of
-- the moment of the first. Never updated, never deleted.
create table submission (
    instance    blob primary key not null,     -- SHA-256 of its instanceID
    account     blob not null references account (id),
    content     blob not null,                 -- SHA-256 of the record as it came
    received_at integer not null
) strict;
