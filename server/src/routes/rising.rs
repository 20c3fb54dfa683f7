//! What has risen over the months before, with what that rests on.

use axum::{Json as Answer, extract::State};
use chrono::{Days as ChronoDays, Months, NaiveDate};
use domain::{
    id::UnitId,
    problem::Problem,
    rising::{self, HOUSEHOLDS_MIN, Rising, VISITS_BEFORE_MIN, matters, months_before},
    role::Action,
    taxonomy::Taxonomy,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    day,
    error::Error,
    extract::Query,
    store::{self, Connection, rising::Days},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Deserialize, IntoParams)]
struct Question {
    /// yyyy-MM; this month when absent.
    #[serde(default)]
    month: Option<String>,
}

/// What is said more often in a month than in up to six months before, of one type, in one unit or in all. Confirmed types
/// count; no names, and nothing of one person.
#[utoipa::path(get, path = "/api/v1/figures/rising", params(Question), responses(
    (status = 200, body = Rising),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
    (status = 422, body = Problem, description = "not a month"),
))]
async fn get(
    State(app): State<App>,
    who: Who,
    Query(question): Query<Question>,
) -> Result<Answer<Rising>, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?;
    let this_month = day::of(app.now())[..7].to_owned();
    let month = question.month.filter(|it| !it.is_empty()).unwrap_or(this_month);
    let (from, to) = days_of(&month).ok_or_else(|| Error::invalid("month"))?;
    let before = months_before(&month, &campaign.starts_on[..7.min(campaign.starts_on.len())]);
    let first = before.first().map_or_else(|| from.clone(), |it| format!("{it}-01"));
    let all = Days { campaign: campaign.id, from: &first, to: &to };
    let said = store::rising::said(&mut db, all).await?;
    let visited = store::rising::visited(&mut db, all).await?;
    let categories: Vec<String> = Taxonomy::shipped().leaves().map(|it| it.code.clone()).collect();
    let units = store::units::list(&mut db).await?;
    let units: Vec<(UnitId, String)> = units.into_iter().map(|it| (it.id, it.name)).collect();
    let found = matters((&month, &before), (&categories, &units), (&said, &visited));
    let days = Days { from: &from, ..all };
    let before_n: u32 = visited.iter().filter(|it| it.month != month).map(|it| it.n).sum();
    let matters = with_households(&mut db, days, found).await?;
    Ok(Answer(Rising { comparable: before_n >= VISITS_BEFORE_MIN, month, from, to, matters }))
}

/// Those that enough households and firms said, with how many.
async fn with_households(
    db: &mut Connection,
    days: Days<'_>,
    found: Vec<rising::RisingMatter>,
) -> Result<Vec<rising::RisingMatter>, Error> {
    let mut all = Vec::new();
    for it in found {
        let households_n = store::rising::households_n(db, days, it.unit, &it.category).await?;
        if households_n >= HOUSEHOLDS_MIN {
            all.push(rising::RisingMatter { households_n, ..it });
        }
    }
    Ok(all)
}

/// The first and the last day of a month.
fn days_of(month: &str) -> Option<(String, String)> {
    let first: NaiveDate = format!("{month}-01").parse().ok().filter(|_| month.len() == 7)?;
    let last = first.checked_add_months(Months::new(1))?.checked_sub_days(ChronoDays::new(1))?;
    Some((first.to_string(), last.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_its_days() {
        let days = |month| days_of(month).map(|it| it.1);
        assert_eq!(days("2028-02").as_deref(), Some("2028-02-29"));
        assert_eq!(days("2026-12").as_deref(), Some("2026-12-31"));
        for none in ["", "2026-13", "2026-1", "26-11", "2026-11-01"] {
            assert_eq!(days(none), None, "{none}");
        }
    }
}
