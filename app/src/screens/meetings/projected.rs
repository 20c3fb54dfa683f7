//! What is noted of an item, to be read across a room: nothing to type into, nothing small.

use domain::{measure::Agreed, meeting::Discussion};

use crate::{
    i18n::text,
    parts::pill::{Pill, Tone},
    prelude::*,
};

/// Cause and points side by side, the measures below.
#[component]
pub fn Projected(discussion: RwSignal<Discussion>) -> impl IntoView {
    move || {
        let branch = text().branch;
        let Discussion { cause, points, measures, effort, .. } = discussion.get();
        let points: Vec<_> =
            points.into_iter().filter(|it| !it.speaker.is_empty() || !it.text.is_empty()).collect();
        let measures: Vec<_> = measures.into_iter().filter(|it| !it.what.trim().is_empty()).collect();
        view! {
            <div class="projected">
                {(!cause.trim().is_empty()).then(|| view! {
                    <section class="card"><h3>{branch.cause}</h3><p>{cause}</p></section>
                })}
                {(!points.is_empty()).then(|| view! {
                    <section class="card">
                        <h3>{branch.points}</h3>
                        {points.into_iter().map(|it| view! { <p>{(text().office.named)(&it.speaker, &it.text)}</p> }).collect_view()}
                    </section>
                })}
                {(!measures.is_empty() || !effort.trim().is_empty()).then(|| view! {
                    <section class="card wide">
                        <h3>{branch.measures}</h3>
                        {(!measures.is_empty()).then(|| view! { <MeasureTable measures/> })}
                        {(!effort.trim().is_empty()).then(|| view! { <p class="quiet">{(text().office.named)(branch.effort, &effort)}</p> })}
                    </section>
                })}
            </div>
        }
    }
}

/// Measures as a table, on the projector and in the minutes.
#[component]
pub fn MeasureTable(measures: Vec<Agreed>) -> impl IntoView {
    let branch = text().branch;
    let or_dash = |it: String| if it.trim().is_empty() { "—".to_owned() } else { it };
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=branch.measures>
            <table>
                <thead><tr><th>{branch.what}</th><th>{branch.leader}</th><th>{branch.person}</th><th>{branch.by_when}</th><th>{branch.proof}</th></tr></thead>
                <tbody>
                    {measures.into_iter().map(|it| {
                        let long_term = it.long_term.then(|| branch.long_term.to_owned());
                        let when: Vec<String> = it.by_when.map(|it| (branch.long_day)(&it)).into_iter().chain(long_term).collect();
                        let proposed = it.proposed_to_party_group.then(|| view! {
                            <Pill tone=Tone::Amber>{branch.proposed}</Pill>
                        });
                        let proof = if proposed.is_some() { it.proof } else { or_dash(it.proof) };
                        view! {
                            <tr>
                                <td>{it.what}</td>
                                <td>{or_dash(it.leader)}</td>
                                <td>{or_dash(it.person)}</td>
                                <td>{or_dash(when.join(text().office.and))}</td>
                                <td>{proof} " " {proposed}</td>
                            </tr>
                        }
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}
