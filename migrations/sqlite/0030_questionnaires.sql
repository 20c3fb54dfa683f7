-- Questionnaires, their published versions, and what was answered to them.

-- Answers are records beside the others. SQLite changes no check in place: the column is made anew.
alter table record rename column kind to kind_before;
alter table record add column kind text not null default 'visit'
    check (kind in ('visit', 'identity', 'statement', 'attachment', 'answers'));
update record set kind = kind_before;
alter table record drop column kind_before;

create table questionnaire (
    id               text primary key not null, -- the form's own, the same in all versions
    title            text not null,
    respondent_kinds text not null default '[]', -- JSON list; whoever may be asked, all where it is empty
    draft            text,                      -- JSON of what was taken in and is not published
    draft_at         integer,
    created_at       integer not null,
    closed_at        integer                    -- offered to visitors no more
) strict;

-- What was published. Never updated, never deleted.
create table questionnaire_version (
    hash          blob primary key not null,    -- SHA-256 of content
    questionnaire text not null references questionnaire (id),
    number        integer not null,             -- from 1
    content       text not null,                -- canonical JSON of its sheets and files
    published_by  blob not null references account (id),
    published_at  integer not null,
    unique (questionnaire, number)
) strict;

-- What the revision that stands says of answers, but for the answers themselves: these rest sealed, in their revision.
create table answers (
    id            blob primary key not null,    -- the record
    visit         blob not null,
    unit          blob not null,
    questionnaire text not null,                -- as the record says: it need not be here
    version       blob not null,
    revision      blob not null,                -- hash of the revision that stands
    finished      integer not null,
    forks         integer not null,
    received_at   integer not null,
    state         text not null check (state in ('waiting', 'checked', 'unknown_version')),
    flags         text not null default '[]',   -- JSON list: places in the form and what is wrong there, no answers
    flags_n       integer not null default 0
) strict;
create index answers_visit on answers (visit);
create index answers_questionnaire on answers (questionnaire, id);
create index answers_state on answers (state, id) where state <> 'checked';
