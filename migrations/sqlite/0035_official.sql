-- Which types count in which class of the official monthly table, a version each; the last one counts. Empty: what ships.
create table official_mapping (
    number  integer primary key autoincrement,
    made_at integer not null,
    made_by blob not null references account (id),
    body    text not null                             -- CSV
) strict;

-- That an issue was established as a problem, and what came of it; the last row of an issue counts. Never updated, never deleted.
create table issue_finding (
    sequence       integer primary key autoincrement,
    issue          blob not null references issue (id),
    established_on text,                              -- yyyy-MM-dd; null: it is not, or no longer
    level          text not null check (level in ('province', 'prefecture', 'county', 'township')),
    handled_n      integer not null,
    disciplined_n  integer not null,
    account        blob not null references account (id),
    at             integer not null
) strict;
create index issue_finding_issue on issue_finding (issue);
