-- Sealed clues: what only the members of the discipline group can open. Nothing here refers to a visit, a unit, a person who was
-- visited or one who sealed, and nothing elsewhere refers to it.

-- Public keys that clues are sealed to, and each member's secret as their passphrase wraps it. A key that ended stays: clues are
-- sealed to it.
create table clue_key (
    name     blob primary key not null,        -- SHA-256 of the public key
    public   blob not null,                    -- a point of P-256, uncompressed
    account  blob references account (id),     -- absent for the recovery key
    secret   text,                             -- JSON; for the recovery key, which is printed, a hash by which whoever has the paper is known
    made_at  integer not null,
    ended_at integer
) strict;

create table clue (
    id           blob primary key not null,    -- random, made where it was sealed
    received_day text not null,                -- yyyy-MM-dd, no time of day: it would lead to a phone
    suite        integer not null,
    parts_n      integer not null,
    hash         blob not null                 -- of the sealing: what the receipt is over
) strict;

-- Who can open a clue: whoever has no row here does not learn that there is one.
create table clue_wrap (
    clue   blob not null references clue (id),
    key    blob not null,                      -- a name; also of keys that this database never had
    sealed blob not null,
    primary key (clue, key)
) strict;

-- Ciphertext, in parts below 1 MiB. They come before their clue.
create table clue_part (
    clue   blob not null,
    n      integer not null,                   -- from 0
    day    text not null,                      -- of arrival: parts whose clue never came are forgotten
    sha256 blob not null,
    bytes  blob not null,
    primary key (clue, n)
) strict;

-- The ledger, sealed as the clue is. In the clear is what two people completing a handover takes.
create table clue_note (
    place   integer primary key not null,      -- in the order of arrival
    id      blob not null unique,              -- random, made where it was written
    clue    blob not null references clue (id),
    step    text not null check (step in ('note', 'propose', 'confirm')),
    account blob not null references account (id),
    at      integer not null,
    sealed  blob not null
) strict;
create index clue_note_of on clue_note (clue, place);

-- Who of the group looked at or did what. Never changed or removed; the engine itself refuses.
create table clue_log (
    place   integer primary key not null,
    at      integer not null,
    account blob not null references account (id),
    act     text not null,
    clue    blob references clue (id)
) strict;
create index clue_log_of on clue_log (clue, account, at);

create trigger clue_log_no_update before update on clue_log begin
    select raise(abort, 'the log of clues is only added to');
end;
create trigger clue_log_no_delete before delete on clue_log begin
    select raise(abort, 'the log of clues is only added to');
end;

-- The group's standing rule: what comes from this unit is not sealed to this member.
create table clue_recusal (
    account blob not null references account (id),
    unit    blob not null references unit (id),
    primary key (account, unit)
) strict;
