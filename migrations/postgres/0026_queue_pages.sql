-- A page of the queue is read in its order, whatever it is asked for; 100,000 statements were sorted for each.
drop index statement_state;
create index statement_state on statement (campaign, state, received_at, id);
create index statement_received on statement (campaign, received_at, id);
create index statement_unit on statement (campaign, unit, state, received_at, id);
create index visit_withdrawn on visit (campaign) where withdrawn is not null;
-- A page asks of each of its statements whether a voice or photo belongs to it.
create index attachment_statement on attachment (statement, kind);
