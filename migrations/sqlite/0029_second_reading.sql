-- What a second person made of a statement without knowing what the first one had decided. It changes nothing of the decision; both
-- are kept as they were then. Never updated, never deleted.
create table second_reading (
    statement      blob primary key not null references statement (id),
    kind           text not null,
    category       text,                       -- null: none
    first_kind     text not null,
    first_category text,
    account        blob not null references account (id),
    at             integer not null
) strict;
