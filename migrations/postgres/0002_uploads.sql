-- Bytes of attachments on their way in, by tus. Parts lie in the data folder, one file each.

create table upload (
    id         uuid primary key not null,      -- the attachment's id: creation is idempotent by it and the hash
    account    uuid not null references account (id),
    length     bigint not null,               -- bytes
    sha256     bytea not null,                  -- of the whole
    reached    bigint not null default 0,     -- bytes that are durable here
    created_at bigint not null,
    done_at    bigint                         -- verified; the bytes lie among the blobs
);

create table upload_part (
    upload uuid not null references upload (id),
    starts bigint not null,                   -- first byte within the whole
    length bigint not null,
    primary key (upload, starts)
);
