//! The audit log as its reader sees it: who looked at or changed what, and why; nothing personal.

use serde::{Deserialize, Serialize};

use crate::role::Role;

/// Most lines of one page.
pub const AUDIT_PAGE: u32 = 100;
/// Acts that show who was visited or who spoke.
pub const LOOKS: [&str; 3] = ["read_identity", "play_voice", "export"];

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditLine {
    /// Place in the log; none is ever missing.
    pub sequence: i64,
    /// Milliseconds since 1970, by the server's clock.
    pub at: i64,
    /// Name and role of who did it; absent for the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// A word such as `read_identity`.
    pub act: String,
    /// Kind and id.
    pub object: String,
    /// As the person gave it.
    pub reason: String,
}

/// A page of the audit log, the latest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditPage {
    pub lines: Vec<AuditLine>,
    /// Where the next page begins, absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}
