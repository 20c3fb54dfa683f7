-- Questionnaires, their published versions, and what was answered to them.

alter table record drop constraint record_kind_check;
alter table record add constraint record_kind_check
    check (kind in ('visit', 'identity', 'statement', 'attachment', 'answers'));

create table questionnaire (
    id               text primary key not null, -- the form's own, the same in all versions
    title            text not null,
    respondent_kinds text not null default '[]', -- JSON list; whoever may be asked, all where it is empty
    draft            text,                      -- JSON of what was taken in and is not published
    draft_at         bigint,
    created_at       bigint not null,
    closed_at        bigint                    -- offered to visitors no more
);

-- What was published. Never updated, never deleted.
create table questionnaire_version (
    hash          bytea primary key not null,    -- SHA-256 of content
    questionnaire text not null references questionnaire (id),
    number        bigint not null,             -- from 1
    content       text not null,                -- canonical JSON of its sheets and files
    published_by  uuid not null references account (id),
    published_at  bigint not null,
    unique (questionnaire, number)
);

-- What the revision that stands says of answers, but for the answers themselves: these rest sealed, in their revision.
create table answers (
    id            uuid primary key not null,    -- the record
    visit         uuid not null,
    unit          uuid not null,
    questionnaire text not null,                -- as the record says: it need not be here
    version       bytea not null,
    revision      bytea not null,                -- hash of the revision that stands
    finished      bigint not null,
    forks         bigint not null,
    received_at   bigint not null,
    state         text not null check (state in ('waiting', 'checked', 'unknown_version')),
    flags         text not null default '[]',   -- JSON list: places in the form and what is wrong there, no answers
    flags_n       bigint not null default 0
);
create index answers_visit on answers (visit);
create index answers_questionnaire on answers (questionnaire, id);
create index answers_state on answers (state, id) where state <> 'checked';
