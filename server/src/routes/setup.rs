//! Set-up: campaign, units, accounts.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    campaign::{Campaign, Unit},
    id::{AccountId, CampaignId, UnitId},
    invitation::Invitation,
    problem::{Code, Problem},
    retention::Kind,
    role::{Action, Role},
    session::{Account, login_fits},
    setup::{AccountForm, CampaignForm, Change, ListedAccount, SetupProgress, UnitForm},
    text::check_line,
};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Json, Path, Query},
    retention,
    routes::invitation::{self, invite},
    store::{self, changes::Thing, meta},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(progress))
        .routes(routes!(campaign, keep_campaign))
        .routes(routes!(units, add_unit))
        .routes(routes!(change_unit, retire_unit))
        .routes(routes!(restore_unit))
        .routes(routes!(accounts, add_account))
        .routes(routes!(change_account))
        .routes(routes!(invite_again))
}

/// How far the set-up is.
#[utoipa::path(get, path = "/api/v1/setup", responses(
    (status = 200, body = SetupProgress),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn progress(State(app): State<App>, who: Who) -> Result<Answer<SetupProgress>, Error> {
    if who.may(Action::KeepUnits).is_err() {
        who.may(Action::KeepCampaign)?;
    }
    let mut db = app.db.read().await?;
    let campaign = store::campaigns::current(&mut db).await?;
    let count = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
    let accounts = store::accounts::list(&mut db).await?;
    let visitors_n = accounts.iter().filter(|it| it.account.role == Role::Visitor && !it.disabled).count();
    let (respondents_n, assignments_n) = match &campaign {
        Some(campaign) => (
            store::respondents::count(&mut db, campaign.id).await?,
            store::assignments::count(&mut db, campaign.id).await?,
        ),
        None => (0, 0),
    };
    Ok(Answer(SetupProgress {
        campaign: campaign.is_some(),
        units_n: u32::try_from(store::units::list(&mut db).await?.len()).unwrap_or(u32::MAX),
        visitors_n: u32::try_from(visitors_n).unwrap_or(u32::MAX),
        respondents_n: count(respondents_n),
        assignments_n: count(assignments_n),
        restored_at: meta::time(&mut db, meta::EPOCH_BEGAN_AT).await?,
        backup_at: meta::time(&mut db, meta::BACKUP_AT).await?,
        backup_failed_at: meta::time(&mut db, meta::BACKUP_FAILED_AT).await?,
        due_voices_n: retention::due_next_week(&app, &mut db, Kind::Voice).await?,
        due_photos_n: retention::due_next_week(&app, &mut db, Kind::Photo).await?,
    }))
}

/// The campaign under way; nothing before the first is set up.
#[utoipa::path(get, path = "/api/v1/campaign", responses(
    (status = 200, body = Option<Campaign>),
    (status = 401, body = Problem, description = "signed_out"),
))]
async fn campaign(State(app): State<App>, _who: Who) -> Result<Answer<Option<Campaign>>, Error> {
    Ok(Answer(store::campaigns::current(&mut app.db.read().await?).await?))
}

/// Sets the campaign up, or changes it. Another notice gets another version.
#[utoipa::path(put, path = "/api/v1/campaign", request_body = Change<CampaignForm>, responses(
    (status = 200, body = Campaign),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "conflict: changed meanwhile"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn keep_campaign(
    State(app): State<App>,
    who: Who,
    Json(change): Json<Change<CampaignForm>>,
) -> Result<Answer<Campaign>, Error> {
    who.may(Action::KeepCampaign)?;
    let form = change.now.clone();
    if let Some(field) = form.wrong_field() {
        return Err(Error::invalid(field));
    }
    let now = app.now();
    let mut db = app.db.write().await?;
    let before = store::campaigns::current(&mut db).await?;
    if before.as_ref().is_some_and(|it| !change.is_upon(&CampaignForm::of(it))) {
        return Err(Code::Conflict.into());
    }
    let notice_version = match &before {
        Some(before) if before.notice == form.notice => before.notice_version.clone(),
        Some(_) | None => {
            let campaign = before.as_ref().map(|it| it.id);
            store::campaigns::next_notice_version(&mut db, campaign, &crate::day::of(now)).await?
        }
    };
    let campaign = Campaign {
        id: before.map_or_else(|| CampaignId(app.new_id()), |it| it.id),
        name: form.name.trim().to_owned(),
        starts_on: form.starts_on,
        ends_on: form.ends_on,
        phases: form.phases,
        notice: form.notice,
        notice_version,
    };
    store::campaigns::keep(&mut db, &campaign, now).await?;
    let object = format!("campaign {}", campaign.id);
    store::audit::note(&mut db, now, Some(who.0.id), "keep_campaign", &object, "").await?;
    store::changes::note(&mut db, Thing::Campaign, campaign.id.0, None, None).await?;
    db.commit().await?;
    Ok(Answer(campaign))
}

#[derive(Deserialize, IntoParams)]
struct UnitQuery {
    /// Those that are offered no more, to whoever keeps units.
    #[serde(default)]
    retired: bool,
}

/// The units, in their order.
#[utoipa::path(get, path = "/api/v1/units", params(UnitQuery), responses(
    (status = 200, body = Vec<Unit>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn units(
    State(app): State<App>,
    who: Who,
    Query(query): Query<UnitQuery>,
) -> Result<Answer<Vec<Unit>>, Error> {
    let mut db = app.db.read().await?;
    if query.retired {
        who.may(Action::KeepUnits)?;
        return Ok(Answer(store::units::retired(&mut db).await?));
    }
    Ok(Answer(store::units::list(&mut db).await?))
}

fn check_unit(form: &UnitForm) -> Result<(), Error> {
    if form.name.trim().is_empty() || check_line(&form.name).is_err() {
        return Err(Error::invalid("name"));
    }
    Ok(())
}

/// Adds a unit at the end.
#[utoipa::path(post, path = "/api/v1/units", request_body = UnitForm, responses(
    (status = 200, body = Unit),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 409, body = Problem, description = "taken"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn add_unit(
    State(app): State<App>,
    who: Who,
    Json(form): Json<UnitForm>,
) -> Result<Answer<Unit>, Error> {
    who.may(Action::KeepUnits)?;
    check_unit(&form)?;
    let mut db = app.db.write().await?;
    let unit = Unit { id: UnitId(app.new_id()), name: form.name.trim().to_owned(), kind: form.kind };
    if let Some(known) = store::units::by_name(&mut db, &unit.name).await? {
        let retired = store::units::is_retired(&mut db, known.id).await?;
        return Err(Error::taken(if retired { "retired" } else { "name" }));
    }
    store::units::add(&mut db, &unit).await?;
    let object = format!("unit {}", unit.id);
    store::audit::note(&mut db, app.now(), Some(who.0.id), "add_unit", &object, "").await?;
    db.commit().await?;
    Ok(Answer(unit))
}

/// Gives a unit another name or kind.
#[utoipa::path(put, path = "/api/v1/units/{id}", request_body = Change<UnitForm>, responses(
    (status = 200, body = Unit),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "taken, or conflict: changed meanwhile"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change_unit(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(change): Json<Change<UnitForm>>,
) -> Result<Answer<Unit>, Error> {
    who.may(Action::KeepUnits)?;
    let form = &change.now;
    check_unit(form)?;
    let unit = Unit { id: UnitId(id), name: form.name.trim().to_owned(), kind: form.kind };
    let mut db = app.db.write().await?;
    let before = store::units::get(&mut db, unit.id).await?.ok_or(Code::NotFound)?;
    if !change.is_upon(&UnitForm { name: before.name, kind: before.kind }) {
        return Err(Code::Conflict.into());
    }
    if store::units::by_name(&mut db, &unit.name).await?.is_some_and(|it| it.id != unit.id) {
        return Err(Error::taken("name"));
    }
    if !store::units::rename(&mut db, &unit).await? {
        return Err(Code::NotFound.into());
    }
    let object = format!("unit {id}");
    store::audit::note(&mut db, app.now(), Some(who.0.id), "change_unit", &object, "").await?;
    db.commit().await?;
    Ok(Answer(unit))
}

/// Offers a unit no more; its records stay.
#[utoipa::path(delete, path = "/api/v1/units/{id}", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn retire_unit(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::KeepUnits)?;
    let mut db = app.db.write().await?;
    if !store::units::retire(&mut db, UnitId(id), app.now()).await? {
        return Err(Code::NotFound.into());
    }
    let object = format!("unit {id}");
    store::audit::note(&mut db, app.now(), Some(who.0.id), "retire_unit", &object, "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Offers a unit again.
#[utoipa::path(post, path = "/api/v1/units/{id}/restoration", responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "none that was retired"),
))]
async fn restore_unit(State(app): State<App>, who: Who, Path(id): Path<Uuid>) -> Result<StatusCode, Error> {
    who.may(Action::KeepUnits)?;
    let mut db = app.db.write().await?;
    if !store::units::restore(&mut db, UnitId(id)).await? {
        return Err(Code::NotFound.into());
    }
    let object = format!("unit {id}");
    store::audit::note(&mut db, app.now(), Some(who.0.id), "restore_unit", &object, "").await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// All accounts, by login.
#[utoipa::path(get, path = "/api/v1/accounts", responses(
    (status = 200, body = Vec<ListedAccount>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
))]
async fn accounts(State(app): State<App>, who: Who) -> Result<Answer<Vec<ListedAccount>>, Error> {
    if who.may(Action::KeepAccounts).is_err() {
        who.may(Action::ResetSecondFactors)?;
    }
    let all = store::accounts::list(&mut app.db.read().await?).await?;
    Ok(Answer(all.into_iter().map(listed).collect()))
}

fn listed(it: store::accounts::Listed) -> ListedAccount {
    ListedAccount { account: it.account, disabled: it.disabled, subject: it.subject }
}

/// Checks what an account must keep to, on the screen and on the command line; `before` is what it was.
///
/// # Errors
///
/// `invalid`, with the field.
pub async fn check_account(
    db: &mut store::Connection,
    form: &AccountForm,
    before: Option<&Account>,
) -> Result<(), Error> {
    if form.name.trim().is_empty() || check_line(&form.name).is_err() {
        return Err(Error::invalid("name"));
    }
    if form.role.administers() {
        let others = store::accounts::list(db).await?.into_iter().map(listed).collect::<Vec<_>>();
        if form.holds_two(before, &others) {
            return Err(Error::invalid("administrators"));
        }
    }
    // Whoever records or discusses does so for a unit.
    let needs_unit = matches!(form.role, Role::Visitor | Role::Section | Role::Office | Role::Branch);
    match form.unit {
        Some(unit) if store::units::get(db, unit).await?.is_none() => Err(Error::invalid("unit")),
        None if needs_unit => Err(Error::invalid("unit")),
        Some(_) | None => Ok(()),
    }
}

/// Adds an account without a password; the link to set one is in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/accounts", request_body = AccountForm, responses(
    (status = 200, body = Invitation),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 409, body = Problem, description = "taken"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn add_account(
    State(app): State<App>,
    who: Who,
    Json(form): Json<AccountForm>,
) -> Result<Answer<Invitation>, Error> {
    who.may(Action::KeepAccounts)?;
    who.confirmed(&app)?;
    let login = form.login.trim().to_lowercase();
    if !login_fits(&login) {
        return Err(Error::invalid("login"));
    }
    let now = app.now();
    let mut db = app.db.write().await?;
    check_account(&mut db, &form, None).await?;
    if store::accounts::by_login(&mut db, &login).await?.is_some() {
        return Err(Error::taken("login"));
    }
    let account = store::accounts::NewAccount {
        id: AccountId(app.new_id()),
        login: &login,
        name: form.name.trim(),
        role: form.role,
        unit: form.unit,
        password_hash: "",
        at: now,
    };
    store::accounts::add(&mut db, &account).await?;
    let id = account.id;
    store::audit::note_of_account(&mut db, now, who.0.id, "add_account", id).await?;
    store::changes::note(&mut db, Thing::Colleague, id.0, form.unit, None).await?;
    let invitation = invite(&app, &mut db, id, &login).await?;
    db.commit().await?;
    Ok(Answer(invitation))
}

/// Changes name, role, unit; disables or enables. Earlier units stay on record.
#[utoipa::path(put, path = "/api/v1/accounts/{id}", request_body = Change<AccountForm>, responses(
    (status = 204),
    (status = 403, body = Problem, description = "forbidden, confirm_first, or the own account would be disabled"),
    (status = 404, body = Problem, description = "not_found"),
    (status = 409, body = Problem, description = "conflict: changed meanwhile"),
    (status = 422, body = Problem, description = "a field does not keep its rule"),
))]
async fn change_account(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
    Json(change): Json<Change<AccountForm>>,
) -> Result<StatusCode, Error> {
    who.may(Action::KeepAccounts)?;
    who.confirmed(&app)?;
    let (id, form) = (AccountId(id), &change.now);
    if id == who.0.id && (form.disabled || form.role != who.0.role) {
        return Err(Code::Forbidden.into());
    }
    let now = app.now();
    let mut db = app.db.write().await?;
    let before = store::accounts::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    let known = AccountForm {
        login: String::new(),
        name: before.account.name.clone(),
        role: before.account.role,
        unit: before.account.unit.as_ref().map(|it| it.id),
        disabled: before.disabled,
    };
    if !change.is_upon(&known) {
        return Err(Code::Conflict.into());
    }
    check_account(&mut db, form, Some(&before.account)).await?;
    store::accounts::change(&mut db, id, form.name.trim(), form.role, form.unit, now).await?;
    store::accounts::disable(&mut db, id, form.disabled.then_some(now)).await?;
    if form.disabled || form.role != before.account.role {
        store::sessions::end_all(&mut db, id).await?;
    }
    store::audit::note_of_account(&mut db, now, who.0.id, "change_account", id).await?;
    // Every phone hears of it: who moved is gone from one unit and new in another.
    store::changes::note(&mut db, Thing::Colleague, id.0, None, None).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes the password away, ends the account's sessions, and makes a link to set another.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/invitation", responses(
    (status = 200, body = Invitation),
    (status = 403, body = Problem, description = "forbidden, or confirm_first"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn invite_again(
    State(app): State<App>,
    who: Who,
    Path(id): Path<Uuid>,
) -> Result<Answer<Invitation>, Error> {
    who.may(Action::KeepAccounts)?;
    who.confirmed(&app)?;
    let id = AccountId(id);
    let mut db = app.db.write().await?;
    let listed = store::accounts::get(&mut db, id).await?.ok_or(Code::NotFound)?;
    let invitation = invitation::invite_again(&app, &mut db, id, &listed.account.login).await?;
    store::audit::note_of_account(&mut db, app.now(), who.0.id, "invite_again", id).await?;
    db.commit().await?;
    Ok(Answer(invitation))
}
