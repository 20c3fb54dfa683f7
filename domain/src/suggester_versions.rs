//! Versions of what suggests: what ships, and what was learned from the office's confirmations beside it.

use serde::{Deserialize, Serialize};

use crate::suggesting::confirmed::Agreed;

/// The latest versions that are kept to go back to; older ones are let go.
pub const VERSIONS_KEPT: u32 = 12;

/// How often the office agreed, by cross-validation on its confirmations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = AgreementFigures))]
pub struct Figures {
    /// With the version that was in use when this one was made.
    pub before: Agreed,
    /// With this one.
    pub after: Agreed,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuggesterVersion {
    pub number: i64,
    /// Milliseconds since 1970.
    pub made_at: i64,
    /// The name of who asked for it; absent where it was due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// How many confirmations it was learned from.
    pub confirmed_n: u32,
    pub figures: Figures,
    /// It can be taken into use: it was not let go, and belongs to this program.
    pub kept: bool,
}

/// The versions, and which suggests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SuggesterVersions {
    /// Absent: what ships.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_use: Option<i64>,
    /// Milliseconds since 1970; absent where it was never another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<i64>,
    /// The name of who chose it; absent where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<String>,
    /// Confirmations that a version can be learned from now.
    pub confirmed_n: u32,
    /// The latest first.
    pub versions: Vec<SuggesterVersion>,
}

/// Which version is to suggest from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VersionChoice {
    /// Absent: what ships.
    #[serde(default)]
    pub version: Option<i64>,
}
