//! Versions of the taxonomy, and how much bears each type.

use std::collections::BTreeMap;

use domain::{
    id::AccountId,
    taxonomy::{
        scheme::Scheme,
        versions::{NAMED_MAX, TaxonomyVersion, Uses},
    },
};

use super::engine::{Connection, Row, sql};

const LATEST: &str = "select coalesce(max(number), 1) as number from taxonomy_version";
const BODY: &str = "select body from taxonomy_version where number = $1";
const ADD: &str = "insert into taxonomy_version (number, made_at, made_by, act, code, body)
    values ($1, $2, $3, $4, $5, $6)";
const LIST: &str = "select number, made_at, account.name, act, code
    from taxonomy_version left join account on account.id = made_by order by number desc limit $1";
/// Visits that were withdrawn are few, and have an index of their own.
const CONFIRMED: &str = "select category as code, count(*) as n from statement
    where category is not null and counted = 1
        and visit not in (select id from visit where withdrawn is not null) group by category";
const WITHDRAWN: &str = "select category as code, count(*) as n from statement
    where category is not null and counted = 1
        and visit in (select id from visit where withdrawn is not null) group by category";
const SUGGESTED: &str = "select suggestion.code, count(*) as n
    from suggestion join statement on statement.id = suggestion.statement
    where statement.state = 'waiting' and statement.counted = 1 and suggestion.code is not null
        and visit not in (select id from visit where withdrawn is not null) group by suggestion.code";
const ISSUES: &str = "select category as code, count(*) as n from issue
    where category is not null group by category";
const RELEASES: &str = "select category as code, count(*) as n from release
    where category is not null group by category";
const WAITING: &str = "select count(*) as n from statement where state = 'waiting' and counted = 1
    and visit not in (select id from visit where withdrawn is not null)";
const ISSUES_OF: &str = "select number, title from issue where category = $1 order by number desc limit $2";
const RELEASES_OF: &str = "select unit.name as unit_name, title
    from release join unit on unit.id = release.unit where category = $1 order by number desc, unit.name limit $2";

/// Versions that are listed at most.
const LISTED_MAX: i64 = 100;

/// The number of the version in use: 1 is what ships.
pub async fn latest(db: &mut Connection) -> sqlx::Result<i64> {
    Ok(sql(LATEST).fetch_one(db).await?.get("number"))
}

/// What a version offers; none where there is no such version.
pub async fn scheme(db: &mut Connection, number: i64) -> sqlx::Result<Option<Scheme>> {
    let row = sql(BODY).bind(number).fetch_optional(db).await?;
    match row {
        Some(row) => serde_json::from_str(row.get("body"))
            .map(Some)
            .map_err(|_| sqlx::Error::Decode("a taxonomy that cannot be read".into())),
        // Nothing was changed yet.
        None if number == 1 => Ok(Some(Scheme::shipped())),
        None => Ok(None),
    }
}

/// A version to keep.
pub struct NewVersion<'a> {
    pub number: i64,
    /// When and by whom it was made; none for what ships.
    pub made: Option<(i64, AccountId)>,
    pub act: &'a str,
    pub code: &'a str,
    pub scheme: &'a Scheme,
}

/// Keeps a version, which is in use from now on.
pub async fn add(db: &mut Connection, new: &NewVersion<'_>) -> sqlx::Result<()> {
    let query = sql(ADD)
        .bind(new.number)
        .bind(new.made.map(|it| it.0))
        .bind(new.made.map(|it| it.1.0))
        .bind(new.act)
        .bind(new.code)
        .bind(serde_json::to_string(new.scheme).unwrap_or_default());
    query.execute(db).await.map(drop)
}

/// The versions, the latest first; none while nothing was changed.
pub async fn list(db: &mut Connection) -> sqlx::Result<Vec<TaxonomyVersion>> {
    let rows = sql(LIST).bind(LISTED_MAX).fetch_all(db).await?;
    let version = |row: &Row| TaxonomyVersion {
        number: row.get("number"),
        made_at: row.get("made_at"),
        made_by: row.get("name"),
        act: row.get("act"),
        code: row.get("code"),
    };
    Ok(rows.iter().map(version).collect())
}

/// A statement that counts by code, and where its counts go.
type Counted = (&'static str, fn(&mut Uses) -> &mut u32);

/// How much bears each type, by code; what nothing bears is left out.
pub async fn uses(db: &mut Connection) -> sqlx::Result<BTreeMap<String, Uses>> {
    let mut uses: BTreeMap<String, Uses> = BTreeMap::new();
    let kinds: [Counted; 5] = [
        (CONFIRMED, |it| &mut it.confirmed_n),
        (WITHDRAWN, |it| &mut it.withdrawn_n),
        (SUGGESTED, |it| &mut it.suggested_n),
        (ISSUES, |it| &mut it.issues_n),
        (RELEASES, |it| &mut it.releases_n),
    ];
    for (text, of) in kinds {
        for row in &sql(text).fetch_all(&mut *db).await? {
            *of(uses.entry(row.get("code")).or_default()) = row.get("n");
        }
    }
    Ok(uses)
}

/// How many statements wait, of visits that were not withdrawn.
pub async fn waiting_n(db: &mut Connection) -> sqlx::Result<u32> {
    Ok(sql(WAITING).fetch_one(db).await?.get("n"))
}

/// Number and title of the latest issues of a type.
pub async fn issues_of(db: &mut Connection, code: &str) -> sqlx::Result<Vec<String>> {
    let rows = sql(ISSUES_OF).bind(code).bind(i64::from(NAMED_MAX)).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| format!("{} · {}", row.get::<i64>("number"), row.get::<&str>("title")))
        .collect())
}

/// Unit and title of the latest releases of a type.
pub async fn releases_of(db: &mut Connection, code: &str) -> sqlx::Result<Vec<String>> {
    let rows = sql(RELEASES_OF).bind(code).bind(i64::from(NAMED_MAX)).fetch_all(db).await?;
    Ok(rows
        .iter()
        .map(|row| format!("{} · {}", row.get::<&str>("unit_name"), row.get::<&str>("title")))
        .collect())
}
