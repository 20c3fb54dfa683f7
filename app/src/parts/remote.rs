//! What the server answers, for screens that keep nothing on the device.

use leptos::task::spawn_local;
use serde::de::DeserializeOwned;

use crate::{
    api::{self, ApiError},
    i18n::{problem, text},
    parts::live::live,
    prelude::*,
};

/// An answer that is read, and read anew when its address changes.
pub struct Remote<T: Send + Sync + 'static> {
    pub value: RwSignal<Option<T>>,
    pub trouble: RwSignal<Option<ApiError>>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Remote<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Remote<T> {}

impl<T: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static> Remote<T> {
    /// Reads what is at the address, which may depend on signals; an empty one is not asked.
    pub fn load(address: impl Fn() -> String + 'static) -> Self {
        let remote =
            Self { value: RwSignal::new(None), trouble: RwSignal::new(None), again: RwSignal::new(0) };
        // Answers may come in another order than they were asked for; only the latest counts.
        let latest = StoredValue::new(0_u32);
        Effect::new(move |_| {
            remote.again.track();
            let address = address();
            let number = latest.get_value().wrapping_add(1);
            latest.set_value(number);
            if address.is_empty() {
                return;
            }
            spawn_local(async move {
                let answer = api::get::<T>(&address).await;
                if latest.try_get_value() != Some(number) {
                    return;
                }
                match answer {
                    Ok(value) => {
                        let _ = remote.trouble.try_set(None);
                        // What is the same is not drawn again.
                        let _ = remote.value.try_maybe_update(|it| {
                            let changed = it.as_ref() != Some(&value);
                            *it = Some(value);
                            (changed, ())
                        });
                    }
                    Err(cause) => drop(remote.trouble.try_set(Some(cause))),
                }
            });
        });
        remote
    }

    /// Reads it again whenever something was written, for as long as the screen is shown: for screens on which
    /// nothing is typed.
    #[must_use]
    pub fn live(self) -> Self {
        live(move || self.reload());
        self
    }

    /// Reads it again.
    pub fn reload(self) {
        let _ = self.again.try_update(|it| *it += 1);
    }

    /// What was read last.
    pub fn get(self) -> Option<T> {
        self.value.get()
    }

    /// Says what went wrong, with a way to try again.
    pub fn trouble_view(self) -> impl IntoView {
        view! {
            <div role="alert">
                {move || self.trouble.get().map(|cause| view! {
                    <p class="notice cinnabar">
                        {problem::words(&cause)} " "
                        <button class="link" on:click=move |_| self.reload()>{text().common.retry}</button>
                    </p>
                })}
            </div>
        }
    }
}
