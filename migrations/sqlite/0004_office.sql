-- The office's desk: what the machine suggests, what people decide, issues, and what is passed on.

-- What the machine makes of a statement; made anew when the rules or the statement change.
create table suggestion (
    number        integer primary key,        -- names the statement in the search index
    statement     blob not null unique references statement (id),
    rules_version integer not null,
    kind          text not null,
    code          text,                       -- the best; null when there is none
    body          text not null,              -- JSON Categorization
    made_at       integer not null
) strict;
create index suggestion_code on suggestion (code);

-- Pairs of letters of words and summary; FTS5's own tokenizers find no Chinese word of two letters.
create virtual table statement_search using fts5 (
    pairs, content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 0"
);

-- Every act on a statement. Never deleted; an undone one only says when.
create table decision (
    sequence  integer primary key autoincrement,
    statement blob not null references statement (id),
    act       text not null,
    before    text not null,                  -- JSON Standing
    after     text not null,                  -- JSON Standing
    note      text not null default '',       -- the comment, the body it went to, the issue's title
    thing     blob,                           -- the referral or the issue that the act made
    account   blob not null references account (id),
    at        integer not null,
    undone_at integer
) strict;
create index decision_statement on decision (statement);

create table issue (
    id         blob primary key not null,     -- v4: time-ordered ones would lead back to a visit
    campaign   blob not null references campaign (id),
    number     integer not null,              -- counts the issues of the campaign
    title      text not null,
    wording    text not null,
    category   text,
    source     text not null
        check (source in ('visits', 'self_check', 'supervision', 'inspection', 'superior')),
    state      text not null default 'open' check (state in ('open', 'settled', 'dropped')),
    version    integer not null default 1,
    created_by blob not null references account (id),
    created_at integer not null,
    unique (campaign, number)
) strict;
create index issue_state on issue (campaign, state);

-- Which statements an issue is made of; the words stay where they are.
create table issue_statement (
    sequence  integer primary key autoincrement,
    issue     blob not null references issue (id),
    statement blob not null references statement (id),
    joined_by blob not null references account (id),
    joined_at integer not null,
    left_at   integer
) strict;
create index issue_statement_issue on issue_statement (issue);
create unique index issue_statement_now on issue_statement (statement) where left_at is null;

-- What an issue said before each change. Never updated, never deleted.
create table issue_history (
    sequence integer primary key autoincrement,
    issue    blob not null references issue (id),
    version  integer not null,
    body     text not null,                   -- JSON IssueText
    account  blob not null references account (id),
    at       integer not null
) strict;
create index issue_history_issue on issue_history (issue);

-- 转办: a statement or an issue outside the bureau's duty, passed to the body it belongs to.
create table referral (
    id           blob primary key not null,
    campaign     blob not null references campaign (id),
    statement    blob references statement (id),
    issue        blob references issue (id),
    to_body      text not null,
    answer_by    text not null,               -- yyyy-MM-dd
    note         text not null,
    answer       text not null default '',
    answered_at  integer,                     -- open while null
    version      integer not null default 1,
    created_by   blob not null references account (id),
    created_at   integer not null,
    withdrawn_at integer,                     -- the act that made it was undone
    check ((statement is null) <> (issue is null))
) strict;
create index referral_due on referral (campaign, answered_at, answer_by);
create index referral_statement on referral (statement);
create index referral_issue on referral (issue);

-- Who is looking at which statement; one at a time, and only until.
create table presence (
    account   blob primary key not null references account (id),
    statement blob not null,
    until     integer not null
) strict;
create index presence_statement on presence (statement);
