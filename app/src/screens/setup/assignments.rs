//! Assignments that were handed out.

use domain::setup::ListedAssignment;
use leptos::task::spawn_local;

use super::form_words;
use crate::{
    api, clock,
    i18n::text,
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    prelude::*,
    screens::today::join,
};

/// Open ones first, by the day.
#[component]
pub fn AssignmentsScreen() -> impl IntoView {
    let page = RwSignal::new(0_u32);
    let list =
        Remote::<Vec<ListedAssignment>>::load(move || format!("/api/v1/assignments?page={}", page.get()));
    view! {
        <DeskFrame title=Signal::derive(|| text().setup.assignments.to_owned())>
            <main class="page">
                <h1>{move || text().setup.assignments}</h1>
                {list.trouble_view()}
                {move || list.get().map(|all| if all.is_empty() && page.get() == 0 {
                    view! { <Empty words=Signal::derive(|| text().setup.no_assignments.to_owned())/> }.into_any()
                } else {
                    view! { <div class="card rows">{all.into_iter().map(|it| view! { <Row list assignment=it/> }).collect_view()}</div> }.into_any()
                })}
                <nav class="buttons" aria-label=move || text().setup.next>
                    <button disabled=move || page.get() == 0 on:click=move |_| page.update(|it| *it -= 1)>{move || text().setup.previous}</button>
                    <button disabled=move || list.get().is_none_or(|it| it.len() < 100) on:click=move |_| page.update(|it| *it += 1)>{move || text().setup.next}</button>
                </nav>
            </main>
        </DeskFrame>
    }
}

#[component]
fn Row(list: Remote<Vec<ListedAssignment>>, assignment: ListedAssignment) -> impl IntoView {
    let late = !assignment.done && assignment.due_on < clock::date(clock::now());
    let (id, done) = (assignment.id, assignment.done);
    let due = assignment.due_on.clone();
    let cancel = move |_| {
        spawn_local(async move {
            if let Err(cause) = api::delete::<()>(&format!("/api/v1/assignments/{id}")).await {
                toast::say(form_words(&cause));
            }
            list.reload();
        });
    };
    view! {
        <div class="row">
            <span class="grow">
                <span class="title">{join(&[assignment.place, assignment.name])}</span>
                <span class="quiet">{join(&[assignment.unit, assignment.note])}</span>
            </span>
            <Pill tone=if done { Tone::Pine } else if late { Tone::Cinnabar } else { Tone::Plain }>
                {move || if done { text().setup.done.to_owned() } else if late { text().setup.overdue.to_owned() } else { (text().visitor.due)(&(text().office.day_words)(&due)) }}
            </Pill>
            {(!done).then(|| view! { <button class="link" on:click=cancel>{move || text().setup.cancel}</button> })}
        </div>
    }
}
