//! Handing over to the discipline group: proposed by one person, signed off by another.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    clue::ClueKey,
    handover::{GroupMember, Handover, NewHandover, STATEMENTS_MAX},
    id::{AccountId, RecordId},
    problem::{Code, Problem},
    role::{Action, Scope, scope},
    sign_off::{Decision, SignOffState},
};
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path},
    handing_over, looks, retention,
    store::{self, Connection, handovers::Proposed, issues::By},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(propose, list)).routes(routes!(group)).routes(routes!(decide))
}

/// Proposes to hand statements over, or an issue with all that it is made of; a second person decides.
#[utoipa::path(post, path = "/api/v1/handovers", request_body = NewHandover, responses(
    (status = 201, body = Handover),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 422, body = Problem, description = "nothing or too much is to be handed over, it has left already, a branch has it (`releases`), a reason is needed, `left_out` names one who is no member or leaves nobody, or clues stay on paper here (`paper`)"),
))]
async fn propose(
    State(app): State<App>,
    who: Who,
    Json(new): Json<NewHandover>,
) -> Result<(StatusCode, Answer<Handover>), Error> {
    who.may(Action::HandOver)?;
    if let Some(field) = new.wrong_field() {
        return Err(Error::invalid(field));
    }
    if app.policy.clues_on_paper {
        return Err(Error::invalid("paper"));
    }
    let (id, by) = (app.new_public_id(), By { account: who.0.id, at: app.now() });
    let mut db = app.db.write().await?;
    let statements = statements(&mut db, &new).await?;
    if !leaves_one(&mut db, &new.left_out).await? {
        return Err(Error::invalid("left_out"));
    }
    store::handovers::propose(&mut db, id, by, &new, &statements).await?;
    // Why is told to the group alone.
    let object = format!("handover {id}");
    store::audit::note(&mut db, by.at, Some(by.account), "propose_handover", &object, "").await?;
    let proposed = one(&mut db, id).await?;
    db.commit().await?;
    Ok((StatusCode::CREATED, Answer(shown(&app, &who, proposed))))
}

/// Whether those who are left out are members, and one who has a key stays; where nobody has one, that is said at the decision.
async fn leaves_one(db: &mut Connection, left_out: &[AccountId]) -> sqlx::Result<bool> {
    for it in left_out {
        if !store::clues::is_member(db, *it).await? {
            return Ok(false);
        }
    }
    let group = members(db).await?;
    Ok(group.is_empty() || group.iter().any(|it| !left_out.contains(&it.account)))
}

/// Who of the group has a key.
async fn members(db: &mut Connection) -> sqlx::Result<Vec<GroupMember>> {
    let keys = store::clues::keys(db, None).await?;
    let member = |it: ClueKey| Some(GroupMember { account: it.account?, name: it.name });
    Ok(keys.into_iter().filter_map(member).collect())
}

/// What is to leave, each once; all of it is still here.
async fn statements(db: &mut Connection, new: &NewHandover) -> Result<Vec<RecordId>, Error> {
    let mut statements = new.statements.clone();
    if let Some(issue) = new.issue {
        if store::handovers::is_released(db, issue).await? {
            return Err(Error::invalid("releases"));
        }
        statements = store::issues::statements(db, issue).await?.iter().map(|it| it.id).collect();
    }
    // The words of a part are those of its whole, and leave with it.
    for it in &mut statements {
        let part_of = store::queue::stands(db, *it).await?.and_then(|it| it.part_of);
        *it = part_of.unwrap_or(*it);
    }
    statements.sort_unstable();
    statements.dedup();
    if statements.is_empty() || statements.len() > STATEMENTS_MAX {
        return Err(Error::invalid("statements"));
    }
    for it in &statements {
        let here = store::queue::stands(db, *it).await?.is_some_and(|it| !it.handed_over);
        if !here {
            return Err(Error::invalid("statements"));
        }
    }
    Ok(statements)
}

async fn one(db: &mut Connection, id: Uuid) -> Result<Proposed, Error> {
    Ok(store::handovers::proposed(db, Some(id)).await?.pop().ok_or(Code::NotFound)?)
}

fn shown(app: &App, who: &Who, proposed: Proposed) -> Handover {
    let sign_off = proposed.shown.sign_off.seen(proposed.by == who.0.id, app.policy.backups_ms);
    Handover { sign_off, ..proposed.shown }
}

/// What was proposed to hand over and what became of it, the latest first.
#[utoipa::path(get, path = "/api/v1/handovers", responses(
    (status = 200, body = Vec<Handover>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn list(State(app): State<App>, who: Who) -> Result<Answer<Vec<Handover>>, Error> {
    if scope(who.0.role, Action::SignOffHandover) == Scope::Nothing {
        who.may(Action::HandOver)?;
    }
    let proposed = store::handovers::proposed(&mut app.db.read().await?, None).await?;
    Ok(Answer(proposed.into_iter().map(|it| shown(&app, &who, it)).collect()))
}

/// The members of the discipline group to whom it would be sealed, for whoever knows that it concerns one of them.
#[utoipa::path(get, path = "/api/v1/handovers/members", responses(
    (status = 200, body = Vec<GroupMember>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn group(State(app): State<App>, who: Who) -> Result<Answer<Vec<GroupMember>>, Error> {
    who.may(Action::HandOver)?;
    Ok(Answer(members(&mut app.db.read().await?).await?))
}

/// Decides about what someone else proposed. What is approved is sealed to the group, and the office's copies are destroyed.
#[utoipa::path(post, path = "/api/v1/handovers/{id}/decision", request_body = Decision, responses(
    (status = 200, body = Handover),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: it was decided meanwhile, is one's own, or what is to leave has changed"),
    (status = 422, body = Problem, description = "a reason is needed; the group has no `keys`; `attachments` are still on their way; a branch has it (`releases`)"),
))]
async fn decide(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(decision): Json<Decision>,
) -> Result<Answer<Handover>, Error> {
    who.may(Action::SignOffHandover)?;
    who.confirmed(&app)?;
    let by = By { account: who.0.id, at: app.now() };
    let proposed = one(&mut app.db.read().await?, id).await?;
    if proposed.shown.sign_off.state != SignOffState::Proposed || proposed.by == by.account {
        return Err(Code::Conflict.into());
    }
    let (state, reason, act) = match &decision {
        Decision::Approve => (SignOffState::Approved, None, "hand_over"),
        Decision::Return { reason } => {
            (SignOffState::Returned, Some(looks::reason(reason)?), "return_handover")
        }
    };
    let sealed = match state {
        SignOffState::Approved => handing_over::seal(&app, &proposed).await?,
        SignOffState::Proposed | SignOffState::Returned => Vec::new(),
    };
    let mut db = app.db.write().await?;
    if !store::handovers::decide(&mut db, id, by, state, reason).await? {
        return Err(Code::Conflict.into());
    }
    if state == SignOffState::Approved {
        handing_over::hand_over(&mut db, &proposed, &sealed, by).await?;
    }
    store::audit::note(&mut db, by.at, Some(by.account), act, &format!("handover {id}"), "").await?;
    let decided = one(&mut db, id).await?;
    db.commit().await?;
    if state == SignOffState::Approved {
        retention::remove_bytes(&app).await?;
        store::clear_traces(&app.db).await;
    }
    Ok(Answer(shown(&app, &who, decided)))
}
