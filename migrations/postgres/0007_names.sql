-- A household with its id number on one list and without it on another is one household.

alter table respondent add column name_key text not null default '';  -- kind, name and place, normalized
update respondent set name_key = kind
    || ':' || lower(replace(replace(case trim(name) when '' then organisation else name end, ' ', ''), chr(12288), ''))
    || ':' || lower(replace(replace(case trim(place) when '' then address else place end, ' ', ''), chr(12288), ''));
create index respondent_name on respondent (campaign, name_key);
