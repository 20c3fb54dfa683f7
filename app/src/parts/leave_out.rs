//! A member of the discipline group, to be ticked where the case concerns them (当事人回避).

use domain::id::AccountId;

use crate::prelude::*;

/// Ticked, `account` stands in `left_out`.
pub fn leave_out(
    left_out: RwSignal<Vec<AccountId>>,
    account: AccountId,
    words: impl IntoView + 'static,
) -> impl IntoView {
    let toggle = move |event| {
        left_out.update(|it| {
            it.retain(|it| *it != account);
            if event_target_checked(&event) {
                it.push(account);
            }
        });
    };
    view! { <label class="check"><input type="checkbox" on:change=toggle/>{words}</label> }
}
