//! The door for ODK Collect: opened and closed, passwords for it made and withdrawn, and what does not stand there.

use domain::openrosa::{AtTheDoor, DoorPassword, NewDoorPassword, OpenRosaDoor, OpenRosaSwitch};
use leptos::task::spawn_local;

use crate::{
    api,
    i18n::{problem::form_words, text},
    parts::{
        pill::{Pill, Tone},
        qr::Qr,
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::today::when,
};

const DOOR: &str = "/api/v1/openrosa";
const PASSWORDS: &str = "/api/v1/openrosa/passwords";

/// The door, below the questionnaires that stand there.
#[component]
pub fn Door() -> impl IntoView {
    let door = Remote::<OpenRosaDoor>::load(|| DOOR.to_owned());
    let once = RwSignal::new(None::<DoorPassword>);
    view! {
        <section class="card" id="door">
            {door.trouble_view()}
            {move || door.get().map(|it| view! { <Shown it door once/> })}
        </section>
    }
}

#[component]
fn Shown(
    it: OpenRosaDoor,
    door: Remote<OpenRosaDoor>,
    once: RwSignal<Option<DoorPassword>>,
) -> impl IntoView {
    let words = text().door;
    let open = it.open;
    let switch = move |_| {
        spawn_local(async move {
            match api::put::<()>(DOOR, &OpenRosaSwitch { open: !open }).await {
                Ok(()) => once.set(None),
                Err(cause) => toast::say(form_words(&cause)),
            }
            door.reload();
        });
    };
    let state = if open {
        view! { <Pill tone=Tone::Pine>{words.open}</Pill> }.into_any()
    } else {
        view! { <Pill>{words.closed}</Pill> }.into_any()
    };
    let left_out = it.forms.into_iter().filter_map(|it| Some((it.title, it.left_out?)));
    let left_out: Vec<_> =
        left_out.map(|(title, why)| view! { <li>{title} " · " {(words.left_out)(why)}</li> }).collect();
    view! {
        <header><h2>{words.title}</h2>{state}</header>
        <p class="quiet">{words.hint}</p>
        <p><button id="door-switch" on:click=switch>{if open { words.close } else { words.open_it }}</button></p>
        {open.then(|| view! {
            <Once once/>
            <h3>{words.passwords}</h3>
            <p class="quiet">{words.passwords_hint}</p>
            <div>{it.accounts.into_iter().map(|it| view! { <Account it door once/> }).collect_view()}</div>
            {(!left_out.is_empty()).then(|| view! { <h3>{words.not_there}</h3> <ul>{left_out}</ul> })}
        })}
    }
}

/// A password that was just made; gone with the page.
#[component]
fn Once(once: RwSignal<Option<DoorPassword>>) -> impl IntoView {
    let shown = move || {
        let words = text().door;
        once.get().map(|it| {
            view! {
                <div class="once" id="door-once">
                    <Qr text=it.settings label=Signal::derive(|| text().door.qr.to_owned())/>
                    <div>
                        <p>{words.once}</p>
                        <dl>
                            <dt>{words.address}</dt><dd>{it.address}</dd>
                            <dt>{words.login}</dt><dd>{it.login}</dd>
                            <dt>{words.password}</dt><dd id="door-password">{it.password}</dd>
                        </dl>
                        <p><button on:click=move |_| once.set(None)>{words.kept}</button></p>
                    </div>
                </div>
            }
        })
    };
    view! { {shown} }
}

#[component]
fn Account(it: AtTheDoor, door: Remote<OpenRosaDoor>, once: RwSignal<Option<DoorPassword>>) -> impl IntoView {
    let words = text().door;
    let (account, has_one) = (it.id, it.made_at.is_some());
    let make = move |_| {
        spawn_local(async move {
            match api::post::<DoorPassword>(PASSWORDS, &NewDoorPassword { account }).await {
                Ok(made) => once.set(Some(made)),
                Err(cause) => toast::say(form_words(&cause)),
            }
            door.reload();
        });
    };
    let withdraw = move |_| {
        spawn_local(async move {
            match api::delete::<()>(&format!("{PASSWORDS}/{account}")).await {
                Ok(()) => {
                    once.set(None);
                    toast::say(text().door.withdrawn.to_owned());
                }
                Err(cause) => toast::say(form_words(&cause)),
            }
            door.reload();
        });
    };
    let state = match (it.made_at, it.used_at) {
        (None, _) => words.none.to_owned(),
        (Some(made), None) => (words.made)(&when(made)),
        (Some(_), Some(used)) => (words.used)(&when(used)),
    };
    view! {
        <div class="row">
            <span class="grow">{it.name} " " <span class="quiet">{it.unit_name} " · " {it.login} " · " {state}</span></span>
            <button class="link" on:click=make>{if has_one { words.make_another } else { words.make }}</button>
            {has_one.then(|| view! { <button class="link" on:click=withdraw>{words.withdraw}</button> })}
        </div>
    }
}
