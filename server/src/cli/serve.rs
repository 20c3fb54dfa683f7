//! `zoufang serve`.

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context;
use clap::{ArgAction, Args};
use domain::release::{Cell, FIRMS_MIN, HOUSEHOLDS_MIN};
use rustls_acme::acme::LETS_ENCRYPT_PRODUCTION_DIRECTORY;

use super::DataFolder;
use crate::{
    App, Clock, auditing,
    auth::Rules,
    backing_up::{self, Plan, Target},
    blobs::{Bucket, ROOM_MIN},
    demo, looks,
    oidc::Provider,
    policy::Policy,
    retention::{self, AUDIT_DAYS_MIN, Retention},
    servers,
    serving::{self, Patience},
    sorting,
    speech::Speech,
    tls::{self, Acme, Tls},
    transcribing,
};

const MIB: u64 = 1024 * 1024;

/// Serve the site and the API.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    folder: DataFolder,
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8080", env = "ZOUFANG_LISTEN")]
    listen: SocketAddr,
    /// Fill a new data folder with a made-up county to try things out on.
    #[arg(long)]
    demo: bool,
    /// Free room on the disk of the data folder, in MiB, below which nothing is taken in: the database needs some
    /// to stay whole. With 0 everything is taken in that still fits.
    #[arg(long, value_name = "MIB", default_value_t = ROOM_MIN / MIB, env = "ZOUFANG_ROOM_MIN_MIB")]
    room_min_mib: u64,
    /// How many names, voices and photos one person may open a day; what is opened again counts once.
    #[arg(long, value_name = "N", default_value_t = looks::A_DAY, env = "ZOUFANG_REVEALS_A_DAY")]
    reveals_a_day: u32,
    /// 线索不上网: what is sealed to the discipline group is neither kept nor sent by phones; they show a sealed slip for a
    /// messenger instead.
    #[arg(long, env = "ZOUFANG_CLUES_ON_PAPER")]
    clues_on_paper: bool,
    /// So many households must stand behind an issue that is released to a branch, or so many firms as below.
    #[arg(long, value_name = "N", default_value_t = HOUSEHOLDS_MIN, env = "ZOUFANG_RELEASE_HOUSEHOLDS_MIN")]
    release_households_min: u32,
    /// So many firms must stand behind an issue that is released to a branch, or so many households as above.
    #[arg(long, value_name = "N", default_value_t = FIRMS_MIN, env = "ZOUFANG_RELEASE_FIRMS_MIN")]
    release_firms_min: u32,
    #[command(flatten)]
    kept: Kept,
    #[command(flatten)]
    rules: SigningIn,
    #[command(flatten)]
    encryption: Encryption,
    #[command(flatten)]
    speech: SpeechServer,
    #[command(flatten)]
    backup: Schedule,
}

/// Where recordings are transcribed; nowhere without an address.
#[derive(Args)]
struct SpeechServer {
    /// Address of a speech server in the own network that answers as OpenAI's /v1/audio/transcriptions does: http://10.1.2.3:8000.
    /// One elsewhere is refused: what people said does not leave the own network.
    #[arg(long, value_name = "URL", env = "ZOUFANG_SPEECH_SERVER")]
    speech_server: Option<String>,
    /// The model that it is to use, as it names it.
    #[arg(long, value_name = "NAME", env = "ZOUFANG_SPEECH_MODEL")]
    speech_model: Option<String>,
    /// The language that is spoken, as the server names it; empty where it finds out by itself.
    #[arg(long, value_name = "LANGUAGE", default_value = "zh", env = "ZOUFANG_SPEECH_LANGUAGE")]
    speech_language: String,
    /// A file with the key that it asks for, where it asks for one.
    #[arg(long, value_name = "FILE", env = "ZOUFANG_SPEECH_KEY_FILE")]
    speech_key_file: Option<PathBuf>,
    /// Minutes that it may take for one recording.
    #[arg(long, value_name = "MINUTES", default_value_t = 30, env = "ZOUFANG_SPEECH_WITHIN_MINUTES", value_parser = clap::value_parser!(u16).range(1..))]
    speech_within_minutes: u16,
}

impl SpeechServer {
    /// The speech server, if any.
    async fn speech(&self) -> anyhow::Result<Option<Arc<Speech>>> {
        let Some(address) = self.speech_server.as_deref().filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let model = self.speech_model.as_deref().context("speech_server needs speech_model")?;
        let key = self.speech_key_file.as_ref().map(|file| {
            std::fs::read_to_string(file)
                .with_context(|| format!("cannot read the key in {}", file.display()))
        });
        let key = key.transpose()?;
        let within = Duration::from_secs(u64::from(self.speech_within_minutes) * 60);
        let speech =
            Speech::new(address, model, &self.speech_language, key.as_deref().map(str::trim), within)?;
        speech.check().await?;
        Ok(Some(Arc::new(speech)))
    }
}

/// What is asked of whoever signs in.
#[derive(Args)]
struct SigningIn {
    /// Every role but visitors must have a second factor: who has none sets one up before anything else.
    #[arg(long, env = "ZOUFANG_SECOND_FACTOR_REQUIRED")]
    second_factor_required: bool,
    /// Passwords by the practice of 等保: of small letters, capitals, digits and other characters three, none of the last
    /// five, changed every 90 days.
    #[arg(long, env = "ZOUFANG_STRICT_PASSWORDS")]
    strict_passwords: bool,
    /// Whether one may sign in by a password where there is a provider. An administrator may anyway if no other one could
    /// by the provider.
    #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set, env = "ZOUFANG_PASSWORD_SIGN_IN")]
    password_sign_in: bool,
    /// Address of a provider of OpenID Connect by which one signs in, as it names itself: https://….
    #[arg(long, value_name = "URL", env = "ZOUFANG_OIDC_ISSUER")]
    oidc_issuer: Option<String>,
    /// Whom it takes this server for.
    #[arg(long, value_name = "ID", env = "ZOUFANG_OIDC_CLIENT_ID")]
    oidc_client_id: Option<String>,
    /// A file with the secret by which it knows this server.
    #[arg(long, value_name = "FILE", env = "ZOUFANG_OIDC_SECRET_FILE")]
    oidc_secret_file: Option<PathBuf>,
}

impl SigningIn {
    fn rules(&self) -> Rules {
        Rules {
            second_factor_required: self.second_factor_required,
            strict_passwords: self.strict_passwords,
            provider_only: !self.password_sign_in,
        }
    }

    /// The provider by which one signs in, if any.
    fn provider(&self) -> anyhow::Result<Option<Arc<Provider>>> {
        match (&self.oidc_issuer, &self.oidc_client_id, &self.oidc_secret_file) {
            (None, None, None) => {
                anyhow::ensure!(
                    self.password_sign_in,
                    "password_sign_in = false needs a provider: oidc_issuer, oidc_client_id, oidc_secret_file"
                );
                Ok(None)
            }
            (Some(issuer), Some(client), Some(file)) => {
                let secret = std::fs::read_to_string(file)
                    .with_context(|| format!("cannot read the secret in {}", file.display()))?;
                Ok(Some(Arc::new(Provider::new(issuer, client, secret.trim())?)))
            }
            _ => anyhow::bail!(
                "oidc_issuer, oidc_client_id and oidc_secret_file belong together: one of them is missing"
            ),
        }
    }
}

/// How lines are encrypted; without any of it they are not, which is for a proxy in front and for trying out.
#[derive(Args)]
struct Encryption {
    /// Certificate with its chain, a PEM file; read again when it changes, or at once on SIGHUP.
    #[arg(long, value_name = "FILE", env = "ZOUFANG_TLS_CERTIFICATE")]
    tls_certificate: Option<PathBuf>,
    /// Its private key, a PEM file.
    #[arg(long, value_name = "FILE", env = "ZOUFANG_TLS_KEY")]
    tls_key: Option<PathBuf>,
    /// Get certificates for these names, with commas between, from an authority by ACME: it must reach port 443 of each.
    #[arg(long = "acme-domain", value_name = "NAME", env = "ZOUFANG_ACME_DOMAIN", value_delimiter = ',')]
    acme_domains: Vec<String>,
    /// The mail address that the authority writes to when something is wrong.
    #[arg(long, value_name = "ADDRESS", env = "ZOUFANG_ACME_CONTACT")]
    acme_contact: Option<String>,
    /// Address of the authority's directory.
    #[arg(long, value_name = "URL", env = "ZOUFANG_ACME_DIRECTORY", default_value = LETS_ENCRYPT_PRODUCTION_DIRECTORY)]
    acme_directory: String,
    /// Whom to trust at that address, a PEM file, where the system does not.
    #[arg(long, value_name = "FILE", env = "ZOUFANG_ACME_ROOT")]
    acme_root: Option<PathBuf>,
    /// Also listen here in the clear, and say nothing but where to ask encrypted.
    #[arg(long, value_name = "ADDRESS", env = "ZOUFANG_REDIRECT_LISTEN")]
    redirect_listen: Option<SocketAddr>,
}

impl Encryption {
    /// What lines are encrypted with; `None` when they are not.
    fn begin(&self, app: &App) -> anyhow::Result<Option<Tls>> {
        let (certificate, key) = (self.tls_certificate.clone(), self.tls_key.clone());
        // Values of the file are no options that clap holds against each other.
        anyhow::ensure!(
            certificate.is_some() == key.is_some(),
            "tls_certificate and tls_key belong together: one of them is missing"
        );
        if let (Some(certificate), Some(key)) = (certificate, key) {
            anyhow::ensure!(
                self.acme_domains.is_empty(),
                "tls_certificate or acme_domains: a certificate is in a file or had by ACME, not both"
            );
            let files = tls::Files::open(certificate, key, app.now())?;
            let tls = Tls::of(&files)?;
            tokio::spawn(files.follow(app.clone()));
            return Ok(Some(tls));
        }
        if self.acme_domains.is_empty() {
            anyhow::ensure!(
                self.redirect_listen.is_none(),
                "redirect_listen leads to encrypted lines, and there are none: tls_certificate, or acme_domains"
            );
            return Ok(None);
        }
        let acme = Acme {
            domains: self.acme_domains.clone(),
            contact: self.acme_contact.clone(),
            directory: self.acme_directory.clone(),
            root: self.acme_root.clone(),
        };
        Ok(Some(acme.begin(&app.data)?))
    }

    /// Answers in the clear with where to ask encrypted, where that is wanted.
    async fn redirect(&self, port: u16, app: &App) -> anyhow::Result<()> {
        let Some(address) = self.redirect_listen else { return Ok(()) };
        let listener = listen(address).await?;
        let router = serving::redirecting(port);
        tokio::spawn(serving::serve(listener, None, router, Patience::default(), app.stopping()));
        Ok(())
    }
}

async fn listen(address: SocketAddr) -> anyhow::Result<tokio::net::TcpListener> {
    tokio::net::TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// How long what gives a person away is kept.
#[derive(Args)]
struct Kept {
    /// Days that recordings are kept from when they are here; with 0 for good.
    #[arg(long, value_name = "DAYS", default_value_t = 0, env = "ZOUFANG_RETENTION_VOICE_DAYS")]
    retention_voice_days: u16,
    /// Days that photos are kept from when they are here; with 0 for good.
    #[arg(long, value_name = "DAYS", default_value_t = 0, env = "ZOUFANG_RETENTION_PHOTO_DAYS")]
    retention_photo_days: u16,
    /// Days that names are kept from when they are here: who was visited, how to reach them, where it was exactly; with 0 for
    /// good.
    #[arg(long, value_name = "DAYS", default_value_t = 0, env = "ZOUFANG_RETENTION_NAMES_DAYS")]
    retention_names_days: u16,
    /// Days that what was said is kept from when it is here; with 0 for good. What the office made of it stays.
    #[arg(long, value_name = "DAYS", default_value_t = 0, env = "ZOUFANG_RETENTION_WORDS_DAYS")]
    retention_words_days: u16,
    /// Days that entries of the directory are kept from when they were taken off it or their campaign ended; with 0 for good.
    #[arg(long, value_name = "DAYS", default_value_t = 0, env = "ZOUFANG_RETENTION_DIRECTORY_DAYS")]
    retention_directory_days: u16,
    /// Days that entries of the audit log are kept, 184 at least; with 0 for good.
    #[arg(long, value_name = "DAYS", default_value_t = 0, env = "ZOUFANG_RETENTION_AUDIT_DAYS", value_parser = audit_days)]
    retention_audit_days: u16,
    /// Destroy what has no days left although no backup has it.
    #[arg(long, env = "ZOUFANG_RETENTION_WITHOUT_BACKUP")]
    retention_without_backup: bool,
}

impl Kept {
    fn retention(&self) -> Retention {
        let days = |it: u16| Some(it).filter(|it| *it > 0);
        Retention {
            voice_days: days(self.retention_voice_days),
            photo_days: days(self.retention_photo_days),
            names_days: days(self.retention_names_days),
            words_days: days(self.retention_words_days),
            directory_days: days(self.retention_directory_days),
            audit_days: days(self.retention_audit_days),
            without_backup: self.retention_without_backup,
        }
    }
}

fn audit_days(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(days) if days == 0 || days >= AUDIT_DAYS_MIN => Ok(days),
        Ok(_) => {
            Err(format!("the law asks for six months of logs at least: 0, or {AUDIT_DAYS_MIN} and more"))
        }
        Err(_) => Err("not a number of days".to_owned()),
    }
}

/// Scheduled backups; none without a target.
#[derive(Args)]
struct Schedule {
    /// Where backups go: s3://name/prefix, or a folder. A bucket's endpoint, region and keys are read from
    /// BACKUP_AWS_ENDPOINT_URL and so on, else from AWS_ENDPOINT_URL and so on.
    #[arg(long, value_name = "TARGET", env = "ZOUFANG_BACKUP_TO", requires = "backup_recipients")]
    backup_to: Option<String>,
    /// Who may open them: public keys of age (age1…), with commas between.
    #[arg(
        long = "backup-recipient",
        value_name = "KEY",
        env = "ZOUFANG_BACKUP_RECIPIENT",
        value_delimiter = ','
    )]
    backup_recipients: Vec<String>,
    /// Hours between two.
    #[arg(long, default_value_t = 24, env = "ZOUFANG_BACKUP_EVERY_HOURS", value_parser = clap::value_parser!(u16).range(1..))]
    backup_every_hours: u16,
    /// How many stay at the target; older ones are removed.
    #[arg(long, default_value_t = 14, env = "ZOUFANG_BACKUP_KEEP", value_parser = clap::value_parser!(u16).range(1..))]
    backup_keep: u16,
    /// The folder lies on another machine: phones then let go of what is in a backup that was read back from it.
    #[arg(long, env = "ZOUFANG_BACKUP_OFF_HOST")]
    backup_off_host: bool,
}

impl Schedule {
    /// The plan; `None` when there is no target.
    async fn plan(self, clock: &Clock) -> anyhow::Result<Option<Plan>> {
        let Some(to) = self.backup_to.filter(|it| !it.is_empty()) else { return Ok(None) };
        let target = if to.starts_with("s3://") {
            let bucket = Bucket::new(&to, backup_settings())?;
            let probed = bucket.probe((clock.random)()).await;
            probed.with_context(|| format!("backups cannot be kept in the bucket {to}"))?;
            Target::Bucket(bucket)
        } else {
            let folder = PathBuf::from(&to);
            anyhow::ensure!(folder.is_dir(), "backups cannot be kept in {to}: there is no such folder");
            Target::Folder { folder, off_host: self.backup_off_host }
        };
        anyhow::ensure!(
            !self.backup_recipients.is_empty(),
            "backups need someone who may open them: backup_recipients, public keys of age"
        );
        let recipients = self.backup_recipients.iter().map(|it| super::backup::recipient(it));
        Ok(Some(Plan {
            target,
            recipients: recipients.collect::<anyhow::Result<_>>()?,
            every_ms: i64::from(self.backup_every_hours) * 60 * 60 * 1_000,
            keep: usize::from(self.backup_keep),
        }))
    }
}

/// The settings of the bucket of backups: those of its own go before those of the attachments' bucket.
fn backup_settings() -> impl Iterator<Item = (OsString, OsString)> {
    let own = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str()?.strip_prefix("BACKUP_")?.to_owned();
        Some((name.into(), value))
    });
    // The last one counts.
    std::env::vars_os().chain(own.collect::<Vec<_>>())
}

impl Serve {
    /// Serves until told to stop.
    ///
    /// # Errors
    ///
    /// When the data folder, the bucket or the address cannot be had.
    pub async fn run(self, clock: Clock) -> anyhow::Result<()> {
        let _alone = self.folder.lock()?;
        self.folder.see_bucket(&clock).await?;
        let plan = self.backup.plan(&clock).await?;
        let mut app = self.folder.open(clock).await?;
        app.room_min = self.room_min_mib.saturating_mul(MIB);
        app.provider = self.rules.provider()?;
        app.speech = self.speech.speech().await?;
        let tls = self.encryption.begin(&app)?;
        app.policy = Policy {
            rules: self.rules.rules(),
            reveals_a_day: self.reveals_a_day,
            group_least: Cell { households: self.release_households_min, firms: self.release_firms_min },
            retention: self.kept.retention(),
            backups_ms: plan.as_ref().map(Plan::holds_ms),
            clues_on_paper: self.clues_on_paper,
        };
        let app = app.begin().await?;
        let listener = listen(self.listen).await?;
        let address = listener.local_addr()?;
        self.encryption.redirect(address.port(), &app).await?;
        if self.demo && demo::fill(&app).await? {
            tracing::info!("the demo is ready");
        }
        let holds_demo = demo::is_here(&app).await?;
        let link = app.first_token().await?;
        tokio::spawn(sorting::run(app.clone()));
        tokio::spawn(crate::learning::run(app.clone()));
        tokio::spawn(transcribing::run(app.clone()));
        tokio::spawn(auditing::run(app.clone()));
        tokio::spawn(retention::run(app.clone()));
        if let Some(plan) = plan {
            tokio::spawn(backing_up::run(app.clone(), plan));
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        announce(&format!("{scheme}://localhost:{}", address.port()), link.as_deref());
        announce_days(&retention::announcement(&app).await?);
        match (self.demo, holds_demo) {
            (true, true) => announce_demo(),
            (true, false) => announce_no_demo(),
            (false, _) => {}
        }
        let stop = {
            let stop = app.stop.clone();
            async move {
                told_to_stop().await;
                stop.send_replace(true);
            }
        };
        serving::serve(listener, tls, crate::router(app.clone()), Patience::default(), stop).await;
        if let Err(cause) = servers::leave(&app).await {
            tracing::warn!(%cause, "the database did not hear that this server ended");
        }
        app.db.close().await;
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn announce(address: &str, token: Option<&str>) {
    println!("走访 Zoufang: {address}");
    match token {
        Some(token) => println!(
            "首次启动，请用浏览器打开下面的链接设置第一批账号（只能用一次）:\n\
             First start: open this link once to make the first accounts:\n  \
             {address}/first-accounts#{token}"
        ),
        None => println!("用已有账号登录 / sign in with your account."),
    }
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn announce_days(lines: &[String]) {
    if !lines.is_empty() {
        println!("到期后销毁，不能恢复 / destroyed for good once their days are over:");
    }
    for line in lines {
        println!("  {line}");
    }
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn announce_demo() {
    println!("演示账号，密码都是 / demo accounts, password {}:", demo::PASSWORD);
    for (login, what) in demo::ACCOUNTS_SHOWN {
        println!("  {login:<10} {what}");
    }
}

#[expect(clippy::print_stdout, reason = "this is what the person at the console reads")]
fn announce_no_demo() {
    println!(
        "这个数据目录里已有真实数据，没有放入演示 / this folder holds data of its own: no demo was put in."
    );
}

async fn told_to_stop() {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
        }
        Err(_) => drop(interrupt.await),
    }
}
