//! How many of what went when.

use domain::retention::{Kind, Removal};

use super::engine::{Connection, sql};

const ADD: &str = "insert into removal (at, what, n) values ($1, $2, $3)
    on conflict (at, what) do update set n = removal.n + excluded.n";
const LIST: &str = "select at, what, n from removal order by at desc, what limit $1";

/// Notes that so many of a kind went.
pub async fn add(db: &mut Connection, at: i64, kind: Kind, n: u32) -> sqlx::Result<()> {
    sql(ADD).bind(at).bind(kind.as_str()).bind(n).execute(db).await.map(drop)
}

/// What went, the latest first.
pub async fn list(db: &mut Connection, n_max: u32) -> sqlx::Result<Vec<Removal>> {
    let rows = sql(LIST).bind(n_max).fetch_all(db).await?;
    let removal = |row: &super::engine::Row| {
        Some(Removal { at: row.get("at"), kind: Kind::from_word(row.get("what"))?, n: row.get("n") })
    };
    Ok(rows.iter().filter_map(removal).collect())
}
