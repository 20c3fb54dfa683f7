-- What leaves the office in approved wording, and what branches make of it.

-- An issue as one unit sees it. Numbers and month are as they were when it was released.
create table release (
    id           blob primary key not null,   -- v4: a time-ordered id would lead back to a visit
    campaign     blob not null references campaign (id),
    issue        blob not null,               -- never shown to the unit
    unit         blob not null references unit (id),
    number       integer not null,            -- counts the releases to the unit
    title        text not null,
    wording      text not null,
    category     text,
    n_said       integer not null,
    n_households integer not null,
    again_n      integer not null,            -- said again after measures had been agreed
    month        text not null,               -- yyyy-MM, never a day
    despite_few  text,                        -- why, when few stand behind it
    released_by  blob not null references account (id),
    at           integer not null,
    withdrawn_at integer,
    unique (unit, number)
) strict;
create index release_issue on release (issue);

create table meeting (
    id         blob primary key not null,
    campaign   blob not null references campaign (id),
    unit       blob not null references unit (id),
    held_on    text not null,
    title      text not null,
    place      text not null,
    host       text not null,
    recorder   text not null,
    due_n      integer not null,
    present_n  integer not null,
    excused_n  integer not null,
    excused    text not null,
    effort     text not null,
    version    integer not null default 1,    -- counts changes of header and agenda
    created_by blob not null references account (id),
    created_at integer not null,
    closed_at  integer                        -- read only from then on
) strict;
create index meeting_unit on meeting (campaign, unit, held_on);

create table agenda_item (
    id       blob primary key not null,
    meeting  blob not null references meeting (id),
    release  blob not null references release (id),
    position integer not null,
    state    text not null default 'pending' check (state in ('pending', 'discussing', 'agreed')),
    cause    text not null default '',
    effort   text not null default '',
    points   text not null default '[]',      -- JSON list of Point, in the order spoken
    version  integer not null default 1,      -- counts changes of what was noted
    agreed_at  integer,                       -- when it first was; what is said later is said again
    removed_at integer,                       -- taken off the agenda with nothing noted
    unique (meeting, release)
) strict;
create index agenda_item_release on agenda_item (release);

-- What a meeting or an item said before each change. Never updated, never deleted.
create table meeting_history (
    sequence integer primary key autoincrement,
    meeting  blob not null,
    item     blob,                            -- null: header and agenda
    version  integer not null,
    body     text not null,                   -- JSON of what was there
    account  blob not null,
    at       integer not null
) strict;
create index meeting_history_meeting on meeting_history (meeting);

create table measure (
    id         blob primary key not null,
    campaign   blob not null references campaign (id),
    unit       blob not null references unit (id),
    issue      blob not null,                 -- never shown to the unit
    item       blob not null references agenda_item (id),
    position   integer not null,
    what       text not null,
    leader     text not null,
    person     text not null,
    by_when    text,                          -- yyyy-MM-dd
    long_term  integer not null,
    proof      text not null,
    proposed   integer not null,              -- to the party group
    state      text not null default 'planned' check (state in ('planned', 'under_way', 'done', 'kept')),
    version    integer not null default 1,
    removed_at integer                        -- taken out of the minutes before they were closed
) strict;
create index measure_item on measure (item);
create index measure_unit on measure (campaign, unit);
create index measure_issue on measure (issue);

-- How far a measure was at a time. Never updated, never deleted.
create table measure_progress (
    id      blob primary key not null,
    measure blob not null references measure (id),
    state   text not null,
    note    text not null,
    account blob not null references account (id),
    at      integer not null
) strict;
create index measure_progress_measure on measure_progress (measure);
