//! Figures: what was visited and said, in numbers. Nobody is ranked.

use axum::{Json as Answer, extract::State};
use chrono::NaiveDate;
use domain::{
    day,
    figures::{
        CategoryCount, DAYS_MAX, Figures, KindCount, NARROW_DAYS, Week, as_one, kinds_without_few, weeks,
        weeks_without_few, without_few,
    },
    id::UnitId,
    problem::Problem,
    role::Action,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::Query,
    store::{self, figures::Asked},
    taxonomy,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(get))
}

#[derive(Deserialize)]
struct Question {
    /// yyyy-MM-dd; the campaign's first day when absent.
    #[serde(default)]
    from: Option<String>,
    /// yyyy-MM-dd; today when absent.
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    unit: Option<UnitId>,
}

/// The figures of a stretch of days; to a section those of its own unit only.
#[utoipa::path(get, path = "/api/v1/figures", params(
    ("from" = Option<String>, Query, description = "yyyy-MM-dd; the campaign's first day when absent"),
    ("to" = Option<String>, Query, description = "yyyy-MM-dd; today when absent"),
    ("unit" = Option<UnitId>, Query),
), responses(
    (status = 200, body = Figures),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
    (status = 422, body = Problem, description = "not a day, or too long a stretch"),
))]
async fn get(
    State(app): State<App>,
    who: Who,
    Query(question): Query<Question>,
) -> Result<Answer<Figures>, Error> {
    let reach = who.may(Action::ReadFigures)?;
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?;
    let today = day::in_china(app.now());
    let from =
        read_day("from", question.from.as_deref().filter(|it| !it.is_empty()).or(Some(&campaign.starts_on)))?
            .unwrap_or(today);
    let to = read_day("to", question.to.as_deref())?.unwrap_or(today);
    if (to - from).num_days() > DAYS_MAX {
        return Err(Error::invalid("from"));
    }
    let unit = reach.unit.or(question.unit);
    let (first, last) = (from.to_string(), to.to_string());
    let asked = Asked { campaign: campaign.id, from: &first, to: &last, unit };
    let (visits, answered_n) = store::figures::visits(&mut db, asked).await?;
    let kinds = store::figures::kinds(&mut db, asked).await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    let categories = store::figures::categories(&mut db, asked).await?;
    let categories = as_one(categories, |it| scheme.successor(it).to_owned());
    let days = store::figures::days(&mut db, asked).await?;
    let statements_n = kinds.iter().map(|it| it.n).sum();
    let narrow = unit.is_some() || (to - from).num_days() < NARROW_DAYS;
    let said = Said { kinds, few_kinds_n: 0, categories, few_n: 0, weeks: weeks(&days, from, to) };
    let said = if narrow && who.may(Action::ReadVisits).is_err() { said.without_few() } else { said };
    let unvisited = store::figures::unvisited(&mut db, asked).await?;
    let overdue =
        store::measures::Asked { unit, overdue_only: true, ..store::measures::Asked::all(campaign.id) };
    let overdue = store::measures::count(&mut db, overdue, &today.to_string()).await?;
    Ok(Answer(Figures {
        unit,
        visits_n: visits.iter().map(|it| it.n).sum(),
        answered_n,
        statements_n,
        visits,
        kinds: said.kinds,
        categories: said.categories,
        few_n: said.few_n,
        few_kinds_n: said.few_kinds_n,
        weeks: said.weeks,
        unvisited,
        overdue_n: overdue.overdue,
        overdue_units_n: overdue.overdue_units,
        from: first,
        to: last,
    }))
}

/// What was said, in the counts that a narrow crossing makes small.
struct Said {
    kinds: Vec<KindCount>,
    few_kinds_n: u32,
    categories: Vec<CategoryCount>,
    few_n: u32,
    weeks: Vec<Week>,
}

impl Said {
    /// The same without what so few said that they may be recognised.
    fn without_few(self) -> Self {
        let (kinds, few_kinds_n) = kinds_without_few(self.kinds);
        let (categories, few_n) = without_few(self.categories);
        Self { kinds, few_kinds_n, categories, few_n, weeks: weeks_without_few(self.weeks) }
    }
}

fn read_day(field: &str, text: Option<&str>) -> Result<Option<NaiveDate>, Error> {
    match text {
        Some(text) if day::is_day(text) => text.parse().map(Some).map_err(|_| Error::invalid(field)),
        Some("") | None => Ok(None),
        Some(_) => Err(Error::invalid(field)),
    }
}
