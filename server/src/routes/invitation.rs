//! Setting the own password by a one-time link.

use axum::{Json as Answer, extract::State, http::StatusCode};
use domain::{
    id::AccountId,
    invitation::{INVITATION_MS, Invitation, Invited, SetPassword, Token, path},
    problem::{Code, Problem},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App, auth,
    error::Error,
    extract::Json,
    passwords,
    store::{self, invitations},
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(look)).routes(routes!(set_password))
}

/// Makes a link for an account: in its transaction.
///
/// # Errors
///
/// The database's.
pub async fn invite(
    app: &App,
    db: &mut store::Connection,
    account: AccountId,
    login: &str,
) -> sqlx::Result<Invitation> {
    let token = auth::new_token(app);
    let expires_at = app.now() + INVITATION_MS;
    invitations::keep(db, account, auth::token_hash(&token), expires_at).await?;
    let path = path(&token, &app.receipt_key.public().to_string());
    Ok(Invitation { account, login: login.to_owned(), path, expires_at })
}

/// Takes the password away and makes a link for another; the account's sessions end.
///
/// # Errors
///
/// The database's.
pub async fn invite_again(
    app: &App,
    db: &mut store::Connection,
    account: AccountId,
    login: &str,
) -> sqlx::Result<Invitation> {
    store::accounts::remove_password(db, account, app.now(), app.policy.rules.strict_passwords).await?;
    store::sessions::end_all(db, account).await?;
    invite(app, db, account, login).await
}

/// Whose a link is, and the server's key to compare with the link's fingerprint.
#[utoipa::path(post, path = "/api/v1/invitation", request_body = Token, responses(
    (status = 200, body = Invited),
    (status = 410, body = Problem, description = "gone: used, replaced by another, or more than 72 hours old"),
))]
async fn look(State(app): State<App>, Json(link): Json<Token>) -> Result<Answer<Invited>, Error> {
    let mut db = app.db.read().await?;
    let id = invitations::find(&mut db, auth::token_hash(&link.token), app.now()).await?.ok_or(Code::Gone)?;
    let account = store::accounts::get(&mut db, id).await?.ok_or(Code::Gone)?.account;
    let receipt_key = app.receipt_key.public().to_string();
    Ok(Answer(Invited { login: account.login, name: account.name, receipt_key }))
}

/// Sets the own password; the link counts no more, and the account's sessions end.
#[utoipa::path(post, path = "/api/v1/invitation/password", request_body = SetPassword, responses(
    (status = 204),
    (status = 410, body = Problem, description = "gone: used, replaced by another, or more than 72 hours old"),
    (status = 422, body = Problem, description = "the password is weak, see the field"),
))]
async fn set_password(State(app): State<App>, Json(set): Json<SetPassword>) -> Result<StatusCode, Error> {
    let (now, token_hash) = (app.now(), auth::token_hash(&set.token));
    let account = {
        let mut db = app.db.read().await?;
        // Hashing is dear: a stranger without a link gets none of it.
        let id = invitations::find(&mut db, token_hash, now).await?.ok_or(Code::Gone)?;
        store::accounts::get(&mut db, id).await?.ok_or(Code::Gone)?.account
    };
    let hash = passwords::accept(&app, "password", &account.login, Some(account.id), set.password).await?;
    let mut db = app.db.write().await?;
    if invitations::find(&mut db, token_hash, now).await? != Some(account.id) {
        return Err(Code::Gone.into());
    }
    invitations::remove(&mut db, account.id).await?;
    store::accounts::set_password(&mut db, account.id, &hash, now, app.policy.rules.strict_passwords).await?;
    store::sessions::end_all(&mut db, account.id).await?;
    store::audit::note_of_account(&mut db, now, account.id, "set_password", account.id).await?;
    db.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
