-- What leads to a person and what was said goes once its days are over, by destroying its key. Each visit has one key for the names
-- (the envelopes of the visit and of the identity) and one for the words (those of the statements); attachments' envelopes
-- hold neither and stay under the vault's own. What is here without a key is given one by the first start
-- (`store/envelope_keys.rs`).
create table envelope_key (
    id      blob primary key not null,
    visit   blob not null,                     -- as the envelope says, also of one that was set aside
    what    text not null check (what in ('names', 'words')),
    made_at integer not null,                  -- when the first of its envelopes arrived
    sealed  blob not null,
    unique (visit, what)
) strict;
create index envelope_key_made_at on envelope_key (what, made_at);

-- Under which key the envelope rests; null where it is the vault's own.
alter table revision add column key blob;
create index revision_key on revision (key) where key is not null;

-- What was destroyed: the stub that stays. An envelope without bytes is only whole when its key is here.
create table destruction (
    key    blob primary key not null,          -- the id that the key had
    visit  blob not null,
    what   text not null check (what in ('names', 'words')),
    at     integer not null,
    reason text not null
) strict;
create index destruction_visit on destruction (visit);

-- How many went when, for those who see that it was done: no names, no ids.
create table removal (
    at   integer not null,
    what text not null check (what in ('voice', 'photo', 'names', 'words', 'audit')),
    n    integer not null,
    primary key (at, what)
) strict;

-- Where the audit log was cut off: all before this place is gone, and its hash, signed, stands for it.
create table audit_cut (
    place     integer primary key not null,
    at        integer not null,
    hash      blob not null,
    signature blob not null                    -- Ed25519, by the key that signs receipts
) strict;

-- What lies before a cut may go, nothing else.
drop trigger audit_no_delete;
drop trigger audit_link_no_delete;
drop trigger audit_checkpoint_no_delete;
create trigger audit_no_delete before delete on audit
when old.sequence >= coalesce((select entry from audit_link where place = (select max(place) from audit_cut)), 0) begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_link_no_delete before delete on audit_link
when old.place >= coalesce((select max(place) from audit_cut), 0) begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_checkpoint_no_delete before delete on audit_checkpoint
when old.place >= coalesce((select max(place) from audit_cut), 0) begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_cut_no_update before update on audit_cut begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_cut_no_delete before delete on audit_cut begin
    select raise(abort, 'the audit log is only added to');
end;
