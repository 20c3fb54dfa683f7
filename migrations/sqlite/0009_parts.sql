-- Where the bytes lie in a bucket, several servers may be sent the same part: what a row names is what counts.
-- Parts of uploads that were begun before have no name, and are called by where they start.
alter table upload_part add column name text not null default '';
