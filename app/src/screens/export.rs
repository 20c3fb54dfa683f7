//! CSV for Excel and WPS.

use domain::role::Action;
use leptos::task::spawn_local;

use crate::{
    confirming,
    i18n::{problem, text},
    parts::{desk_frame::DeskFrame, dialog::Dialog, field::Field, segmented::Segmented, toast},
    prelude::*,
    session::session,
};

/// What to export, and how.
#[component]
pub fn Export() -> impl IntoView {
    let what = RwSignal::new("statements".to_owned());
    let (from, to, reason) =
        (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (machine, identities) = (RwSignal::new(false), RwSignal::new(false));
    let whats = || {
        let office = text().office;
        [
            ("statements", office.export_statements),
            ("visits", office.export_visits),
            ("issues", office.export_issues),
        ]
        .map(|(value, words)| (value.to_owned(), words.to_owned()))
        .to_vec()
    };
    let address = move || {
        let mut address = format!(
            "/api/v1/export/{}.csv?from={}&to={}&machine_names={}",
            what.get(),
            from.get(),
            to.get(),
            machine.get(),
        );
        if identities.get() && what.get() == "visits" {
            address += &format!("&identities=true&reason={}", js_sys::encode_uri_component(&reason.get()));
        }
        address
    };
    let visits = move || what.get() == "visits" && session().may(Action::ExportIdentity);
    let asking = RwSignal::new(false);
    view! {
        <DeskFrame title=Signal::derive(|| text().office.export.to_owned())>
            <main class="page narrow">
                <h1>{move || text().office.export}</h1>
                <p class="quiet">{move || text().office.export_hint}</p>
                <section class="card">
                    <Segmented
                        name="what"
                        label=Signal::derive(|| text().office.export_what.to_owned())
                        options=Signal::derive(whats)
                        value=what
                        on_choose=move |it: String| what.set(it)
                    />
                    <div class="fields">
                        <Field id="from" kind="date" label=Signal::derive(|| text().office.from.to_owned()) value=from/>
                        <Field id="to" kind="date" label=Signal::derive(|| text().office.to.to_owned()) value=to/>
                    </div>
                    <label class="check">
                        <input type="checkbox" prop:checked=move || machine.get() on:change=move |event| machine.set(event_target_checked(&event))/>
                        {move || text().office.machine_names}
                    </label>
                    <Show when=visits>
                        <label class="check">
                            <input type="checkbox" prop:checked=move || identities.get() on:change=move |event| identities.set(event_target_checked(&event))/>
                            {move || text().office.with_identities}
                        </label>
                    </Show>
                    <Show
                        when=move || visits() && identities.get()
                        fallback=move || view! { <a class="button main" href=address download="" rel="external">{move || text().office.download}</a> }
                    >
                        <button class="main" on:click=move |_| asking.set(true)>{move || text().office.download}</button>
                    </Show>
                </section>
                <Warning asking reason address=Signal::derive(address)/>
            </main>
        </DeskFrame>
    }
}

/// Identities leave only for a reason.
#[component]
fn Warning(asking: RwSignal<bool>, reason: RwSignal<String>, address: Signal<String>) -> impl IntoView {
    let lacks_reason = move || reason.with(|it| it.trim().is_empty());
    let download = move |_| {
        asking.set(false);
        spawn_local(async move {
            match confirming::confirmed().await {
                // The answer is a file: this page stays.
                Ok(()) => drop(window().location().set_href(&address.get_untracked())),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    view! {
        <Dialog open=asking title=Signal::derive(|| text().records.export_identities.to_owned())>
            <p class="notice amber">{move || text().office.identities_warning}</p>
            <Field id="export-reason" label=Signal::derive(|| text().office.reason.to_owned()) value=reason required=true/>
            <div class="buttons">
                <button on:click=move |_| asking.set(false)>{move || text().common.cancel}</button>
                <Show
                    when=move || !lacks_reason()
                    fallback=move || view! { <button class="main" disabled=true>{move || text().office.download}</button> }
                >
                    <button class="main" on:click=download>{move || text().office.download}</button>
                </Show>
            </div>
        </Dialog>
    }
}
