//! Statements for many rows at once: inserting them, and finding them by a list of keys.

use std::ops::Range;

use uuid::Uuid;

use super::engine::{Connection, Query, Row, Value, sql_made};

/// Inserts rows of `columns` values each: `head` ends with `values`, `tail` says what to do on a conflict.
///
/// # Errors
///
/// The database's; then some may have been inserted, and the transaction is to be taken back.
pub async fn rows_in<'q, T>(
    db: &mut Connection,
    head: &str,
    columns: usize,
    tail: &str,
    rows: &'q [T],
    bind: impl Fn(Query<'q>, &'q T) -> Query<'q>,
) -> sqlx::Result<()> {
    let numbered = db.is_postgres();
    let text = |n: usize| {
        let rows: Vec<String> =
            (0..n).map(|row| format!("({})", places(numbered, row * columns + 1, columns))).collect();
        format!("{head}{}{tail}", rows.join(", "))
    };
    for (part, text) in in_parts(rows.len(), text) {
        let query = rows[part].iter().fold(sql_made(text), &bind);
        query.execute(db).await?;
    }
    Ok(())
}

/// The rows of a statement for a list of ids: `head` ends with `in (`, `tail` begins with `)`.
///
/// # Errors
///
/// The database's.
pub async fn for_ids(
    db: &mut Connection,
    head: &str,
    tail: &str,
    ids: &[domain::id::RecordId],
) -> sqlx::Result<Vec<Row>> {
    let ids: Vec<Uuid> = ids.iter().map(|it| it.0).collect();
    for_these(db, head, tail, &[], &ids).await
}

/// The same of any keys, with the values of the first placeholders, `$1` and so on, before them.
///
/// # Errors
///
/// The database's.
pub async fn for_these<'a, T: Clone + Into<Value<'a>>>(
    db: &mut Connection,
    head: &str,
    tail: &str,
    first: &[Value<'a>],
    keys: &[T],
) -> sqlx::Result<Vec<Row>> {
    let mut found = Vec::new();
    // Those with a number and those without do not mix.
    let numbered = db.is_postgres() || !first.is_empty();
    let text = |n: usize| format!("{head}{}{tail}", places(numbered, first.len() + 1, n));
    for (part, text) in in_parts(keys.len(), text) {
        let query = first.iter().fold(sql_made(text), |query, value| query.bind(value.clone()));
        let query = keys[part].iter().fold(query, |query, key| query.bind(key.clone()));
        found.extend(query.fetch_all(db).await?);
    }
    Ok(found)
}

/// `$3, $4, $5` for three placeholders from 3, or as many without a number where they begin at 1. SQLite looks for
/// each numbered one among all of them: with a thousand, that took a twentieth of the server's time.
fn places(numbered: bool, from: usize, n: usize) -> String {
    let place = |it: usize| if numbered { format!("${it}") } else { "?".to_owned() };
    let places: Vec<String> = (from..from + n).map(place).collect();
    places.join(", ")
}

/// Parts of a list with the text for each. Few lengths, so that statements stay prepared.
fn in_parts(n: usize, text: impl Fn(usize) -> String) -> Vec<(Range<usize>, String)> {
    let (mut parts, mut from) = (Vec::new(), 0);
    for length in [128, 32, 8, 4, 1] {
        while n - from >= length {
            parts.push((from..from + length, text(length)));
            from += length;
        }
    }
    parts
}
