//! What the office confirmed of statements, to learn from.

use domain::statement::{Kind, gist};

use super::{
    engine::{Connection, sql},
    queue::kind_of,
};

/// The last decision on each statement that names its kind, where someone read it and it was not taken back. What was
/// destroyed or withdrawn has no part in it.
const LATEST: &str = "select sequence, words, transcript, summary, statement.kind, category
    from decision join statement on statement.id = decision.statement join visit on visit.id = statement.visit
    where decision.sequence > $1 and undone_at is null and batch is null
        and act in ('sort', 'join', 'make_issue')
        and visit.withdrawn is null and statement.counted = 1
        and (words <> '' or transcript <> '' or summary <> '')
        and not exists (select 1 from decision as later
            where later.statement = decision.statement and later.sequence > decision.sequence
                and later.undone_at is null and later.act in ('sort', 'join', 'make_issue'))
    order by sequence desc limit $2";
const MARK: &str = "select coalesce(max(sequence), 0) as last, count(undone_at) as undone_n from decision
    where sequence > $1";
const COUNT: &str = "select count(distinct decision.statement)
    from decision join statement on statement.id = decision.statement join visit on visit.id = statement.visit
    where undone_at is null and batch is null and act in ('sort', 'join', 'make_issue')
        and visit.withdrawn is null and statement.counted = 1 and (words <> '' or transcript <> '' or summary <> '')";

/// A statement with what was confirmed of it.
pub struct Confirmation {
    /// The decision's.
    pub sequence: i64,
    pub words: String,
    pub kind: Kind,
    pub category: Option<String>,
}

/// By what it is known whether something was decided or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The last decision; 0 where there is none.
    pub last: i64,
    undone_n: i64,
}

/// Of the decisions behind `after`.
pub async fn mark(db: &mut Connection, after: i64) -> sqlx::Result<Mark> {
    let row = sql(MARK).bind(after).fetch_one(db).await?;
    Ok(Mark { last: row.get("last"), undone_n: row.get("undone_n") })
}

/// The latest behind the decision `after`, at most `limit`, in the order in which they were decided.
pub async fn latest(db: &mut Connection, after: i64, limit: i64) -> sqlx::Result<Vec<Confirmation>> {
    let rows = sql(LATEST).bind(after).bind(limit).fetch_all(db).await?;
    rows.iter()
        .rev()
        .map(|row| {
            Ok(Confirmation {
                sequence: row.get("sequence"),
                words: gist(row.get("words"), row.get("transcript"), row.get("summary")).to_owned(),
                kind: kind_of(row.get("kind"))?,
                category: row.get("category"),
            })
        })
        .collect()
}

/// How many statements were confirmed by someone who read them.
pub async fn count(db: &mut Connection) -> sqlx::Result<usize> {
    let n: i64 = sql(COUNT).fetch_one(db).await?.get(0);
    Ok(usize::try_from(n).unwrap_or(0))
}
