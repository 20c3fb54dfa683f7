-- Bytes of attachments on their way in, by tus. Parts lie in the data folder, one file each.

create table upload (
    id         blob primary key not null,      -- the attachment's id: creation is idempotent by it and the hash
    account    blob not null references account (id),
    length     integer not null,               -- bytes
    sha256     blob not null,                  -- of the whole
    reached    integer not null default 0,     -- bytes that are durable here
    created_at integer not null,
    done_at    integer                         -- verified; the bytes lie among the blobs
) strict;

create table upload_part (
    upload blob not null references upload (id),
    starts integer not null,                   -- first byte within the whole
    length integer not null,
    primary key (upload, starts)
) strict;
