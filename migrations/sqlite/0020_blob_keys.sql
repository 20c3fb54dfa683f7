-- The bytes of attachments rest sealed, each whole under a key of its own; `server/src/blobs/sealed.rs` has how. The key is
-- sealed by the vault and lies here, not beside the bytes: without its row no copy of them opens any more.
create table blob_key (
    sha256 blob primary key not null,          -- of the bytes as they came, which also names them
    sealed blob not null
) strict;
-- What stands upon a key, or upon the bytes.
create index upload_sha256 on upload (sha256);
