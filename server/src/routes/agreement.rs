//! How often people agree: with what was suggested first, and with each other on a second reading.

use axum::{
    Json as Answer,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use domain::{
    agreement::{Agreement, ConfirmedType, SecondReading, SecondReadings, TwoReadings, by_month, is_sampled},
    csv::{CellType, Guard, MARK, write_row},
    id::{AccountId, CampaignId, RecordId},
    problem::{Code, Problem},
    queue::Act,
    role::Action,
    taxonomy::scheme::Scheme,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path},
    store::{self, Connection},
    taxonomy,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get))
        .routes(routes!(table))
        .routes(routes!(next))
        .routes(routes!(read))
}

async fn campaign(db: &mut Connection) -> Result<CampaignId, Error> {
    Ok(store::campaigns::current(db).await?.ok_or_else(Error::no_campaign)?.id)
}

/// Statements that this person is to read a second time, in the order of their ids.
async fn sampled(db: &mut Connection, campaign: CampaignId, by: AccountId) -> Result<Vec<RecordId>, Error> {
    let all = store::agreement::of_others(db, campaign, by).await?;
    Ok(all.into_iter().filter(|it| is_sampled(campaign, *it)).collect())
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// By month and type how often what was suggested first was confirmed; how second readings agree with the first.
#[utoipa::path(get, path = "/api/v1/agreement", responses(
    (status = 200, body = Agreement),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn get(State(app): State<App>, who: Who) -> Result<Answer<Agreement>, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.read().await?;
    let campaign = campaign(&mut db).await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    let pairs = store::agreement::pairs(&mut db, campaign).await?;
    let as_one = |code: &Option<String>| code.as_deref().map(|it| scheme.successor(it).to_owned());
    let types: Vec<_> = pairs.types.iter().map(|(first, second)| (as_one(first), as_one(second))).collect();
    Ok(Answer(Agreement {
        months: by_month(confirmed(&mut db, campaign, &scheme).await?),
        second_types: TwoReadings::of(&types),
        second_kinds: TwoReadings::of(&pairs.kinds),
        waiting_n: count(sampled(&mut db, campaign, who.0.id).await?.len()),
    }))
}

/// What was confirmed; what was merged counts as its successor.
async fn confirmed(
    db: &mut Connection,
    campaign: CampaignId,
    scheme: &Scheme,
) -> Result<Vec<ConfirmedType>, Error> {
    let all = store::agreement::confirmed(db, campaign).await?;
    let as_one = |it: ConfirmedType| ConfirmedType {
        category: scheme.successor(&it.category).to_owned(),
        suggested: it.suggested.as_deref().map(|it| scheme.successor(it).to_owned()),
        ..it
    };
    Ok(all.into_iter().map(as_one).collect())
}

/// The same by month and type, as CSV.
#[utoipa::path(get, path = "/api/v1/agreement.csv", responses(
    (status = 200, content_type = "text/csv", body = String),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn table(State(app): State<App>, who: Who) -> Result<impl IntoResponse, Error> {
    who.may(Action::Sort)?;
    let mut db = app.db.read().await?;
    let campaign = campaign(&mut db).await?;
    let scheme = taxonomy::in_use(&app, &mut db).await?;
    let mut out = MARK.to_owned();
    let head = ["月份", "类型代码", "类型", "逐条确认", "与首条建议一致", "批量采纳"];
    write_row(&mut out, head.map(|it| (CellType::Plain, it)), Guard::Spreadsheet);
    for it in by_month(confirmed(&mut db, campaign, &scheme).await?) {
        let name = scheme.get(&it.category).map_or("", |it| &it.name_zh);
        let [n, agreed, in_batch] = [it.n, it.agreed, it.in_batch].map(|it| it.to_string());
        let cells = [
            (CellType::Plain, it.month.as_str()),
            (CellType::Plain, &it.category),
            (CellType::Text, name),
            (CellType::Plain, &n),
            (CellType::Plain, &agreed),
            (CellType::Plain, &in_batch),
        ];
        write_row(&mut out, cells, Guard::Spreadsheet);
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"zoufang-agreement.csv\""),
    ];
    Ok((headers, out))
}

/// The next statement to read a second time: by lot among those on which others decided, without what they decided.
#[utoipa::path(get, path = "/api/v1/second-readings", responses(
    (status = 200, body = SecondReadings),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "there is no campaign"),
))]
async fn next(State(app): State<App>, who: Who) -> Result<Answer<SecondReadings>, Error> {
    who.may(Action::Sort)?;
    Ok(Answer(waiting(&mut app.db.read().await?, who.0.id).await?))
}

async fn waiting(db: &mut Connection, by: AccountId) -> Result<SecondReadings, Error> {
    let campaign = campaign(db).await?;
    let sampled = sampled(db, campaign, by).await?;
    let next = match sampled.first() {
        Some(id) => store::agreement::unseen(db, *id).await?,
        None => None,
    };
    Ok(SecondReadings { next, waiting_n: count(sampled.len()) })
}

/// Keeps what a second person made of a statement; what was decided of it stays. Answers with the next.
#[utoipa::path(post, path = "/api/v1/second-readings/{id}", request_body = SecondReading, responses(
    (status = 201, body = SecondReadings),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: it does not wait for this person's reading"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn read(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(reading): Json<SecondReading>,
) -> Result<(StatusCode, Answer<SecondReadings>), Error> {
    who.may(Action::Sort)?;
    let act = Act::Sort { kind: reading.kind, category: reading.category.clone() };
    let id = RecordId(id);
    let mut db = app.db.write().await?;
    act.check(&taxonomy::in_use(&app, &mut db).await?.taxonomy).map_err(Error::invalid)?;
    let campaign = campaign(&mut db).await?;
    if !sampled(&mut db, campaign, who.0.id).await?.contains(&id) {
        return Err(Code::NotFound.into());
    }
    let at = app.now();
    store::agreement::add(&mut db, id, &reading, who.0.id, at).await?;
    store::audit::note(&mut db, at, Some(who.0.id), "second_reading", &format!("statement {id}"), "").await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(waiting(&mut app.db.read().await?, who.0.id).await?)))
}
