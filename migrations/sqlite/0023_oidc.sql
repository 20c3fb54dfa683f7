-- Whom the provider of OpenID Connect means by a subject: bound by an administrator, one of each to an account.
create table oidc_subject (
    account  blob primary key not null references account (id),
    issuer   text not null,                    -- as it names itself
    subject  text not null,                    -- as it names the person, never used for another
    bound_at integer not null,
    unique (issuer, subject)
) strict;

-- Sign-ins by the provider that led to a session, until they could lead to none anyway: none leads to two.
create table oidc_used (
    state      blob primary key not null,      -- SHA-256
    expires_at integer not null
) strict;
