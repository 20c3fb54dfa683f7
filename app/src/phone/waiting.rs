//! What waits on this phone, by account: the next person is told that others have something here.

use std::cell::Cell;

use domain::id::AccountId;
use leptos::task::spawn_local;

use crate::{
    local::{self, Table, Write},
    phone::Phone,
};

/// Keys of the device's notes on how many visits of an account wait.
const NOTES: &str = "waiting/";

fn key(account: AccountId) -> String {
    format!("{NOTES}{account}")
}

thread_local! {
    static NOTED: Cell<Option<(AccountId, usize)>> = const { Cell::new(None) };
}

/// Notes how many visits of `account` wait, for whoever comes next.
pub fn note(account: AccountId, n: usize) {
    if NOTED.replace(Some((account, n))) == Some((account, n)) {
        return;
    }
    let write = if n == 0 {
        Write::Delete { table: Table::Meta, key: key(account) }
    } else {
        Write::json(Table::Meta, key(account), &n)
    };
    spawn_local(async move {
        // A hint for the next person; what waits lies elsewhere.
        let _ = local::device().write(&[write]).await;
    });
}

/// Others than `account` of whom something waits.
pub async fn others(account: AccountId) -> Vec<AccountId> {
    let notes = local::device().all(Table::Meta, NOTES).await.unwrap_or_default();
    let accounts = notes.iter().filter_map(|(name, _)| name.strip_prefix(NOTES)?.parse().ok());
    accounts.filter(|it| *it != account).collect()
}

/// Shows how many visits wait of others than `account`.
pub async fn read_others(phone: Phone, account: AccountId) {
    let notes = local::device().all(Table::Meta, NOTES).await.unwrap_or_default();
    let others = notes.iter().filter(|(name, _)| *name != key(account));
    let n = others.filter_map(|(_, it)| crate::json::read::<usize>(it).ok()).sum();
    phone.note(|it| it.others_n = n);
}
