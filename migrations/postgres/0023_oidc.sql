-- Whom the provider of OpenID Connect means by a subject: bound by an administrator, one of each to an account.
create table oidc_subject (
    account  uuid primary key not null references account (id),
    issuer   text not null,                    -- as it names itself
    subject  text not null,                    -- as it names the person, never used for another
    bound_at bigint not null,
    unique (issuer, subject)
);

-- Sign-ins by the provider that led to a session, until they could lead to none anyway: none leads to two.
create table oidc_used (
    state      bytea primary key not null,     -- SHA-256
    expires_at bigint not null
);
