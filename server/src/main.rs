//! The binary: reads the command line and passes the real clock and randomness in.

use std::{process::ExitCode, sync::Arc};

use server::{Clock, cli};

/// Records come and go by the thousand between threads, SQLite's among them: with the system's allocator a quarter fewer
/// visits are taken in a second, in as much memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    // Whatever it writes is its own user's: records, attachments, exports.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let filter = tracing_subscriber::EnvFilter::try_from_env("ZOUFANG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    // A log that cannot be written, on a full disk, must stop nothing: the complaint about it would panic.
    let log = tracing_subscriber::fmt().log_internal_errors(false);
    log.with_env_filter(filter).with_writer(std::io::stderr).init();
    let done = match cli::config::parse(std::env::args_os()) {
        Ok(cli) => cli::run(cli, real_clock()).await,
        Err(cause) => Err(cause),
    };
    match done {
        Ok(code) => code,
        Err(cause) => {
            tracing::debug!(?cause, "failed");
            complain(&cause);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "this is what the person at the console reads")]
fn complain(cause: &anyhow::Error) {
    eprintln!("zoufang: {cause:#}");
}

#[expect(clippy::disallowed_methods, reason = "the one place where the real clock comes in")]
fn real_clock() -> Clock {
    Clock {
        now: Arc::new(|| {
            chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()).timestamp_millis()
        }),
        random: Arc::new(|| {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)
                .expect("an operating system without randomness cannot keep anything safe");
            bytes
        }),
    }
}
