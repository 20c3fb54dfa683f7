//! Accounts, by the system administrator.

use domain::{
    campaign::Unit,
    id::AccountId,
    invitation::Invitation,
    oidc::BindSubject,
    role::{Action, Role},
    setup::{AccountForm, Change, ListedAccount},
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::form_words;
use crate::{
    api, clock,
    i18n::text,
    parts::{
        desk_frame::DeskFrame,
        field::Field,
        pill::{Pill, Tone},
        qr::Qr,
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::today::when,
    session::session,
};

/// All accounts, and a new one.
#[component]
pub fn AccountsScreen() -> impl IntoView {
    let accounts = Remote::<Vec<ListedAccount>>::load(|| "/api/v1/accounts".to_owned());
    let units = Remote::<Vec<Unit>>::load(|| "/api/v1/units".to_owned());
    provide_context(Remote::<bool>::load(|| "/api/v1/oidc".to_owned()));
    let once = RwSignal::new(None::<Invitation>);
    view! {
        <DeskFrame title=Signal::derive(|| text().setup.accounts.to_owned())>
            <main class="page">
                <h1>{move || text().setup.accounts}</h1>
                <div role="status">
                    {move || once.get().map(|it| view! { <Link invitation=it/> })}
                </div>
                <Show when=keeps>
                    <Add accounts units once/>
                </Show>
                {accounts.trouble_view()}
                <div class="card rows">
                    <For each=move || accounts.get().unwrap_or_default() key=key let:listed>
                        {if keeps() {
                            view! { <Row accounts units listed once/> }.into_any()
                        } else {
                            view! { <div class="row"><span class="grow">{listed.account.name}</span><Acts id=listed.account.id once/></div> }.into_any()
                        }}
                    </For>
                </div>
            </main>
        </DeskFrame>
    }
}

/// Whether whoever is signed in keeps accounts, or only takes second factors away.
fn keeps() -> bool {
    session().may(Action::KeepAccounts)
}

/// A link as it is handed over: text, and a code for the telephone's camera.
#[component]
fn Link(invitation: Invitation) -> impl IntoView {
    let origin = window().location().origin().unwrap_or_default();
    let link = format!("{origin}{}", invitation.path);
    let until = format!("{} {}", when(invitation.expires_at), clock::time(invitation.expires_at));
    let login = invitation.login;
    view! {
        <div class="notice pine once">
            <p>{move || (text().access.link_of)(&login, &until)}</p>
            <p><code>{link.clone()}</code></p>
            <Qr text=link label=Signal::derive(|| text().access.link.to_owned())/>
        </div>
    }
}

/// A row is drawn anew when its account is another than it was.
fn key(listed: &ListedAccount) -> String {
    let account = &listed.account;
    let unit = account.unit.as_ref().map(|it| it.id.to_string()).unwrap_or_default();
    let subject = listed.subject.as_deref().unwrap_or_default();
    format!("{} {} {} {unit} {} {subject}", account.id, account.name, account.role.as_str(), listed.disabled)
}

#[component]
fn Add(
    accounts: Remote<Vec<ListedAccount>>,
    units: Remote<Vec<Unit>>,
    once: RwSignal<Option<Invitation>>,
) -> impl IntoView {
    let (login, name) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (role, unit) = (RwSignal::new(Role::Visitor), RwSignal::new(String::new()));
    let trouble = RwSignal::new(String::new());
    let add = move |event: SubmitEvent| {
        event.prevent_default();
        let form = AccountForm {
            login: login.get_untracked().trim().to_owned(),
            name: name.get_untracked(),
            role: role.get_untracked(),
            unit: unit.get_untracked().parse().ok(),
            disabled: false,
        };
        spawn_local(async move {
            match api::post::<Invitation>("/api/v1/accounts", &form).await {
                Ok(invitation) => {
                    trouble.set(String::new());
                    login.set(String::new());
                    name.set(String::new());
                    once.set(Some(invitation));
                    accounts.reload();
                }
                Err(cause) => trouble.set(form_words(&cause)),
            }
        });
    };
    view! {
        <form class="card" on:submit=add novalidate>
            <div class="fields">
                <Field id="name" label=Signal::derive(|| text().setup.name.to_owned()) value=name required=true/>
                <Field id="login" label=Signal::derive(|| text().common.login.to_owned()) value=login required=true/>
                <div class="field">
                    <label for="role">{move || text().setup.role}</label>
                    <select id="role" on:change=move |event| {
                        if let Some(it) = Role::from_word(&event_target_value(&event)) { role.set(it) }
                    }>
                        {move || Role::ALL.map(|it| view! {
                            <option value=it.as_str() selected=role.get_untracked() == it>{(text().common.role)(it)}</option>
                        }).collect_view()}
                    </select>
                </div>
                <div class="field">
                    <label for="unit">{move || text().setup.unit}</label>
                    <select id="unit" on:change=move |event| unit.set(event_target_value(&event))>
                        <option value="">{move || text().setup.no_unit}</option>
                        {move || units.get().unwrap_or_default().into_iter().map(|it| view! {
                            <option value=it.id.to_string()>{it.name}</option>
                        }).collect_view()}
                    </select>
                </div>
            </div>
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button class="main" type="submit">{move || text().setup.add}</button>
        </form>
    }
}

#[component]
fn Row(
    accounts: Remote<Vec<ListedAccount>>,
    units: Remote<Vec<Unit>>,
    listed: ListedAccount,
    once: RwSignal<Option<Invitation>>,
) -> impl IntoView {
    let ListedAccount { account, disabled, subject } = listed;
    let (id, label) = (account.id, account.name.clone());
    let form = StoredValue::new(AccountForm {
        login: String::new(),
        name: account.name.clone(),
        role: account.role,
        unit: account.unit.as_ref().map(|it| it.id),
        disabled,
    });
    let save = move |change: &dyn Fn(&mut AccountForm)| {
        let was = form.get_value();
        let mut now = was.clone();
        change(&mut now);
        let changed = Change { was: Some(was), now };
        spawn_local(async move {
            match api::put::<()>(&format!("/api/v1/accounts/{id}"), &changed).await {
                Ok(()) => toast::say(text().setup.saved.to_owned()),
                Err(cause) => toast::say(form_words(&cause)),
            }
            accounts.reload();
        });
    };
    let own_unit = account.unit.as_ref().map(|it| it.id);
    let role = account.role;
    view! {
        <div class="row">
            <span class="grow">
                <input aria-label=format!("{} {label}", text().setup.name) autocomplete="off" prop:value=account.name
                    on:change=move |event| save(&|it| it.name = event_target_value(&event))/>
                <span class="quiet">{account.login}</span>
            </span>
            {disabled.then(|| view! { <Pill tone=Tone::Amber>{move || text().setup.disabled}</Pill> })}
            <select aria-label=format!("{} {label}", text().setup.role) on:change=move |event| {
                let word = event_target_value(&event);
                save(&|it| if let Some(role) = Role::from_word(&word) { it.role = role });
            }>
                {Role::ALL.map(|it| view! { <option value=it.as_str() selected=role == it>{(text().common.role)(it)}</option> }).collect_view()}
            </select>
            <select aria-label=format!("{} {label}", text().setup.unit) on:change=move |event| {
                let word = event_target_value(&event);
                save(&|it| it.unit = word.parse().ok());
            }>
                <option value="">{text().setup.no_unit}</option>
                {move || units.get().unwrap_or_default().into_iter().map(|it| view! { <option value=it.id.to_string() selected=own_unit == Some(it.id)>{it.name}</option> }).collect_view()}
            </select>
            <button class="link" on:click=move |_| save(&|it| it.disabled = !disabled)>
                {move || if disabled { text().setup.enable } else { text().setup.disable }}
            </button>
            <Subject id label subject=subject.unwrap_or_default() accounts/>
            <Acts id once/>
        </div>
    }
}

/// Whom the provider means by an account, where there is a provider.
#[component]
fn Subject(
    id: AccountId,
    /// Of whom it is.
    label: String,
    /// Empty while the account is not bound.
    subject: String,
    accounts: Remote<Vec<ListedAccount>>,
) -> impl IntoView {
    let there = expect_context::<Remote<bool>>();
    let (label, subject) = (StoredValue::new(label), StoredValue::new(subject));
    let save = move |typed: String| {
        let path = format!("/api/v1/accounts/{id}/subject");
        spawn_local(async move {
            let (answer, done) = if typed.is_empty() {
                (api::delete::<()>(&path).await, text().access.unbound)
            } else {
                (api::put::<()>(&path, &BindSubject { subject: typed }).await, text().access.bound)
            };
            toast::say(match answer {
                Ok(()) => done.to_owned(),
                Err(cause) => form_words(&cause),
            });
            accounts.reload();
        });
    };
    view! {
        <Show when=move || there.get() == Some(true)>
            <input aria-label=format!("{} {}", text().access.subject, label.get_value()) title=text().access.subject_hint placeholder=text().access.subject autocomplete="off"
                prop:value=subject.get_value() on:change=move |event| save(event_target_value(&event).trim().to_owned())/>
        </Show>
    }
}

/// What is done to an account beside changing it, as far as whoever is signed in may.
#[component]
fn Acts(id: AccountId, once: RwSignal<Option<Invitation>>) -> impl IntoView {
    let invite = move |_| {
        spawn_local(async move {
            match api::post::<Invitation>(&format!("/api/v1/accounts/{id}/invitation"), &()).await {
                Ok(invitation) => once.set(Some(invitation)),
                Err(cause) => toast::say(form_words(&cause)),
            }
        });
    };
    let end = move |what: &'static str, done: fn() -> &'static str| {
        spawn_local(async move {
            match api::delete::<()>(&format!("/api/v1/accounts/{id}/{what}")).await {
                Ok(()) => toast::say(done().to_owned()),
                Err(cause) => toast::say(form_words(&cause)),
            }
        });
    };
    view! {
        <Show when=keeps>
            <button class="link" on:click=invite>{move || text().access.new_link}</button>
            <button class="link" on:click=move |_| end("sessions", || text().access.ended)>{move || text().access.end_sessions}</button>
            <button class="link" on:click=move |_| end("devices", || text().access.devices_disabled)>{move || text().access.disable_devices}</button>
        </Show>
        <button class="link" on:click=move |_| end("second-factor", || text().access.second_factor_reset)>
            {move || text().access.reset_second_factor}
        </button>
    }
}
