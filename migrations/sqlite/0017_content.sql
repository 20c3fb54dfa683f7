-- What the bytes of an upload are, by the bytes themselves: a word of `Content`. Absent until they were looked at.
alter table upload add column content text;
