-- How accounts are opened: second factors, confirmations, one-time links, passwords of before, devices that are disabled.

alter table session add column confirmed_until bigint not null default 0;  -- what needs a confirmation is done until then
alter table device add column disabled_at bigint;                          -- what it sends is set aside
alter table account add column password_at bigint not null default 0;      -- when the password was set; 0 when it was not noted

-- Codes of an authenticator app (TOTP).
create table second_factor (
    account   uuid primary key not null references account (id),
    secret    bytea not null,                  -- sealed
    active_at bigint,                      -- when a first code was told; null before
    last_step bigint not null default 0    -- the time of the last code that was taken, in steps of 30 s: no code is taken twice
);

create table recovery_code (
    account uuid not null references account (id),
    code    text not null,                      -- blinded; removed once used
    primary key (account, code)
);

-- The link by which a person sets the own password.
create table invitation (
    account    uuid primary key not null references account (id),
    token_hash bytea not null unique,          -- SHA-256
    expires_at bigint not null
);

-- Passwords of before, as long as the policy forbids to use them again.
create table past_password (
    account       uuid not null references account (id),
    password_hash text not null,
    ended_at      bigint not null,
    primary key (account, password_hash)
);
