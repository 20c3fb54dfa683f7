//! The directory of respondents.

use domain::{
    id::{RespondentId, UnitId},
    respondent::{Respondent, RespondentKind},
};
use sqlx::Row;

use super::Connection;

const UNIT_OF: &str = "select unit from respondent where id = $1";
const CARD: &str = "select id, kind, name, place, organisation, telephone, address, unit,
    (select count(*) from identity join visit on visit.id = identity.visit
     where identity.respondent = respondent.id and visit.withdrawn is null
       and visit.day >= $2 and visit.day <= $3) as visits_in_month
    from respondent where id = $1 and removed_at is null";

/// The unit that visits a respondent; `None` when any may, or there is no such respondent.
pub async fn unit_of(db: &mut Connection, id: RespondentId) -> sqlx::Result<Option<UnitId>> {
    let row = sqlx::query(UNIT_OF).bind(id.0).fetch_optional(db).await?;
    Ok(row.and_then(|row| row.get::<Option<uuid::Uuid>, _>(0)).map(UnitId))
}

/// A respondent as a phone holds it, with the number of visits in `month` (yyyy-MM).
pub async fn card(db: &mut Connection, id: RespondentId, month: &str) -> sqlx::Result<Option<Respondent>> {
    let row = sqlx::query(CARD)
        .bind(id.0)
        .bind(format!("{month}-01"))
        .bind(format!("{month}-31"))
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| Respondent {
        id: RespondentId(row.get("id")),
        kind: RespondentKind::from_word(row.get("kind")).unwrap_or(RespondentKind::Other),
        name: row.get("name"),
        place: row.get("place"),
        organisation: row.get("organisation"),
        telephone: row.get("telephone"),
        address: row.get("address"),
        unit: row.get::<Option<uuid::Uuid>, _>("unit").map(UnitId),
        visits_in_month: u32::try_from(row.get::<i64, _>("visits_in_month")).unwrap_or(0),
        month: month.to_owned(),
    }))
}
