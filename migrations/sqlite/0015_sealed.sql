-- What leads to a person rests sealed, and so does what phones sent; `server/src/vault.rs` has how. The first start with the
-- key seals what is here and removes the columns that held it in the clear (`store/sealing.rs`):
-- identity and respondent.name, organisation, telephone, address, id_number; visit.call_back_how, position.
-- respondent.same_key and name_key are blinded, revision.envelope is sealed and then named so.

alter table identity add column sealed blob;          -- name, organisation, telephone, address, number
alter table respondent add column sealed blob;        -- the same
alter table respondent add column has_id_number integer not null default 0;
alter table visit add column contact blob;            -- how to call back, and where it was; null when neither is known
