-- The keys that phones made for themselves. What a phone sends after its signing in has ended is known by its key; a device is
-- never removed.

create table device (
    id         bytea primary key not null,       -- SHA-256 of the key
    account    uuid not null references account (id),
    public_key bytea not null,                   -- a point of P-256, uncompressed
    added_at   bigint not null
);
alter table session add column device bytea references device (id);
