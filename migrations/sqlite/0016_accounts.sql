-- How accounts are opened: second factors, confirmations, one-time links, passwords of before, devices that are disabled.

alter table session add column confirmed_until integer not null default 0;  -- what needs a confirmation is done until then
alter table device add column disabled_at integer;                          -- what it sends is set aside
alter table account add column password_at integer not null default 0;      -- when the password was set; 0 when it was not noted

-- Codes of an authenticator app (TOTP).
create table second_factor (
    account   blob primary key not null references account (id),
    secret    blob not null,                  -- sealed
    active_at integer,                      -- when a first code was told; null before
    last_step integer not null default 0    -- the time of the last code that was taken, in steps of 30 s: no code is taken twice
) strict;

create table recovery_code (
    account blob not null references account (id),
    code    text not null,                      -- blinded; removed once used
    primary key (account, code)
) strict;

-- The link by which a person sets the own password.
create table invitation (
    account    blob primary key not null references account (id),
    token_hash blob not null unique,          -- SHA-256
    expires_at integer not null
) strict;

-- Passwords of before, as long as the policy forbids to use them again.
create table past_password (
    account       blob not null references account (id),
    password_hash text not null,
    ended_at      integer not null,
    primary key (account, password_hash)
) strict;
