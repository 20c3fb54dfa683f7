//! The server: takes records in without losing a byte, and serves the office.

pub mod answered;
pub mod asking;
pub mod auditing;
pub mod auth;
pub mod backing_up;
pub mod backup;
pub mod batching;
pub mod blobs;
pub mod checking;
pub mod cli;
pub mod clue_sealing;
pub mod comparing;
pub mod content;
pub mod day;
pub mod demo;
pub mod device;
pub mod error;
pub mod export;
pub mod export_answers;
pub mod extract;
pub mod guarding;
pub mod handing_over;
pub mod history;
pub mod intake;
pub mod keys;
pub mod learning;
pub mod lists;
pub mod looks;
pub mod office_key;
pub mod oidc;
pub mod openapi;
pub mod openrosa;
pub mod passwords;
pub mod persons;
pub mod picture;
pub mod policy;
pub mod questionnaires;
pub mod reading_out;
pub mod ready_forms;
pub mod receipt;
pub mod retention;
pub mod routes;
pub mod rules;
pub mod sealed_file;
pub mod second_factor;
pub mod servers;
pub mod serving;
pub mod site;
pub mod sorting;
pub mod speech;
pub mod store;
pub mod suggester;
pub mod taxonomy;
pub mod tls;
pub mod transcribing;
pub mod tries;
pub mod uploading;
pub mod vault;
pub mod workbook;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{Extensions, HeaderMap, StatusCode, Version, header},
    middleware,
};
use tokio::sync::{Notify, Semaphore, watch};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{Predicate, SizeAbove},
    },
};
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

/// Largest body of an ordinary request, in bytes; uploads have their own.
const BODY_BYTES_MAX: usize = domain::sync::BATCH_BYTES_MAX + 64 * 1024;

/// Answers from this size on go compressed to whoever takes them so, in bytes.
const COMPRESSED_FROM: u64 = 4 * 1024;

/// What every route works with. Clock and randomness are passed in, so that tests can move them.
#[derive(Clone)]
pub struct App {
    pub db: store::Db,
    /// The data folder.
    pub data: PathBuf,
    /// Where the bytes of attachments lie: below the data folder, unless whoever opens it says otherwise.
    pub blobs: blobs::Blobs,
    pub clock: Clock,
    /// As many passwords are hashed at once as there are cores: each takes 64 MiB at worst.
    pub hashing: Arc<Semaphore>,
    /// Few exports read at once, and others keep their connections.
    pub exporting: Arc<Semaphore>,
    /// Few pictures drawn at once: each takes much memory.
    pub drawing: Arc<Semaphore>,
    /// Where requests ask whose they are.
    pub asking: asking::Asking,
    /// Where pushed records are handed in.
    pub batching: batching::Batching,
    /// How far reading out is behind what was acknowledged.
    pub reading: reading_out::Reading,
    /// What suggests, made ready once.
    pub suggester: suggester::Kept,
    /// The taxonomy in use, read once.
    pub taxonomy: taxonomy::Kept,
    /// Rings when statements may wait to be sorted.
    pub arrived: Arc<Notify>,
    /// What statements are compared by.
    pub known: Arc<tokio::sync::Mutex<comparing::Known>>,
    /// What a hash of a password costs.
    pub password_cost: auth::PasswordCost,
    /// Below this much free room nothing is taken in, in bytes.
    pub room_min: u64,
    /// What stands at the door for ODK Collect.
    pub door: openrosa::Door,
    /// Whose turn it is at each upload.
    pub turns: uploading::Turns,
    /// Wrong passwords by address.
    pub addresses: tries::Addresses,
    /// How much each person has sealed lately.
    pub sealing: routes::clues::Shares,
    /// What this installation decided for itself.
    pub policy: policy::Policy,
    /// The provider of OpenID Connect, where there is one.
    pub provider: Option<Arc<oidc::Provider>>,
    /// Where recordings are transcribed, if anywhere.
    pub speech: Option<Arc<speech::Speech>>,
    /// Signs receipts.
    pub receipt_key: Arc<keys::ReceiptKey>,
    /// True once the server is told to stop: what would go on without end ends then.
    pub stop: watch::Sender<bool>,
    /// Names this server among those on its database; nil for what does not serve.
    pub id: Uuid,
    /// Names the stretch of history that it serves in; nil for what does not serve.
    pub life: Uuid,
}

/// Where time and randomness come from.
#[derive(Clone)]
pub struct Clock {
    /// Milliseconds since 1970, UTC.
    pub now: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// 32 random bytes, fit for keys.
    pub random: Arc<dyn Fn() -> [u8; 32] + Send + Sync>,
}

impl App {
    /// Opens a data folder and brings its database up to date: the one on PostgreSQL that `database` names,
    /// else the folder's own.
    ///
    /// # Errors
    ///
    /// When its database or its key cannot be opened.
    pub async fn open(data: &Path, database: Option<&str>, clock: Clock) -> anyhow::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let db = store::Db::open(data, database).await?;
        let receipt_key = Arc::new(keys::ReceiptKey::open(data, &(clock.random)())?);
        let reading = reading_out::Reading::default();
        let app = Self {
            asking: asking::Asking::start(db.clone()),
            batching: batching::Batching::start(db.clone(), reading.clone()),
            reading,
            db,
            data: data.to_owned(),
            blobs: blobs::Blobs::Folder(data.to_owned()),
            clock,
            hashing: Arc::new(Semaphore::new(cores)),
            drawing: Arc::new(Semaphore::new(picture::AT_ONCE)),
            exporting: Arc::new(Semaphore::new(export::AT_ONCE)),
            suggester: suggester::Kept::default(),
            taxonomy: taxonomy::Kept::default(),
            arrived: Arc::default(),
            known: Arc::default(),
            password_cost: auth::PasswordCost::default(),
            room_min: blobs::ROOM_MIN,
            door: openrosa::Door::default(),
            turns: uploading::Turns::default(),
            addresses: tries::Addresses::default(),
            sealing: routes::clues::Shares::default(),
            policy: policy::Policy::default(),
            provider: None,
            speech: None,
            receipt_key,
            stop: watch::channel(false).0,
            id: Uuid::nil(),
            life: Uuid::nil(),
        };
        let mut db = app.db.write().await?;
        if store::meta::get(&mut db, store::meta::EPOCH).await?.is_none() {
            store::meta::set(&mut db, store::meta::EPOCH, &app.new_public_id().to_string()).await?;
        }
        db.commit().await?;
        Ok(app)
    }

    /// Makes it ready to serve: it is one of the servers here, and what the last stop left half done is done.
    ///
    /// # Errors
    ///
    /// When it must not serve beside those that are here; the database's.
    pub async fn begin(mut self) -> Result<Self, servers::NotTogether> {
        self.id = self.new_public_id();
        self.life = servers::join(&self).await?;
        tokio::spawn(servers::stay(self.clone()));
        let db = self.db.clone();
        tokio::spawn(async move { db.follow_others().await });
        tokio::spawn(reading_out::run(self.clone()));
        uploading::finish_all(&self).await?;
        uploading::forget_stale(&self).await?;
        tokio::spawn(uploading::look_at_all(self.clone()));
        tokio::spawn(blobs::seal_all(self.clone()));
        // A later version may read what an earlier one had to set aside.
        if let Err(cause) = self.judge_again().await {
            tracing::error!(%cause, "what was set aside could not be judged again");
        }
        Ok(self)
    }

    async fn judge_again(&self) -> Result<(), error::Error> {
        let mut db = self.db.write().await?;
        reading_out::read_out_unread(&mut db).await?;
        reading_out::judge_again(&mut db).await?;
        Ok(db.commit().await?)
    }

    /// The token of the first-start link, as long as there is no account.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn first_token(&self) -> sqlx::Result<Option<String>> {
        let mut db = self.db.write().await?;
        if store::accounts::count(&mut db).await? > 0 {
            return Ok(None);
        }
        let token = auth::new_token(self);
        store::meta::set(&mut db, store::meta::FIRST_TOKEN, &routes::session::hex_of(&token)).await?;
        db.commit().await?;
        Ok(Some(token))
    }

    /// Refuses to take anything in while the disk is nearly full.
    ///
    /// # Errors
    ///
    /// `disk_full`; then nothing was read or kept.
    pub fn check_room(&self) -> Result<(), error::Error> {
        if blobs::room(&self.data) < self.room_min {
            return Err(domain::problem::Code::DiskFull.into());
        }
        Ok(())
    }

    /// Completes once the server is told to stop.
    pub fn stopping(&self) -> impl Future<Output = ()> + use<> {
        let mut stop = self.stop.subscribe();
        async move { drop(stop.wait_for(|it| *it).await) }
    }

    /// The time, in milliseconds since 1970, UTC.
    pub fn now(&self) -> i64 {
        (self.clock.now)()
    }

    /// 32 random bytes, fit for keys.
    pub fn random(&self) -> [u8; 32] {
        (self.clock.random)()
    }

    /// A time-ordered id (UUIDv7), for what stays within its unit.
    pub fn new_id(&self) -> Uuid {
        let random = self.random();
        let mut tail = [0; 10];
        tail.copy_from_slice(&random[..10]);
        uuid::Builder::from_unix_timestamp_millis(u64::try_from(self.now()).unwrap_or(0), &tail).into_uuid()
    }

    /// A random id (v4), for what is shown beyond its unit.
    pub fn new_public_id(&self) -> Uuid {
        let random = self.random();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&random[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// Every address the server answers.
pub fn router(app: App) -> Router {
    let (api, description) = api().split_for_parts();
    let description = Arc::new(openapi::complete(description));
    let described = {
        let description = Arc::clone(&description);
        axum::routing::get(move || async move { axum::Json((*description).clone()) })
    };
    let all = Router::new()
        .merge(api)
        .route("/api/v1/openapi.json", described)
        .merge(routes::openrosa::router())
        .route("/api/{*rest}", axum::routing::any(no_such_address))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(
            // Long answers only: a receipt is mostly hashes, and files are compressed already or downloaded.
            SizeAbove::new(COMPRESSED_FROM).and(is_json),
        ))
        .layer(middleware::from_fn_with_state(app.clone(), see_what_was_acknowledged))
        .merge(site::router())
        .with_state(app);
    guarding::around(all)
}

/// The API and its description, for the router and for `openapi.json`.
pub fn api() -> OpenApiRouter<App> {
    openapi::begin()
        .merge(routes::session::router())
        .merge(routes::oidc::router())
        .merge(routes::second_factor::router())
        .merge(routes::access::router())
        .merge(routes::invitation::router())
        .merge(routes::releases::router())
        .merge(routes::meetings::router())
        .merge(routes::measures::router())
        .merge(routes::figures::router())
        .merge(routes::rising::router())
        .merge(routes::records::router())
        .merge(routes::changes::router())
        .merge(routes::last_answers::router())
        .merge(routes::clues::router())
        .merge(routes::clue_group::router())
        .merge(routes::setup::router())
        .merge(routes::respondents::router())
        .merge(routes::persons::router())
        .merge(routes::handovers::router())
        .merge(routes::uploads::router())
        .merge(routes::attachments::router())
        .merge(routes::export::router())
        .merge(routes::questionnaires::router())
        .merge(routes::questionnaire_files::router())
        .merge(routes::questionnaire_drafts::router())
        .merge(routes::openrosa_door::router())
        .merge(routes::queue::router())
        .merge(routes::batches::router())
        .merge(routes::transcripts::router())
        .merge(routes::suggester_versions::router())
        .merge(routes::agreement::router())
        .merge(routes::taxonomy::router())
        .merge(routes::rules::router())
        .merge(routes::official::router())
        .merge(routes::visits::router())
        .merge(routes::audit::router())
        .merge(routes::issues::router())
        .merge(routes::live::router())
}

/// Whoever asks for anything sees what was acknowledged before. Records and their bytes on the way in do
/// not wait for it.
async fn see_what_was_acknowledged(
    axum::extract::State(app): axum::extract::State<App>,
    request: axum::extract::Request,
    next: middleware::Next,
) -> axum::response::Response {
    let path = request.uri().path();
    let on_the_way_in = ["/api/v1/records", "/api/v1/uploads", "/openrosa/"];
    if !on_the_way_in.iter().any(|it| path.starts_with(it)) {
        app.reading.caught_up(&app.db).await;
    }
    next.run(request).await
}

fn is_json(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|it| it == "application/json")
}

async fn no_such_address() -> error::Error {
    domain::problem::Code::NotFound.into()
}

async fn wrong_method() -> error::Error {
    domain::problem::Code::MethodNotAllowed.into()
}
