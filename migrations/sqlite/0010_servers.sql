-- The servers that serve this database at present: on SQLite never more than one.

create table server (
    id          blob primary key not null,
    place       text not null,                 -- where its attachments lie
    receipt_key text not null,                 -- the public key of its receipts, in base64
    seen_at     integer not null               -- when it last said that it is here
) strict;
