//! Meetings: held by the branch alone, read by those who may read what was released.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    id::{CampaignId, MeetingId, ReleaseId, UnitId},
    meeting::{
        AGENDA_MAX, AgendaChange, Closing, DiscussionChange, HeaderChange, Item, Meeting, MeetingLine,
        NewMeeting,
    },
    problem::{Code, Problem},
    release::ReleaseState,
    role::{Action, Stage},
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    store::{self, Connection, meetings::Before, releases::Asked},
};

/// Most meetings in one answer; nine branches meet monthly.
const MEETINGS_LISTED_MAX: u32 = 300;

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change))
        .routes(routes!(change_agenda))
        .routes(routes!(change_item))
        .routes(routes!(close))
}

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    unit: Option<UnitId>,
}

/// The latest meetings: to a branch its own, to the office all.
#[utoipa::path(get, path = "/api/v1/meetings", params(("unit" = Option<UnitId>, Query)), responses(
    (status = 200, body = Vec<MeetingLine>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(
    State(app): State<App>,
    who: Who,
    Query(question): Query<Question>,
) -> Result<Answer<Vec<MeetingLine>>, Error> {
    let reach = who.may(Action::ReadMeetings)?;
    let mut db = app.db.read().await?;
    let Some(campaign) = store::campaigns::current(&mut db).await? else { return Ok(Answer(vec![])) };
    let unit = reach.unit.or(question.unit);
    Ok(Answer(store::meetings::list(&mut db, campaign.id, unit, MEETINGS_LISTED_MAX).await?))
}

/// Makes a meeting of the own branch; asking twice with one id makes one.
#[utoipa::path(post, path = "/api/v1/meetings", request_body = NewMeeting, responses(
    (status = 201, body = Meeting),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "the id is taken, or there is no campaign"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn add(
    State(app): State<App>,
    who: Who,
    Json(new): Json<NewMeeting>,
) -> Result<(StatusCode, Answer<Meeting>), Error> {
    let unit = who.may(Action::Discuss)?.unit.ok_or(Code::Forbidden)?;
    new.header.check().map_err(Error::invalid)?;
    let mut db = app.db.write().await?;
    if let Some(known) = store::meetings::get(&mut db, new.id, Some(unit)).await? {
        return Ok((StatusCode::CREATED, Answer(known)));
    }
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?;
    let made = store::meetings::NewMeeting {
        id: new.id,
        campaign: campaign.id,
        unit,
        header: &new.header,
        by: who.0.id,
        at: app.now(),
    };
    store::meetings::add(&mut db, &made).await?;
    store::meetings::get(&mut db, new.id, Some(unit)).await?.ok_or(Code::NotFound)?;
    keep_agenda(&app, &mut db, (new.id, campaign.id, unit), &[], &new.releases).await?;
    let meeting = store::meetings::get(&mut db, new.id, Some(unit)).await?.ok_or(Code::NotFound)?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(meeting)))
}

/// A meeting with all that was noted: its minutes once closed.
#[utoipa::path(get, path = "/api/v1/meetings/{id}", params(("id" = MeetingId, Path)), responses(
    (status = 200, body = Meeting),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn get(State(app): State<App>, who: Who, Path(id): Path<MeetingId>) -> Result<Answer<Meeting>, Error> {
    let reach = who.may(Action::ReadMeetings)?;
    let meeting = store::meetings::get(&mut app.db.read().await?, id, reach.unit).await?;
    Ok(Answer(meeting.ok_or(Code::NotFound)?))
}

/// Changes when a meeting is, who holds it and who came.
#[utoipa::path(put, path = "/api/v1/meetings/{id}", params(("id" = MeetingId, Path)),
    request_body = HeaderChange, responses(
    (status = 200, body = Meeting),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another change came first"),
    (status = 410, body = Problem, description = "gone: the meeting is closed"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change(
    State(app): State<App>,
    who: Who,
    Path(id): Path<MeetingId>,
    Json(change): Json<HeaderChange>,
) -> Result<Answer<Meeting>, Error> {
    who.may(Action::Discuss)?;
    change.header.check().map_err(Error::invalid)?;
    let mut db = app.db.write().await?;
    let before = open_meeting(&mut db, &who, id).await?;
    note_header(&app, &mut db, &who, &before).await?;
    if !store::meetings::change(&mut db, id, change.version, &change.header).await? {
        return Err(Code::Conflict.into());
    }
    finish(db, id).await
}

/// Changes which releases are discussed, and in which order.
#[utoipa::path(put, path = "/api/v1/meetings/{id}/agenda", params(("id" = MeetingId, Path)),
    request_body = AgendaChange, responses(
    (status = 200, body = Meeting),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another change came first"),
    (status = 410, body = Problem, description = "gone: the meeting is closed"),
    (status = 422, body = Problem, description = "a release of another unit, twice, or an item left out on which something was noted"),
))]
async fn change_agenda(
    State(app): State<App>,
    who: Who,
    Path(id): Path<MeetingId>,
    Json(change): Json<AgendaChange>,
) -> Result<Answer<Meeting>, Error> {
    let mut db = app.db.write().await?;
    let before = open_meeting(&mut db, &who, id).await?;
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?;
    note_header(&app, &mut db, &who, &before).await?;
    if !store::meetings::count_up(&mut db, id, change.version).await? {
        return Err(Code::Conflict.into());
    }
    let place = (id, campaign.id, before.unit);
    keep_agenda(&app, &mut db, place, &before.items, &change.releases).await?;
    finish(db, id).await
}

/// Keeps what was noted on one item.
#[utoipa::path(put, path = "/api/v1/meetings/{id}/items/{item}",
    params(("id" = MeetingId, Path), ("item" = Uuid, Path)), request_body = DiscussionChange, responses(
    (status = 200, body = Meeting),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another change came first"),
    (status = 410, body = Problem, description = "gone: the meeting is closed"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change_item(
    State(app): State<App>,
    who: Who,
    Path((id, item)): Path<(MeetingId, Uuid)>,
    Json(change): Json<DiscussionChange>,
) -> Result<Answer<Meeting>, Error> {
    who.may(Action::Discuss)?;
    change.discussion.check().map_err(|(field, item)| match item {
        Some(item) => Error::invalid(field).at_item(item),
        None => Error::invalid(field),
    })?;
    let now = app.now();
    let mut db = app.db.write().await?;
    let meeting = open_meeting(&mut db, &who, id).await?;
    let before = meeting.items.iter().find(|it| it.id == item).ok_or(Code::NotFound)?;
    let body = serde_json::to_string(&before.discussion).unwrap_or_default();
    let note =
        Before { meeting: id, item: Some(item), version: before.version, body: &body, by: who.0.id, at: now };
    store::meetings::note(&mut db, &note).await?;
    if !store::meetings::change_item(&mut db, item, change.version, &change.discussion, now).await? {
        return Err(Code::Conflict.into());
    }
    let campaign = store::campaigns::current(&mut db).await?.ok_or_else(Error::no_campaign)?;
    let issue = store::releases::issue_of(&mut db, before.release.id).await?.ok_or(Code::NotFound)?;
    let place = store::measures::Place { campaign: campaign.id, unit: meeting.unit, issue, item };
    let agreed = &change.discussion.measures;
    for (at, measure) in agreed.iter().enumerate() {
        if store::measures::item_of(&mut db, measure.id).await?.is_some_and(|it| it != item) {
            return Err(Error::taken("id").at_item(at + 1));
        }
        store::measures::keep(&mut db, &place, at, measure).await?;
    }
    for gone in before.discussion.measures.iter().filter(|it| agreed.iter().all(|kept| kept.id != it.id)) {
        store::measures::remove(&mut db, gone.id, now).await?;
    }
    finish(db, id).await
}

/// Closes a meeting: its minutes change no more.
#[utoipa::path(post, path = "/api/v1/meetings/{id}/closing", params(("id" = MeetingId, Path)),
    request_body = Closing, responses(
    (status = 200, body = Meeting),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: another change came first"),
    (status = 410, body = Problem, description = "gone: the meeting is closed"),
))]
async fn close(
    State(app): State<App>,
    who: Who,
    Path(id): Path<MeetingId>,
    Json(closing): Json<Closing>,
) -> Result<Answer<Meeting>, Error> {
    let now = app.now();
    let mut db = app.db.write().await?;
    open_meeting(&mut db, &who, id).await?;
    if !store::meetings::close(&mut db, id, closing.version, now).await? {
        return Err(Code::Conflict.into());
    }
    store::audit::note(&mut db, now, Some(who.0.id), "close_meeting", &format!("meeting {id}"), "").await?;
    finish(db, id).await
}

/// The meeting, when this person may hold it and it is open.
async fn open_meeting(db: &mut Connection, who: &Who, id: MeetingId) -> Result<Meeting, Error> {
    let reach = who.may(Action::Discuss)?;
    let meeting = store::meetings::get(db, id, reach.unit).await?.ok_or(Code::NotFound)?;
    let stage = if meeting.closed_at.is_some() { Stage::Closed } else { Stage::Open };
    who.may_in(Action::Discuss, stage).map_err(|_| Code::Gone)?;
    Ok(meeting)
}

/// Notes header and agenda as they stood.
async fn note_header(app: &App, db: &mut Connection, who: &Who, before: &Meeting) -> Result<(), Error> {
    let agenda: Vec<ReleaseId> = before.items.iter().map(|it| it.release.id).collect();
    let body = serde_json::to_string(&(&before.header, agenda)).unwrap_or_default();
    let note = Before {
        meeting: before.id,
        item: None,
        version: before.version,
        body: &body,
        by: who.0.id,
        at: app.now(),
    };
    store::meetings::note(db, &note).await.map_err(Error::from)
}

/// Puts releases on the agenda in order, and takes the others off it when nothing was noted on them.
async fn keep_agenda(
    app: &App,
    db: &mut Connection,
    (meeting, campaign, unit): (MeetingId, CampaignId, UnitId),
    before: &[Item],
    wanted: &[ReleaseId],
) -> Result<(), Error> {
    if wanted.len() > AGENDA_MAX {
        return Err(Error::too_large(AGENDA_MAX));
    }
    for gone in before.iter().filter(|it| !wanted.contains(&it.release.id)) {
        if !gone.discussion.is_empty() {
            return Err(Error::invalid("releases"));
        }
        store::meetings::remove_item(db, gone.id, app.now()).await?;
    }
    let approved = Asked { unit: Some(unit), ..Asked::all(campaign, &[ReleaseState::Approved]) };
    let offered = store::releases::list(db, approved).await?;
    for (at, release) in wanted.iter().enumerate() {
        let is_twice = wanted[..at].contains(release);
        let known = before.iter().find(|it| it.release.id == *release);
        match known {
            Some(item) if !is_twice => store::meetings::move_item(db, item.id, at).await?,
            None if !is_twice && offered.iter().any(|it| it.id == *release) => {
                store::meetings::add_item(db, app.new_id(), meeting, *release, at).await?;
            }
            Some(_) | None => return Err(Error::invalid("releases").at_item(at + 1)),
        }
    }
    Ok(())
}

async fn finish(mut db: store::Transaction, id: MeetingId) -> Result<Answer<Meeting>, Error> {
    let meeting = store::meetings::get(&mut db, id, None).await?.ok_or(Code::NotFound)?;
    db.commit().await?;
    Ok(Answer(meeting))
}
