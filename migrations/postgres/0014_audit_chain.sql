-- The audit log as a chain: each entry is linked to the hash of the one before, and where the chain has come to is
-- signed each hour. Neither is ever changed or removed; the engine itself refuses.

create table audit_link (
    place bigint primary key not null,         -- 1, 2, 3 and so on
    entry bigint not null unique references audit (sequence),
    hash  bytea not null
);

create table audit_checkpoint (
    place     bigint not null references audit_link (place),
    at        bigint not null,
    hash      bytea not null,
    signature bytea not null,                     -- Ed25519, by the key that signs receipts
    primary key (place, at)
);

create function audit_only_grows() returns trigger language plpgsql as $$
begin
    raise exception 'the audit log is only added to';
end
$$;
create trigger audit_only_grows before update or delete on audit
    for each row execute function audit_only_grows();
create trigger audit_stays before truncate on audit
    for each statement execute function audit_only_grows();
create trigger audit_link_only_grows before update or delete on audit_link
    for each row execute function audit_only_grows();
create trigger audit_link_stays before truncate on audit_link
    for each statement execute function audit_only_grows();
create trigger audit_checkpoint_only_grows before update or delete on audit_checkpoint
    for each row execute function audit_only_grows();
create trigger audit_checkpoint_stays before truncate on audit_checkpoint
    for each statement execute function audit_only_grows();
