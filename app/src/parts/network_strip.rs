//! The strip at the top: the network's state, only when it matters.

use crate::{clock, i18n::text, phone::phone, prelude::*, sync_status::sync_status};

const MINUTE_MS: i64 = 60_000;

/// Says that there is no network, or what waits to be sent and since when. Never a modal.
#[component]
pub fn NetworkStrip() -> impl IntoView {
    let (status, phone) = (sync_status(), phone());
    let sentence = move || {
        let common = text().common;
        let waiting = status.waiting.get();
        match (status.online.get(), waiting.n_waiting) {
            (true, 0) if waiting.aside_n > 0 => Some((common.n_aside)(waiting.aside_n)),
            (true, 0) => {
                let left_n = phone.notes.with(|it| it.left_n);
                (left_n > 0).then(|| (common.left)(left_n))
            }
            (false, n) if phone.notes.with(|it| it.portal) => Some(match n {
                0 => common.portal.to_owned(),
                n => format!("{} · {}", common.portal, (common.n_waiting)(n)),
            }),
            (false, 0) => Some(common.offline.to_owned()),
            (false, n) => Some((common.offline_n_waiting)(n)),
            (true, n) if waiting.sending => Some(format!("{} · {}", common.sending, (common.n_waiting)(n))),
            (true, n) => Some((common.n_waiting)(n)),
        }
    };
    let oldest = move || {
        let minutes = (clock::now() - status.waiting.get().oldest_at?) / MINUTE_MS;
        let common = text().common;
        let since = match minutes {
            ..60 => (common.minutes)(minutes.max(1)),
            60..1_440 => (common.hours)(minutes / 60),
            _ => (common.days)(minutes / 1_440),
        };
        Some((common.oldest)(&since))
    };
    // The status stays in the page, so that a screen reader says what comes into it.
    view! {
        <div class="strip-holder" role="status">
            {move || sentence().map(|sentence| view! {
                <p class="strip" class:offline=move || !status.online.get()>
                    <span>{sentence}</span>
                    <span>{oldest}</span>
                </p>
            })}
        </div>
    }
}
