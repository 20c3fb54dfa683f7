-- Pictures, sounds and films that labels and choices of questionnaires name. Versions name them by their SHA-256, so that a file
-- is kept once, never changes, and stays as long as any version may ask for it.
create table questionnaire_medium (
    hash       bytea primary key not null,    -- SHA-256 of bytes
    media_type text not null,                -- what it is, by its bytes
    md5        text not null,                -- hexadecimal: by what clients of OpenRosa know it
    bytes      bytea not null,
    taken_at   bigint not null
);
