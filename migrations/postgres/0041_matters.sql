-- Several matters in one text: an office divides a statement into parts, each a statement of the same visit that says a stretch of
-- its words. The statement itself stays as it was said; while it is divided its parts are counted in its place.
alter table statement add column part_of uuid;              -- the statement that it is a part of
alter table statement add column part_start bigint;        -- where in its text, in characters
alter table statement add column part_end bigint;
-- 0: its parts stand in its place, or it is a part of what was put together again.
alter table statement add column counted bigint not null default 1 check (counted in (0, 1));
create index statement_part on statement (part_of, part_start) where part_of is not null;
create index statement_uncounted on statement (campaign, state) where counted = 0;

-- What the machine makes of a text: its matters where there are several, and how grave it is (0, 1 or 2).
alter table suggestion add column matters text not null default '[]';   -- JSON list of Matter
alter table suggestion add column severity bigint not null default 0;
create index suggestion_several on suggestion (statement) where matters <> '[]';
create index suggestion_severity on suggestion (severity, statement) where severity > 0;
-- What is here is looked at again.
insert into unsorted (statement) select statement from suggestion;
