-- Transcripts of recordings: what a speech server heard, and what a person accepted of it. Both rest under the key of the visit's
-- words and go with it; what was accepted also stands in the statement, where it is searched and sorted by.
create table transcript (
    attachment blob primary key not null references attachment (id),
    state      text not null check (state in ('waiting', 'under_way', 'heard', 'accepted', 'failed')),
    tries_n    integer not null default 0,
    due_at     integer not null,               -- not tried before
    reason     text,                           -- why the last try failed
    heard      blob,                           -- sealed: what the machine heard
    accepted   blob,                           -- sealed: what a person accepted
    account    blob references account (id),   -- who accepted it
    at         integer not null                -- since when it is in its state
) strict;
create index transcript_state on transcript (state, due_at);
insert into transcript (attachment, state, due_at, at) select id, 'waiting', stored_at, stored_at from attachment
    where kind = 'voice' and stored_at is not null and id not in (select attachment from erasure);

alter table statement add column transcript text not null default '';
