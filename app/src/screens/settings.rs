//! Language, light or dark, size; and signing out.

use domain::role::Action;
use leptos::task::spawn_local;

use crate::{
    choices::Choice,
    clock,
    i18n::{Lang, Language, text},
    parts::{frame::Frame, segmented::Segmented},
    phone::{
        carrying, phone, set_if_new,
        visits::{self, Deleted},
    },
    prelude::*,
    screens::{password::PasswordForm, sent::hand_out, today::title_of},
    session::{self, session},
};

/// What each person sets for this device.
#[component]
pub fn Settings() -> impl IntoView {
    view! {
        <Frame title=Signal::derive(move || text().common.settings.to_owned()) back="/">
            <section class="card">
                <Choices/>
            </section>
            <section class="card">
                <a href="/help/install" class="row-link">{move || text().common.install}</a>
            </section>
            <Show when=move || session().may(Action::Record)>
                <Storage/>
                <RecentlyDeleted/>
            </Show>
            <Show when=move || session().account().is_some()>
                <section class="card">
                    // Loaded anew: a phone has this screen from the desk's bundle.
                    <a href="/access" target="_self" class="row-link">{move || text().common.access}</a>
                </section>
                <section class="card">
                    <h2>{move || text().common.change_password}</h2>
                    <PasswordForm changed=Callback::new(|()| ())/>
                </section>
                <Person/>
            </Show>
        </Frame>
    }
}

#[component]
fn Choices() -> impl IntoView {
    let language = expect_context::<Language>();
    let theme = RwSignal::new(Choice::Theme.get());
    let size = RwSignal::new(Choice::Size.get());
    let languages = || vec![(Lang::Zh, "中文".to_owned()), (Lang::En, "English".to_owned())];
    let themes = || {
        let common = text().common;
        [("", common.theme_auto), ("light", common.theme_light), ("dark", common.theme_dark)]
            .map(|(value, words)| (value.to_owned(), words.to_owned()))
            .to_vec()
    };
    let sizes = || {
        let common = text().common;
        [("", common.size_normal), ("large", common.size_large)]
            .map(|(value, words)| (value.to_owned(), words.to_owned()))
            .to_vec()
    };
    view! {
        <Segmented
            name="language"
            label=Signal::derive(|| text().common.language.to_owned())
            options=Signal::derive(languages)
            value=Signal::derive(move || language.get())
            on_choose=move |lang| language.set(lang)
        />
        <Segmented
            name="theme"
            label=Signal::derive(|| text().common.theme.to_owned())
            options=Signal::derive(themes)
            value=theme
            on_choose=move |value: String| { Choice::Theme.set(&value); theme.set(value); }
        />
        <Segmented
            name="size"
            label=Signal::derive(|| text().common.size.to_owned())
            options=Signal::derive(sizes)
            value=size
            on_choose=move |value: String| { Choice::Size.set(&value); size.set(value); }
        />
    }
}

/// Drafts that were deleted within the week, and the way back.
#[component]
fn RecentlyDeleted() -> impl IntoView {
    let phone = phone();
    let deleted = RwSignal::new(Vec::<Deleted>::new());
    Effect::new(move |_| {
        phone.drafts.track();
        spawn_local(async move {
            if let Ok(all) = visits::deleted(phone).await {
                set_if_new(deleted, all);
            }
        });
    });
    view! {
        <Show when=move || deleted.with(|it| !it.is_empty())>
            <section class="card">
                <h2>{move || text().visitor.recently_deleted}</h2>
                <div class="rows">
                    {move || deleted.get().into_iter().map(|one| {
                        let title = one.draft().clone();
                        view! {
                            <div class="row-with-act">
                                <span class="row"><span class="title">{move || title_of(&title)}</span></span>
                                <button on:click=move |_| phone.undelete(one.clone())>{move || text().visitor.have_back}</button>
                            </div>
                        }
                    }).collect_view()}
                </div>
            </section>
        </Show>
    }
}

/// Whether what is recorded stays, and how much more fits.
#[component]
fn Storage() -> impl IntoView {
    let phone = phone();
    let room = RwSignal::new(None::<u64>);
    spawn_local(async move {
        let _ = room.try_set(free_bytes().await);
    });
    view! {
        <section class="card">
            <h2>{move || text().visitor.storage}</h2>
            {move || phone.notes.get().persisted.map(|kept| if kept {
                view! { <p class="notice pine">{text().visitor.storage_kept}</p> }
            } else {
                view! { <p class="notice amber">{text().visitor.storage_may_go}</p> }
            })}
            <p class="quiet">{move || room.get().map(text().visitor.storage_room)}</p>
            <p class="quiet">
                {move || match phone.notes.get().others_n {
                    _ if phone.notes.get().cannot_check => text().visitor.cannot_check.to_owned(),
                    0 => text().visitor.another_user_hint.to_owned(),
                    n => (text().visitor.others_wait)(n),
                }}
            </p>
            <SaveFile/>
        </section>
    }
}

/// Saves what was not sent as a file, for the office.
#[component]
pub fn SaveFile() -> impl IntoView {
    let phone = phone();
    let save = move |_| {
        let Some(account) = phone.account() else { return };
        spawn_local(async move {
            match carrying::file(account.id).await {
                Ok(bytes) => {
                    let name = format!("zoufang-{}.sealed", clock::now());
                    hand_out(&bytes, "application/octet-stream", &name);
                }
                Err(cause) => phone.say(Err(cause)),
            }
        });
    };
    view! { <button on:click=save>{move || text().visitor.save_file}</button> }
}

/// What the browser would still let this app keep, in bytes.
async fn free_bytes() -> Option<u64> {
    let estimate = window().navigator().storage().estimate().ok()?;
    let estimate = wasm_bindgen_futures::JsFuture::from(estimate).await.ok()?;
    let number = |name: &str| js_sys::Reflect::get(&estimate, &name.into()).ok()?.as_f64();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bytes, clamped at nothing")]
    let free = (number("quota")? - number("usage")?).max(0.0) as u64;
    Some(free)
}

#[component]
fn Person() -> impl IntoView {
    let phone = phone();
    let unsent_n = move || {
        phone.drafts.track();
        phone.status.waiting.track();
        phone.unsent_n()
    };
    let sign_out = move |_| {
        let session = session();
        spawn_local(async move {
            session::leave(session, phone).await;
            router::go("/sign-in");
        });
    };
    view! {
        <section class="card">
            <p>{move || session().account().map(|it| it.name)}</p>
            <p class="quiet">{move || session().role().map(|it| (text().common.role)(it))}</p>
            {move || (unsent_n() > 0).then(|| view! {
                <p class="notice amber">{(text().visitor.unsent_stays)(unsent_n())}</p>
            })}
            <button on:click=sign_out>{move || text().common.sign_out}</button>
        </section>
    }
}
