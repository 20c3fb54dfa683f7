//! Versions of the taxonomy: what is in use, what a change would do, and what was done.

use serde::{Deserialize, Serialize};

use super::{
    scheme::{Difference, Scheme, TaxonomyChange},
    table::TableFault,
};

/// Most issues and releases that are named beside a type.
pub const NAMED_MAX: u32 = 10;

/// The scheme in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaxonomyInUse {
    /// Counts from 1, which ships.
    pub version: i64,
    pub scheme: Scheme,
}

impl Default for TaxonomyInUse {
    fn default() -> Self {
        Self { version: 1, scheme: Scheme::shipped() }
    }
}

/// How much bears a type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Uses {
    /// Statements that were confirmed as it, but for those of visits that were withdrawn.
    pub confirmed_n: u32,
    /// Those of visits that were withdrawn: they count nowhere, and keep their type.
    #[serde(default)]
    pub withdrawn_n: u32,
    /// Statements that wait, to which it is suggested first.
    pub suggested_n: u32,
    pub issues_n: u32,
    pub releases_n: u32,
}

impl Uses {
    /// Whether a person decided on it anywhere.
    pub fn is_decided(self) -> bool {
        self.confirmed_n + self.withdrawn_n + self.issues_n + self.releases_n > 0
    }
}

/// A type, and how much bears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeUses {
    pub code: String,
    pub uses: Uses,
}

/// A version of the taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TaxonomyVersion {
    pub number: i64,
    /// Milliseconds since 1970; absent for what ships.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<i64>,
    /// The name of who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// The word of [`TaxonomyChange::about`]; `shipped` for what ships.
    pub act: String,
    /// The type that it was about; empty where it was about several.
    pub code: String,
}

/// All that the office's screen shows of the taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptTaxonomy {
    pub in_use: TaxonomyInUse,
    /// Types that nothing bears are left out.
    pub uses: Vec<CodeUses>,
    /// The latest first.
    pub versions: Vec<TaxonomyVersion>,
}

/// A change, and upon which version it was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangeRequest {
    pub version: i64,
    pub change: TaxonomyChange,
}

/// What becomes of one type, and of what bears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EffectLine {
    pub difference: Difference,
    pub uses: Uses,
    /// Number and title of the latest issues, at most [`NAMED_MAX`].
    pub issues: Vec<String>,
    /// Unit and title of the latest releases, at most [`NAMED_MAX`].
    pub releases: Vec<String>,
}

/// What a change would do, before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Effect {
    pub lines: Vec<EffectLine>,
    /// Types stand in another order.
    pub reordered: bool,
    /// Statements that wait and are suggested anew.
    pub suggested_anew_n: u32,
    /// Types in use that stand against it: the version gone back to lacks them, or they would become groups.
    pub against: Vec<CodeUses>,
    /// Why a table cannot be read.
    pub faults: Vec<TableFault>,
}

impl Effect {
    /// Whether it can be made, and does anything.
    pub fn is_possible(&self) -> bool {
        self.faults.is_empty() && self.against.is_empty() && (self.reordered || !self.lines.is_empty())
    }
}
