-- The ground: accounts, records as they arrived, and what is read out of them.
--
-- Ids are UUIDs in 16 bytes, times milliseconds since 1970 UTC by the server's clock unless a column
-- says "claimed", dates yyyy-MM-dd in China's time, JSON is text.

-- One row a key: epoch, the hash of the first-start token.
create table meta (
    key   text primary key not null,
    value text not null
) strict;

create table campaign (
    id             blob primary key not null,
    name           text not null,
    starts_on      text not null,
    ends_on        text not null,
    phases         text not null,              -- JSON list of Phase
    notice         text not null,              -- what a visitor tells before asking for consent
    notice_version text not null,
    created_at     integer not null
) strict;

create table unit (
    id         blob primary key not null,
    name       text not null unique,
    kind       text not null check (kind in ('section', 'branch', 'trade')),
    position   integer not null,               -- order on screens, as in the plan
    retired_at integer                         -- kept for its records, offered no more
) strict;

create table account (
    id                   blob primary key not null,
    login                text not null unique,  -- lower case
    name                 text not null,
    role                 text not null,
    unit                 blob references unit (id),
    password_hash        text not null,         -- Argon2id, PHC string
    must_change_password integer not null default 0,
    failures             integer not null default 0,  -- wrong passwords in a row
    retry_at             integer not null default 0,  -- no try is looked at before
    created_at           integer not null,
    disabled_at          integer
) strict;

-- Where an account has belonged: a record is taken for any unit its author belonged to.
create table membership (
    account blob not null references account (id),
    unit    blob not null references unit (id),
    since   integer not null,
    primary key (account, unit)
) strict;

create table session (
    token_hash blob primary key not null,       -- SHA-256 of the cookie or script token
    account    blob not null references account (id),
    kind       text not null check (kind in ('browser', 'token')),
    label      text not null default '',
    created_at integer not null,
    seen_at    integer not null,
    expires_at integer not null
) strict;
create index session_account on session (account);

-- Who looked at or changed what, and why. Never updated, never deleted.
create table audit (
    sequence integer primary key autoincrement,
    at       integer not null,
    account  blob,                              -- null for the command line
    act      text not null,
    object   text not null,                     -- kind and id, nothing personal
    reason   text not null default ''
) strict;

create table respondent (
    id           blob primary key not null,
    campaign     blob not null references campaign (id),
    unit         blob references unit (id),     -- who visits; null when any unit may
    kind         text not null,
    name         text not null,
    place        text not null default '',
    organisation text not null default '',
    telephone    text not null default '',
    address      text not null default '',
    id_number    text not null default '',
    same_key     text not null,                 -- normalized; the same household is not taken twice
    created_at   integer not null,
    removed_at   integer,
    unique (campaign, same_key)
) strict;
create index respondent_unit on respondent (campaign, unit);

create table assignment (
    id           blob primary key not null,
    campaign     blob not null references campaign (id),
    unit         blob not null references unit (id),
    respondent   blob not null references respondent (id),
    due_on       text not null,
    note         text not null default '',
    created_by   blob references account (id),
    created_at   integer not null,
    done_visit   blob,                          -- the visit that ticked it off
    cancelled_at integer
) strict;
create index assignment_unit on assignment (campaign, unit, due_on);
create index assignment_respondent on assignment (respondent);

-- A record: what all its revisions have in common.
create table record (
    id       blob primary key not null,         -- UUIDv7, chosen by the phone
    kind     text not null check (kind in ('visit', 'identity', 'statement', 'attachment')),
    campaign blob not null,
    unit     blob not null,                     -- at the time of capture
    visit    blob not null,                     -- itself for a visit
    author   blob not null references account (id),
    first_at integer not null
) strict;
create index record_visit on record (visit);

-- A revision as it arrived, byte for byte. Never updated, never deleted.
create table revision (
    sequence    integer primary key autoincrement,
    record      blob not null,
    hash        blob not null,                  -- SHA-256 of envelope
    envelope    blob not null,
    parents     text not null,                  -- JSON list of hashes
    claimed_at  integer not null,               -- the device's clock
    received_at integer not null,
    author      blob not null references account (id),
    parked      text,                           -- reason, when set aside
    unique (record, hash)
) strict;
create index revision_parked on revision (parked) where parked is not null;

-- What is read out of the current revisions, to be searched and counted; can be made anew.
create table visit (
    id                  blob primary key not null references record (id),
    campaign            blob not null,
    unit                blob not null,
    author              blob not null,
    visitors            text not null,          -- JSON list of Visitor
    respondent_kind     text not null,
    form                text not null,
    head_count          integer,
    manner              text not null,
    started_at          integer not null,       -- claimed
    ended_at            integer,                -- claimed
    day                 text not null,          -- of the visit: claimed when plausible, else of arrival
    place               text not null,
    position            text,                   -- JSON Position
    policies            text not null,
    consent_told        text not null,
    consent_given       text not null,
    consent_recording   text not null,
    call_back_wanted    integer not null,
    call_back_how       text not null,
    reported_elsewhere  integer,
    reported_to         text not null,
    answered            text not null,
    read_back           integer not null,
    entered             text not null,
    withdrawn           text,                   -- reason
    named               integer not null,       -- has an identity record
    members             text not null,          -- JSON list of the ids that belong to it
    complete_at         integer,                -- when the last of them was stored
    forks               integer not null default 0, -- heads beyond the first
    clock_off           integer not null default 0, -- the device's clock is beyond belief
    received_at         integer not null
) strict;
create index visit_day on visit (campaign, day);
create index visit_unit on visit (unit, day);
create index visit_author on visit (author);

create table identity (
    visit        blob primary key not null,
    record       blob not null references record (id),
    respondent   blob,
    assignment   blob,
    name         text not null,
    organisation text not null,
    telephone    text not null,
    address      text not null,
    id_number    text not null
) strict;
create index identity_respondent on identity (respondent);

create table statement (
    id            blob primary key not null references record (id),
    visit         blob not null,
    campaign      blob not null,
    unit          blob not null,
    words         text not null,
    summary       text not null,
    kind_said     text not null,                -- by the visitor
    about         text not null,
    happened      text not null,
    attachments   text not null,                -- JSON list of ids
    proposed      text not null,                -- JSON list of codes, by the visitor
    forks         integer not null default 0,
    received_at   integer not null,
    -- The office's current word; how it came about stands in rows of its own.
    state         text not null default 'waiting',
    kind          text not null,
    category      text,                         -- confirmed code
    version       integer not null default 0    -- counts the office's acts, so that none overwrites another
) strict;
create index statement_state on statement (campaign, state, received_at);
create index statement_visit on statement (visit);
create index statement_category on statement (campaign, category);

create table attachment (
    id          blob primary key not null references record (id),
    visit       blob not null,
    statement   blob,
    kind        text not null,
    media_type  text not null,
    bytes_n     integer not null,
    sha256      blob not null,
    duration_ms integer,
    gaps        text not null,                  -- JSON list of Gap
    taken_at    integer not null,               -- claimed
    stored_at   integer                         -- when its bytes were here, whole and verified
) strict;
create index attachment_visit on attachment (visit);

-- What phones pull: the latest row of a thing counts. `unit` null: every unit; `account` null: all of it.
create table change (
    sequence integer primary key autoincrement,
    kind     text not null,
    id       blob not null,
    unit     blob,
    account  blob
) strict;
create index change_thing on change (kind, id);
