-- Pictures, sounds and films that labels and choices of questionnaires name. Versions name them by their SHA-256, so that a file
-- is kept once, never changes, and stays as long as any version may ask for it.
create table questionnaire_medium (
    hash       blob primary key not null,    -- SHA-256 of bytes
    media_type text not null,                -- what it is, by its bytes
    md5        text not null,                -- hexadecimal: by what clients of OpenRosa know it
    bytes      blob not null,
    taken_at   integer not null
) strict;
