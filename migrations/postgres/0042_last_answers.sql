-- What was answered last of whom a unit is to visit: asked for with every pull.
create index assignment_open on assignment (unit, due_on) where cancelled_at is null and done_visit is null;
