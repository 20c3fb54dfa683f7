//! What can go wrong in a request, and what the caller gets to see of it.

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::problem::{Code, Problem};

/// Everything a request can fail with. A cause that is ours is logged once, here.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{}", .0.title)]
    Problem(Box<Problem>),
    #[error("too many tries")]
    SlowDown { retry_after_s: u64 },
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    #[error("bucket: {}", crate::blobs::told(.0))]
    Bucket(#[from] object_store::Error),
    /// Stored bytes are not what they must be; names the thing, never its content.
    #[error("damaged: {0}")]
    Damaged(&'static str),
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Problem(Box::new(Problem::new(code)))
    }
}

impl Error {
    /// A field that does not keep its rule.
    pub fn invalid(field: &str) -> Self {
        Self::Problem(Box::new(Problem { field: Some(field.to_owned()), ..Problem::new(Code::Invalid) }))
    }

    /// A name that is taken.
    pub fn taken(field: &str) -> Self {
        Self::Problem(Box::new(Problem { field: Some(field.to_owned()), ..Problem::new(Code::Taken) }))
    }

    /// Whoever is signed in is to say who they are once more, by their `password` or a `code`.
    pub fn confirm_first(by: &str) -> Self {
        Self::Problem(Box::new(Problem { field: Some(by.to_owned()), ..Problem::new(Code::ConfirmFirst) }))
    }

    /// Login and password are right, the code is not, or was used.
    pub fn wrong_code() -> Self {
        Self::Problem(Box::new(Problem {
            field: Some("code".to_owned()),
            ..Problem::new(Code::WrongPassword)
        }))
    }

    /// One signs in by the provider here.
    pub fn by_provider() -> Self {
        Self::Problem(Box::new(Problem {
            field: Some("provider".to_owned()),
            ..Problem::new(Code::Forbidden)
        }))
    }

    /// A second factor is to be set up before anything else.
    pub fn second_factor_missing() -> Self {
        Self::Problem(Box::new(Problem {
            field: Some("second_factor".to_owned()),
            ..Problem::new(Code::Forbidden)
        }))
    }

    /// Nothing can be found before a campaign is set up.
    pub fn no_campaign() -> Self {
        Self::Problem(Box::new(Problem {
            field: Some("campaign".to_owned()),
            ..Problem::new(Code::NotFound)
        }))
    }

    /// More bytes or items than `limit`.
    pub fn too_large(limit: usize) -> Self {
        Self::Problem(Box::new(Problem { limit: Some(limit as u64), ..Problem::new(Code::TooLarge) }))
    }

    /// The same problem, naming an item or line, from 1.
    #[must_use]
    pub fn at_item(self, item: usize) -> Self {
        match self {
            Self::Problem(problem) => {
                Self::Problem(Box::new(Problem { item: Some(item as u64), ..*problem }))
            }
            other @ (Self::SlowDown { .. }
            | Self::Database(_)
            | Self::File(_)
            | Self::Bucket(_)
            | Self::Damaged(_)) => other,
        }
    }

    /// What the caller learns of it.
    pub fn code(&self) -> Code {
        match self {
            Self::Problem(problem) => problem.code,
            Self::SlowDown { .. } => Code::SlowDown,
            Self::Database(cause) => database_code(cause),
            Self::File(cause) => match cause.kind() {
                std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::DiskFull,
                _ => Code::Internal,
            },
            // It comes back, or its keys are put right: what a phone holds waits for it.
            Self::Bucket(_) => Code::Busy,
            Self::Damaged(_) => Code::Internal,
        }
    }
}

fn database_code(cause: &sqlx::Error) -> Code {
    let sqlx::Error::Database(database) = cause else {
        // A connection that is not to be had, or was lost with its transaction: another try gets another.
        let passing = matches!(
            cause,
            sqlx::Error::PoolTimedOut
                | sqlx::Error::BeginFailed
                | sqlx::Error::InvalidSavePointStatement
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
        );
        return if passing { Code::Busy } else { Code::Internal };
    };
    let code = database.code().unwrap_or_default();
    if database.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        postgres_code(&code)
    } else {
        sqlite_code(code.parse().unwrap_or(0))
    }
}

/// PostgreSQL's SQLSTATEs: 53100 full, 53300 too many connections, 40 serialization or deadlock, 55P03 locked,
/// 57 shutting down or starting, 25006 a standby, 08 the connection. All but the first pass by themselves.
fn postgres_code(state: &str) -> Code {
    match state {
        "53100" => Code::DiskFull,
        "53300" | "55P03" | "25006" => Code::Busy,
        _ if ["08", "40", "57"].iter().any(|it| state.starts_with(it)) => Code::Busy,
        _ => Code::Internal,
    }
}

/// SQLite's result codes: 13 full, 10 I/O (which a full disk is too), 5 and 6 busy or locked.
fn sqlite_code(code: i32) -> Code {
    match code & 0xff {
        13 => Code::DiskFull,
        // SQLITE_IOERR_WRITE, _FSYNC, _DIR_FSYNC, _TRUNCATE, _SHMSIZE: what a full disk looks like.
        10 if matches!(code >> 8, 3 | 4 | 5 | 6 | 19) => Code::DiskFull,
        5 | 6 => Code::Busy,
        _ => Code::Internal,
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let code = self.code();
        let problem = match &self {
            Self::Problem(problem) => (**problem).clone(),
            Self::SlowDown { .. } => Problem::new(code),
            Self::Database(_) | Self::File(_) | Self::Bucket(_) | Self::Damaged(_) => {
                let reference = reference();
                tracing::error!(cause = %self, reference, "request failed");
                Problem { reference: Some(reference), ..Problem::new(code) }
            }
        };
        let retry_after_s = match (&self, code) {
            (Self::SlowDown { retry_after_s }, _) => Some(*retry_after_s),
            (_, Code::Busy) => Some(2),
            (_, Code::DiskFull) => Some(60),
            _ => None,
        };
        let status = axum::http::StatusCode::from_u16(problem.status)
            .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Six letters and digits that a person can read out over the telephone.
fn reference() -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bytes = [0; 6];
    if getrandom::fill(&mut bytes).is_err() {
        return "000000".to_owned();
    }
    bytes.iter().map(|it| char::from(LETTERS[usize::from(it % 32)])).collect()
}
