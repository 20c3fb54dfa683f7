-- What leads to a person and what was said goes once its days are over, by destroying its key. Each visit has one key for the names
-- (the envelopes of the visit and of the identity) and one for the words (those of the statements); attachments' envelopes
-- hold neither and stay under the vault's own. What is here without a key is given one by the first start
-- (`store/envelope_keys.rs`).
create table envelope_key (
    id      uuid primary key not null,
    visit   uuid not null,                     -- as the envelope says, also of one that was set aside
    what    text not null check (what in ('names', 'words')),
    made_at bigint not null,                  -- when the first of its envelopes arrived
    sealed  bytea not null,
    unique (visit, what)
);
create index envelope_key_made_at on envelope_key (what, made_at);

-- Under which key the envelope rests; null where it is the vault's own.
alter table revision add column key uuid;
create index revision_key on revision (key) where key is not null;

-- What was destroyed: the stub that stays. An envelope without bytes is only whole when its key is here.
create table destruction (
    key    uuid primary key not null,          -- the id that the key had
    visit  uuid not null,
    what   text not null check (what in ('names', 'words')),
    at     bigint not null,
    reason text not null
);
create index destruction_visit on destruction (visit);

-- How many went when, for those who see that it was done: no names, no ids.
create table removal (
    at   bigint not null,
    what text not null check (what in ('voice', 'photo', 'names', 'words', 'audit')),
    n    bigint not null,
    primary key (at, what)
);

-- Where the audit log was cut off: all before this place is gone, and its hash, signed, stands for it.
create table audit_cut (
    place     bigint primary key not null,
    at        bigint not null,
    hash      bytea not null,
    signature bytea not null                    -- Ed25519, by the key that signs receipts
);

-- What lies before a cut may go, nothing else.
create function audit_loses_what_was_cut() returns trigger language plpgsql as $$
declare
    cut bigint := coalesce((select max(place) from audit_cut), 0);
begin
    if tg_table_name = 'audit' then
        if old.sequence < coalesce((select entry from audit_link where place = cut), 0) then return old; end if;
    elsif old.place < cut then
        return old;
    end if;
    raise exception 'the audit log is only added to';
end
$$;
drop trigger audit_only_grows on audit;
drop trigger audit_link_only_grows on audit_link;
drop trigger audit_checkpoint_only_grows on audit_checkpoint;
create trigger audit_only_grows before update on audit
    for each row execute function audit_only_grows();
create trigger audit_link_only_grows before update on audit_link
    for each row execute function audit_only_grows();
create trigger audit_checkpoint_only_grows before update on audit_checkpoint
    for each row execute function audit_only_grows();
create trigger audit_loses_what_was_cut before delete on audit
    for each row execute function audit_loses_what_was_cut();
create trigger audit_link_loses_what_was_cut before delete on audit_link
    for each row execute function audit_loses_what_was_cut();
create trigger audit_checkpoint_loses_what_was_cut before delete on audit_checkpoint
    for each row execute function audit_loses_what_was_cut();
create trigger audit_cut_only_grows before update or delete on audit_cut
    for each row execute function audit_only_grows();
create trigger audit_cut_stays before truncate on audit_cut
    for each statement execute function audit_only_grows();
-- Without it no server on PostgreSQL ever came to its turn.
insert into turn (name) values ('retention') on conflict (name) do nothing;
