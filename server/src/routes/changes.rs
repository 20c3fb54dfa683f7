//! Changes out: what a phone needs to know whom to visit and what became of what it sent.

use std::collections::HashSet;

use axum::{Json as Answer, extract::State};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    changes::{Change, Changes, VisitProgress},
    id::{AccountId, AssignmentId, CampaignId, RecordId, RespondentId, UnitId},
    problem::Problem,
    role::{Action, Role, Scope, scope},
    session::Account,
    sync::CHANGES_MAX,
};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    day,
    error::Error,
    extract::Query,
    history::{self, Mark},
    receipt,
    store::{
        self, Connection,
        changes::{Changed, Reader, Thing},
    },
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(pull))
}

#[derive(Deserialize, IntoParams)]
struct Pull {
    /// From the last answer; absent for the first pull.
    cursor: Option<String>,
    /// The `mark` of the latest answer to a push.
    known: Option<String>,
}

/// Where a reader is, and for which scope that holds.
#[derive(PartialEq, Serialize, Deserialize)]
struct Cursor {
    epoch: String,
    /// The stretch of history in which it was made.
    life: Uuid,
    unit: Option<UnitId>,
    role: Role,
    sequence: i64,
    /// The latest change when it was made: a thing that had moved on past `sequence` by then is behind it again in
    /// a restored database, and would never be told.
    #[serde(default)]
    reached: i64,
}

impl Cursor {
    fn mark(&self) -> Mark {
        let sequence = self.reached.max(self.sequence);
        Mark { epoch: self.epoch.clone(), life: self.life, sequence, revision: 0 }
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
    }

    fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// What changed since the cursor, as it is now. Absence is never deletion: what is gone is said.
#[utoipa::path(get, path = "/api/v1/changes", params(Pull), responses(
    (status = 200, body = Changes),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn pull(State(app): State<App>, who: Who, Query(pull): Query<Pull>) -> Result<Answer<Changes>, Error> {
    who.may(Action::Record)?;
    let Who(account, _) = who;
    let given = pull.cursor.as_deref().and_then(Cursor::read);
    let known: Vec<Mark> =
        given.iter().map(Cursor::mark).chain(pull.known.as_deref().and_then(Mark::read)).collect();
    let epoch = history::epoch_for(&app, &known).await?;
    let mut db = app.db.read().await?;
    let unit = account.unit.as_ref().map(|it| it.id);
    let start =
        Cursor { epoch: epoch.clone(), life: app.life, unit, role: account.role, sequence: 0, reached: 0 };
    let same = given
        .as_ref()
        .is_some_and(|it| it.epoch == start.epoch && it.unit == start.unit && it.role == start.role);
    let from = if same { given.map_or(0, |it| it.sequence) } else { 0 };
    let reader = Reader {
        all_units: scope(account.role, Action::Record) == Scope::Campaign,
        unit,
        account: account.id,
    };
    let changed = store::changes::after(&mut db, from, reader, CHANGES_MAX).await?;
    let more = changed.len() == CHANGES_MAX as usize;
    let sequence = changed.last().map_or(from, |it| it.sequence);
    let left_n = if more { store::changes::left(&mut db, sequence, reader).await? } else { 0 };
    let month = &day::of(app.now())[..7];
    let list = as_they_are(&mut db, &account, &changed, month).await?;
    let reached = store::lives::latest(&mut db).await?;
    let cursor = Cursor { sequence, reached, ..start }.text();
    let backed_up_to = receipt::backed_up_to(&mut db).await?;
    let signature = Some(receipt::sign_backed_up(&app, &epoch, backed_up_to).to_string());
    Ok(Answer(Changes {
        cursor,
        more,
        restart: !same,
        epoch,
        changes: list,
        left_n,
        backed_up_to,
        signature,
    }))
}

/// The current state of what changed for this reader, each kind of thing read at once.
async fn as_they_are(
    db: &mut Connection,
    reader: &Account,
    changed: &[Changed],
    month: &str,
) -> Result<Vec<Change>, Error> {
    let ids = |thing: Thing| -> Vec<Uuid> {
        changed.iter().filter(|it| it.thing == thing).map(|it| it.id).collect()
    };
    let (respondents, visits) = (ids(Thing::Respondent), ids(Thing::Visit));
    let cards = store::respondents::cards(db, &respondents, month).await?;
    let assigned = match &reader.unit {
        Some(unit) => store::assignments::open_of(db, &respondents, unit.id).await?,
        None => HashSet::new(),
    };
    let assignments = store::assignments::cards(db, &ids(Thing::Assignment)).await?;
    let complete = store::visits::completeness_of(db, &visits, reader.id).await?;
    let progress = store::statements::progress(db, &visits).await?;
    let mut list = Vec::with_capacity(changed.len());
    for Changed { thing, id, .. } in changed {
        list.extend(match thing {
            Thing::Campaign => {
                let campaign = store::campaigns::get(db, CampaignId(*id)).await?;
                campaign.map(|campaign| Change::Campaign { campaign })
            }
            Thing::Colleague => Some(colleague(db, reader, AccountId(*id)).await?),
            Thing::Respondent => Some(match cards.get(id).cloned() {
                Some(respondent) if assigned.contains(id) || may_see(reader, respondent.unit) => {
                    Change::Respondent { respondent }
                }
                Some(_) | None => Change::RespondentGone { id: RespondentId(*id) },
            }),
            Thing::Assignment => Some(match assignments.get(id).cloned() {
                Some(assignment) => Change::Assignment { assignment },
                None => Change::AssignmentGone { id: AssignmentId(*id) },
            }),
            Thing::Visit => complete.get(id).map(|complete| {
                let statements = progress.get(id).cloned().unwrap_or_default();
                let progress = VisitProgress { visit: RecordId(*id), complete: *complete, statements };
                Change::VisitProgress { progress }
            }),
        });
    }
    Ok(list)
}

fn may_see(reader: &Account, unit: Option<UnitId>) -> bool {
    let own = reader.unit.as_ref().map(|it| it.id);
    scope(reader.role, Action::Record) == Scope::Campaign || unit.is_none() || unit == own
}

/// Someone of the reader's unit who records too, or word that they are gone.
async fn colleague(db: &mut Connection, reader: &Account, id: AccountId) -> Result<Change, Error> {
    let gone = Change::ColleagueGone { id };
    let Some(listed) = store::accounts::get(db, id).await? else { return Ok(gone) };
    let records = scope(listed.account.role, Action::Record) != Scope::Nothing;
    let Some(unit) = listed.account.unit.filter(|_| records && !listed.disabled && id != reader.id) else {
        return Ok(gone);
    };
    if !may_see(reader, Some(unit.id)) {
        return Ok(gone);
    }
    let colleague = domain::campaign::Colleague { id, name: listed.account.name, unit: unit.id };
    Ok(Change::Colleague { colleague })
}
