//! Statements for many rows at once: inserting them, and finding them by a list of keys.

use uuid::Uuid;

use super::engine::{Connection, Query, Row, Value, sql_made};

/// Rows that one statement inserts, a power of two: of the widest table, 30 columns, far fewer values than either engine
/// takes.
const ROWS_MAX: usize = 128;
/// Keys that one statement looks for, a power of two.
const KEYS_MAX: usize = 512;

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
    let mut rest = rows;
    for n in powers_of_two(rows.len()) {
        let (part, after) = rest.split_at(n);
        part.iter().fold(sql_made(text(n)), &bind).execute(db).await?;
        rest = after;
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
    for part in keys.chunks(KEYS_MAX) {
        // The last one fills the places that are left; it is found once all the same.
        let n = part.len().next_power_of_two();
        let query = first.iter().fold(sql_made(text(n)), |query, value| query.bind(value.clone()));
        let filled = part.iter().chain(std::iter::repeat_n(&part[part.len() - 1], n - part.len()));
        found.extend(filled.fold(query, |query, key| query.bind(key.clone())).fetch_all(db).await?);
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

/// The lengths of the parts that `n` rows go in: few different ones, so that statements stay prepared.
fn powers_of_two(mut n: usize) -> Vec<usize> {
    let mut lengths = vec![ROWS_MAX; n / ROWS_MAX];
    n %= ROWS_MAX;
    lengths.extend((0..ROWS_MAX.ilog2()).rev().map(|it| 1 << it).filter(|it| n & it != 0));
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_parts_of_few_lengths() {
        assert_eq!(powers_of_two(0), [0; 0]);
        assert_eq!(powers_of_two(1), [1]);
        assert_eq!(powers_of_two(75), [64, 8, 2, 1]);
        assert_eq!(powers_of_two(300), [128, 128, 32, 8, 4]);
        assert!((0..1_000).all(|n| powers_of_two(n).iter().sum::<usize>() == n));
    }
}
