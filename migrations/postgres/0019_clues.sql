-- Sealed clues: what only the members of the discipline group can open. Nothing here refers to a visit, a unit, a person who was
-- visited or one who sealed, and nothing elsewhere refers to it.

-- Public keys that clues are sealed to, and each member's secret as their passphrase wraps it. A key that ended stays: clues are
-- sealed to it.
create table clue_key (
    name     bytea primary key not null,        -- SHA-256 of the public key
    public   bytea not null,                    -- a point of P-256, uncompressed
    account  uuid references account (id),     -- absent for the recovery key
    secret   text,                             -- JSON; for the recovery key, which is printed, a hash by which whoever has the paper is known
    made_at  bigint not null,
    ended_at bigint
);

create table clue (
    id           uuid primary key not null,    -- random, made where it was sealed
    received_day text not null,                -- yyyy-MM-dd, no time of day: it would lead to a phone
    suite        bigint not null,
    parts_n      bigint not null,
    hash         bytea not null                 -- of the sealing: what the receipt is over
);

-- Who can open a clue: whoever has no row here does not learn that there is one.
create table clue_wrap (
    clue   uuid not null references clue (id),
    key    bytea not null,                      -- a name; also of keys that this database never had
    sealed bytea not null,
    primary key (clue, key)
);

-- Ciphertext, in parts below 1 MiB. They come before their clue.
create table clue_part (
    clue   uuid not null,
    n      bigint not null,                   -- from 0
    day    text not null,                      -- of arrival: parts whose clue never came are forgotten
    sha256 bytea not null,
    bytes  bytea not null,
    primary key (clue, n)
);

-- The ledger, sealed as the clue is. In the clear is what two people completing a handover takes.
create table clue_note (
    place   bigint primary key not null,      -- in the order of arrival
    id      uuid not null unique,              -- random, made where it was written
    clue    uuid not null references clue (id),
    step    text not null check (step in ('note', 'propose', 'confirm')),
    account uuid not null references account (id),
    at      bigint not null,
    sealed  bytea not null
);
create index clue_note_of on clue_note (clue, place);

-- Who of the group looked at or did what. Never changed or removed; the engine itself refuses.
create table clue_log (
    place   bigint primary key not null,
    at      bigint not null,
    account uuid not null references account (id),
    act     text not null,
    clue    uuid references clue (id)
);
create index clue_log_of on clue_log (clue, account, at);

create function clue_log_only_grows() returns trigger language plpgsql as $$
begin
    raise exception 'the log of clues is only added to';
end
$$;
create trigger clue_log_only_grows before update or delete on clue_log
    for each row execute function clue_log_only_grows();
create trigger clue_log_stays before truncate on clue_log
    for each statement execute function clue_log_only_grows();

-- The group's standing rule: what comes from this unit is not sealed to this member.
create table clue_recusal (
    account uuid not null references account (id),
    unit    uuid not null references unit (id),
    primary key (account, unit)
);
