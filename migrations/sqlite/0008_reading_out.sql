-- Records are kept first and read out afterwards, in order of arrival; `meta` says how far ('read_out_to').

-- Revisions that could not be read out; tried again at each start.
create table unread (
    revision integer primary key not null
) strict;

-- All that is here was read out by the version before.
insert into meta (key, value)
    select 'read_out_to', cast(max(sequence) as text) from revision having max(sequence) is not null;

-- Whether a visit ticked an assignment off is asked at each of its revisions.
create index assignment_done on assignment (done_visit);

-- The latest revision when a stretch of history began, as `since` is the latest change: changes follow revisions.
alter table life add column revisions integer not null default 0;
