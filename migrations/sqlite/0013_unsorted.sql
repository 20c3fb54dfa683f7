-- Statements that the machine has yet to look at, so that it need not look for them among all. One that changes while it is
-- looked at stands here twice.

create table unsorted (
    number    integer primary key autoincrement,
    statement blob not null references statement (id)
) strict;
insert into unsorted (statement)
    select statement.id from statement left join suggestion on suggestion.statement = statement.id
    where suggestion.statement is null;
create index suggestion_rules on suggestion (rules_version);
