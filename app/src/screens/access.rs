//! Where an account is open: sessions, devices, the second factor.

mod second_factor;

use domain::{
    access::{Access, ListedDevice, ListedSession},
    role::Role,
};
use leptos::task::spawn_local;

use self::second_factor::SecondFactorCard;
pub use self::second_factor::SecondFactorGate;
use crate::{
    api,
    i18n::{problem, text},
    parts::{
        frame::Frame,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::today::when,
    session::session,
};

/// The own sessions and devices, and the second factor.
#[component]
pub fn AccessScreen() -> impl IntoView {
    let access = Remote::<Access>::load(|| "/api/v1/sessions".to_owned());
    view! {
        <Frame title=Signal::derive(|| text().common.access.to_owned()) back="/settings">
            {access.trouble_view()}
            <section class="card">
                <h2>{move || text().access.sessions}</h2>
                <p class="quiet">{move || text().access.sessions_hint}</p>
                <div class="rows">
                    {move || access.get().map(|it| it.sessions).unwrap_or_default().into_iter().map(|it| view! { <SessionRow access one=it/> }).collect_view()}
                </div>
            </section>
            <Show when=move || access.get().is_some_and(|it| !it.devices.is_empty())>
                <section class="card">
                    <h2>{move || text().access.devices}</h2>
                    <p class="quiet">{move || text().access.devices_hint}</p>
                    <div class="rows">
                        {move || access.get().map(|it| it.devices).unwrap_or_default().into_iter().map(|it| view! { <DeviceRow access one=it/> }).collect_view()}
                    </div>
                </section>
            </Show>
            <Show when=move || session().role().is_some_and(Role::has_second_factor)>
                <SecondFactorCard/>
            </Show>
        </Frame>
    }
}

/// Ends what is at an address, says so, and shows what is left.
fn end(access: Remote<Access>, address: String, done: fn() -> &'static str) {
    spawn_local(async move {
        match api::delete::<()>(&address).await {
            Ok(()) => toast::say(done().to_owned()),
            Err(cause) => toast::say(problem::words(&cause)),
        }
        access.reload();
    });
}

#[component]
fn SessionRow(access: Remote<Access>, one: ListedSession) -> impl IntoView {
    let words = text().access;
    let place = match (one.script, one.place.is_empty()) {
        (true, _) => (words.script)(&one.place),
        (false, true) => words.unknown_place.to_owned(),
        (false, false) => one.place,
    };
    let address = format!("/api/v1/sessions/{}", one.id);
    view! {
        <div class="row">
            <span class="grow">
                <span class="title">{place}</span>
                <span class="quiet">{(words.since)(&when(one.begun_at), &when(one.seen_at))}</span>
            </span>
            {if one.this {
                view! { <Pill tone=Tone::Pine>{words.this_one}</Pill> }.into_any()
            } else {
                view! { <button on:click=move |_| end(access, address.clone(), || text().access.ended)>{words.end}</button> }.into_any()
            }}
        </div>
    }
}

#[component]
fn DeviceRow(access: Remote<Access>, one: ListedDevice) -> impl IntoView {
    let words = text().access;
    let address = format!("/api/v1/devices/{}", one.id);
    let restored = format!("{address}/restoration");
    let restore = move |_| {
        let address = restored.clone();
        spawn_local(async move {
            match api::post::<()>(&address, &()).await {
                Ok(()) => toast::say(text().access.restored.to_owned()),
                Err(cause) => toast::say(problem::words(&cause)),
            }
            access.reload();
        });
    };
    view! {
        <div class="row">
            <span class="grow">
                <span class="title">{(words.phone)(&when(one.added_at))}</span>
                <span class="quiet">{one.seen_at.map(|at| (words.last_used)(&when(at)))}</span>
            </span>
            {one.this.then(|| view! { <Pill tone=Tone::Pine>{words.this_one}</Pill> })}
            {if one.disabled {
                view! { <Pill tone=Tone::Amber>{words.disabled}</Pill> <button on:click=restore>{words.restore}</button> }.into_any()
            } else {
                view! { <button on:click=move |_| end(access, address.clone(), || text().access.disabled)>{words.disable}</button> }.into_any()
            }}
        </div>
    }
}
