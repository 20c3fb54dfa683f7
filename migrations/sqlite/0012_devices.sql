-- The keys that phones made for themselves. What a phone sends after its signing in has ended is known by its key; a device is
-- never removed.

create table device (
    id         blob primary key not null,       -- SHA-256 of the key
    account    blob not null references account (id),
    public_key blob not null,                   -- a point of P-256, uncompressed
    added_at   integer not null
) strict;
alter table session add column device blob references device (id);
