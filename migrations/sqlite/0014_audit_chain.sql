-- The audit log as a chain: each entry is linked to the hash of the one before, and where the chain has come to is
-- signed each hour. Neither is ever changed or removed; the engine itself refuses.

create table audit_link (
    place integer primary key not null,         -- 1, 2, 3 and so on
    entry integer not null unique references audit (sequence),
    hash  blob not null
) strict;

create table audit_checkpoint (
    place     integer not null references audit_link (place),
    at        integer not null,
    hash      blob not null,
    signature blob not null,                     -- Ed25519, by the key that signs receipts
    primary key (place, at)
) strict;

create trigger audit_no_update before update on audit begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_no_delete before delete on audit begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_link_no_update before update on audit_link begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_link_no_delete before delete on audit_link begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_checkpoint_no_update before update on audit_checkpoint begin
    select raise(abort, 'the audit log is only added to');
end;
create trigger audit_checkpoint_no_delete before delete on audit_checkpoint begin
    select raise(abort, 'the audit log is only added to');
end;
