//! `zoufang user`: accounts from the command line.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::{
    id::{AccountId, UnitId},
    invitation::Invitation,
    role::Role,
    session::login_fits,
    setup::AccountForm,
};

use super::{DataFolder, open};
use crate::{
    App, Clock, auth,
    error::Error,
    routes::{
        invitation::{invite, invite_again},
        setup::check_account,
    },
    store::{
        self,
        changes::Thing,
        sessions::{NewSession, SessionKind},
    },
};

/// A script's token ends after this long, in milliseconds: one year.
const TOKEN_MS_MAX: i64 = 365 * 24 * 60 * 60 * 1_000;

/// Add, disable and reset accounts; make tokens for scripts.
#[derive(Args)]
pub struct User {
    #[command(flatten)]
    folder: DataFolder,
    #[command(subcommand)]
    act: Act,
}

#[derive(Subcommand)]
enum Act {
    /// Add an account, and print the one-time link by which its person sets a password.
    Add {
        login: String,
        /// Name as others see it.
        #[arg(long)]
        name: String,
        /// visitor, section, office, approver, branch, discipline, leader, sysadmin, secadmin or auditor.
        #[arg(long)]
        role: String,
        /// Name of the unit it belongs to.
        #[arg(long)]
        unit: Option<String>,
        #[command(flatten)]
        site: Site,
    },
    /// Disable an account and end its sessions.
    Disable { login: String },
    /// Take the password away, and print a one-time link by which another is set.
    Reset {
        login: String,
        #[command(flatten)]
        site: Site,
    },
    /// Print a token for scripts that act as this account.
    Token {
        login: String,
        /// What it is for.
        #[arg(long, default_value = "")]
        label: String,
        /// It may also do what people confirm by a password or a code: export and see identities, keep accounts.
        #[arg(long)]
        confirmed: bool,
    },
    /// Take the second factor away from whoever has lost it, and end the account's sessions.
    ResetSecondFactor { login: String },
    /// End an account's sessions, and with them its tokens.
    EndSessions { login: String },
}

/// Where people find this server.
#[derive(Args)]
struct Site {
    /// The site's address, for the link.
    #[arg(long, default_value = "http://localhost:8080", env = "ZOUFANG_SITE")]
    site: String,
}

impl Site {
    #[expect(clippy::print_stdout, reason = "the link is what was asked for")]
    fn print(&self, invitation: &Invitation) {
        println!("{}{}", self.site.trim_end_matches('/'), invitation.path);
    }
}

impl User {
    /// Does what was asked.
    ///
    /// # Errors
    ///
    /// When the account, role or unit does not exist or the password does not fit.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let opened = open(&self.folder, clock).await?;
        let app = &opened.app;
        let done = match self.act {
            Act::Add { login, name, role, unit, site } => {
                add(app, &login, &name, &role, unit.as_deref()).await.map(|it| site.print(&it))
            }
            Act::Disable { login } => disable(app, &login).await,
            Act::Reset { login, site } => reset(app, &login).await.map(|it| site.print(&it)),
            Act::Token { login, label, confirmed } => token(app, &login, &label, confirmed).await,
            Act::ResetSecondFactor { login } => reset_second_factor(app, &login).await,
            Act::EndSessions { login } => end_sessions(app, &login).await,
        };
        app.db.close().await;
        done
    }
}

async fn add(
    app: &App,
    login: &str,
    name: &str,
    role: &str,
    unit: Option<&str>,
) -> anyhow::Result<Invitation> {
    let login = login.to_lowercase();
    if !login_fits(&login) {
        bail!("a login is made of letters, digits, dots and dashes");
    }
    let role = Role::from_word(role).with_context(|| format!("there is no role {role}"))?;
    let mut db = app.db.write().await?;
    let unit = match unit {
        Some(name) => Some(unit_named(&mut db, name).await?),
        None => None,
    };
    let form = AccountForm { login: login.clone(), name: name.to_owned(), role, unit, disabled: false };
    check_account(&mut db, &form, None).await.map_err(|cause| refused(&cause))?;
    if store::accounts::by_login(&mut db, &login).await?.is_some() {
        bail!("the login {login} is taken");
    }
    let account = store::accounts::NewAccount {
        id: AccountId(app.new_id()),
        login: &login,
        name,
        role,
        unit,
        password_hash: "",
        at: app.now(),
    };
    store::accounts::add(&mut db, &account).await?;
    note(&mut db, app, account.id, "add_account").await?;
    store::changes::note(&mut db, Thing::Colleague, account.id.0, unit, None).await?;
    let invitation = invite(app, &mut db, account.id, &login).await?;
    db.commit().await?;
    Ok(invitation)
}

/// The field that keeps an account from being made, in words.
fn refused(cause: &Error) -> anyhow::Error {
    let field = match cause {
        Error::Problem(problem) => problem.field.as_deref(),
        Error::SlowDown { .. }
        | Error::Database(_)
        | Error::File(_)
        | Error::Bucket(_)
        | Error::Damaged(_) => None,
    };
    match field {
        Some("administrators") => anyhow::anyhow!(
            "one person holds one role of sysadmin, secadmin and auditor only, and this name holds another"
        ),
        Some("unit") => anyhow::anyhow!("this role needs a unit: --unit NAME"),
        Some(field) => anyhow::anyhow!("the {field} does not keep its rule"),
        None => anyhow::anyhow!("{cause}"),
    }
}

async fn unit_named(db: &mut store::Connection, name: &str) -> anyhow::Result<UnitId> {
    let unit = store::units::by_name(db, name).await?;
    Ok(unit.with_context(|| format!("there is no unit {name}"))?.id)
}

async fn disable(app: &App, login: &str) -> anyhow::Result<()> {
    let mut db = app.db.write().await?;
    let id = account(&mut db, login).await?;
    store::accounts::disable(&mut db, id, Some(app.now())).await?;
    store::sessions::end_all(&mut db, id).await?;
    note(&mut db, app, id, "disable_account").await?;
    store::changes::note(&mut db, Thing::Colleague, id.0, None, None).await?;
    db.commit().await?;
    Ok(())
}

async fn reset(app: &App, login: &str) -> anyhow::Result<Invitation> {
    let login = login.to_lowercase();
    let mut db = app.db.write().await?;
    let id = account(&mut db, &login).await?;
    let invitation = invite_again(app, &mut db, id, &login).await?;
    note(&mut db, app, id, "invite_again").await?;
    db.commit().await?;
    Ok(invitation)
}

async fn reset_second_factor(app: &App, login: &str) -> anyhow::Result<()> {
    let mut db = app.db.write().await?;
    let id = account(&mut db, login).await?;
    if !store::second_factors::remove(&mut db, id).await? {
        bail!("{login} has no second factor");
    }
    store::sessions::end_all(&mut db, id).await?;
    note(&mut db, app, id, "reset_second_factor").await?;
    db.commit().await?;
    Ok(())
}

async fn end_sessions(app: &App, login: &str) -> anyhow::Result<()> {
    let mut db = app.db.write().await?;
    let id = account(&mut db, login).await?;
    store::sessions::end_all(&mut db, id).await?;
    note(&mut db, app, id, "end_sessions").await?;
    db.commit().await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the token is what was asked for")]
async fn token(app: &App, login: &str, label: &str, confirmed: bool) -> anyhow::Result<()> {
    let token = auth::new_token(app);
    let now = app.now();
    let mut db = app.db.write().await?;
    let id = account(&mut db, login).await?;
    let session = NewSession {
        token_hash: auth::token_hash(&token),
        account: id,
        kind: SessionKind::Token,
        label,
        at: now,
        expires_at: now + TOKEN_MS_MAX,
        // Nobody is there to be asked: it was decided here, once and for all.
        confirmed_until: if confirmed { now + TOKEN_MS_MAX } else { 0 },
    };
    store::sessions::add(&mut db, &session).await?;
    note(&mut db, app, id, if confirmed { "make_confirmed_token" } else { "make_token" }).await?;
    db.commit().await?;
    println!("{token}");
    Ok(())
}

async fn account(db: &mut store::Connection, login: &str) -> anyhow::Result<AccountId> {
    let found = store::accounts::by_login(db, &login.to_lowercase()).await?;
    Ok(found.with_context(|| format!("there is no account {login}"))?.account.id)
}

async fn note(db: &mut store::Connection, app: &App, id: AccountId, act: &str) -> sqlx::Result<()> {
    store::audit::note(db, app.now(), None, act, &format!("account {id}"), "command line").await
}
