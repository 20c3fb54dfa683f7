//! Figures: sums over visits and statements, never of one person's.

use domain::{
    figures::{CategoryCount, Day, KindCount, UnvisitedCount, VisitCount},
    id::{CampaignId, UnitId},
    respondent::RespondentKind,
    statement::Kind,
};

use super::engine::{Connection, Query, sql};

/// Which stretch of days, of one unit or of all.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub campaign: CampaignId,
    /// yyyy-MM-dd, the first day.
    pub from: &'a str,
    /// yyyy-MM-dd, the last day.
    pub to: &'a str,
    pub unit: Option<UnitId>,
}

const VISITS: &str = "select unit, unit.name as unit_name, respondent_kind, count(*) as n,
        count(case when answered <> '' then 1 end) as answered_n
    from visit join unit on unit.id = visit.unit
    where campaign = $1 and day between $2 and $3 and ($4 is null or unit = $4) and withdrawn is null
    group by unit, unit.name, unit.position, respondent_kind order by unit.position, respondent_kind";
const KINDS: &str = "select statement.kind, count(*) as n
    from statement join visit on visit.id = statement.visit
    where visit.campaign = $1 and visit.day between $2 and $3 and ($4 is null or visit.unit = $4)
        and visit.withdrawn is null and statement.counted = 1
    group by statement.kind";
const CATEGORIES: &str = "select statement.category, count(*) as n
    from statement join visit on visit.id = statement.visit
    where visit.campaign = $1 and visit.day between $2 and $3 and ($4 is null or visit.unit = $4)
        and visit.withdrawn is null and statement.counted = 1 and statement.category is not null
    group by statement.category order by n desc, statement.category";
const VISITS_BY_DAY: &str = "select day, count(*) as n from visit
    where campaign = $1 and day between $2 and $3 and ($4 is null or unit = $4) and withdrawn is null
    group by day";
const PROBLEMS_BY_DAY: &str = "select visit.day, count(*) as n
    from statement join visit on visit.id = statement.visit
    where visit.campaign = $1 and visit.day between $2 and $3 and ($4 is null or visit.unit = $4)
        and visit.withdrawn is null and statement.counted = 1 and statement.kind = 'problem'
    group by visit.day";
const UNVISITED: &str = "select place, kind, count(*) as n from respondent
    where campaign = $1 and ($4 is null or unit = $4) and removed_at is null
        and not exists (select 1 from identity join visit on visit.id = identity.visit
            where identity.respondent = respondent.id and visit.withdrawn is null
                and visit.day between $2 and $3)
    group by place, kind order by n desc, place, kind";

fn ask<'a>(text: &'static str, asked: Asked<'a>) -> Query<'a> {
    sql(text).bind(asked.campaign.0).bind(asked.from).bind(asked.to).bind(asked.unit.map(|it| it.0))
}

/// Visits by unit and kind of respondent, and at how many of them something was settled at once.
pub async fn visits(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<(Vec<VisitCount>, u32)> {
    let rows = ask(VISITS, asked).fetch_all(db).await?;
    let answered_n = rows.iter().map(|row| row.get::<u32>("answered_n")).sum();
    let visits = rows
        .iter()
        .map(|row| VisitCount {
            unit: UnitId(row.get("unit")),
            unit_name: row.get("unit_name"),
            respondent_kind: respondent_kind(row.get("respondent_kind")),
            n: row.get("n"),
        })
        .collect();
    Ok((visits, answered_n))
}

/// Statements by kind, in the order of the screens.
pub async fn kinds(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<Vec<KindCount>> {
    let rows = ask(KINDS, asked).fetch_all(db).await?;
    let n = |kind: Kind| rows.iter().filter(move |row| row.get::<&str>("kind") == kind.as_str());
    Ok(Kind::ALL
        .into_iter()
        .map(|kind| KindCount { kind, n: n(kind).map(|row| row.get::<u32>("n")).sum() })
        .collect())
}

/// Statements by confirmed category, the most frequent first.
pub async fn categories(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<Vec<CategoryCount>> {
    let rows = ask(CATEGORIES, asked).fetch_all(db).await?;
    Ok(rows.iter().map(|row| CategoryCount { category: row.get("category"), n: row.get("n") }).collect())
}

/// Visits and problems day by day; days with neither are left out.
pub async fn days(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<Vec<Day>> {
    let visits = ask(VISITS_BY_DAY, asked).fetch_all(&mut *db).await?;
    let problems = ask(PROBLEMS_BY_DAY, asked).fetch_all(db).await?;
    let visits = visits.iter().map(|row| Day { day: row.get("day"), visits_n: row.get("n"), problems_n: 0 });
    let problems =
        problems.iter().map(|row| Day { day: row.get("day"), visits_n: 0, problems_n: row.get("n") });
    Ok(visits.chain(problems).collect())
}

/// Respondents of the directory whom nobody visited in the stretch, by place and kind.
pub async fn unvisited(db: &mut Connection, asked: Asked<'_>) -> sqlx::Result<Vec<UnvisitedCount>> {
    let rows = ask(UNVISITED, asked).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| UnvisitedCount {
            place: row.get("place"),
            respondent_kind: respondent_kind(row.get("kind")),
            n: row.get("n"),
        })
        .collect())
}

fn respondent_kind(word: &str) -> RespondentKind {
    RespondentKind::from_word(word).unwrap_or(RespondentKind::Other)
}
