-- The servers that serve this database at present, and how often it was written.

create table server (
    id          uuid primary key not null,
    place       text not null,                 -- where its attachments lie
    receipt_key text not null,                 -- the public key of its receipts, in base64
    seen_at     bigint not null                -- when it last said that it is here
);

-- One more with every transaction that wrote: by it a server notices what another one did.
alter table turn add column written bigint not null default 0;

-- Work that one server does at a time, whichever comes first.
insert into turn (name) values ('sort'), ('backup');
