//! A questionnaire for paper: pages to be filled in by hand, with a code that begins a visit on a visitor's phone.

use domain::{
    problem::Code,
    questionnaire::printed::{PrintedLine, PrintedQuestionnaire, Space},
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::{address, medium_address};
use crate::{
    api::ApiError,
    i18n::text,
    parts::{page_title::page_title, qr::Qr, remote::Remote},
    prelude::*,
};

/// The property that the pages' feet say, in `desk.css`.
const FOOT: &str = "--paper-foot";

/// The pages, and the button that prints them.
#[component]
pub fn PaperScreen() -> impl IntoView {
    let id = router::part(1);
    let printed = Remote::<PrintedQuestionnaire>::load(move || address(&id.get(), "print"));
    page_title(|| text().paper.title.to_owned());
    let print = move |_| {
        // Fails only where the browser has no printer at all.
        let _ = window().print();
    };
    on_cleanup(|| say_at_feet(""));
    let is_broken = move || {
        let of =
            |it: &Option<ApiError>| matches!(it, Some(ApiError::Problem(it)) if it.code == Code::Invalid);
        printed.trouble.with(of)
    };
    let back = move || format!("/questionnaires/{}", js_sys::encode_uri_component(&id.get()));
    view! {
        <main class="page paper form-paper">
            <nav class="buttons no-print">
                <a href=back class="button">{move || text().common.back}</a>
                <button class="main" on:click=print>{move || text().branch.print}</button>
            </nav>
            {move || if is_broken() {
                view! { <p class="notice amber" role="alert">{text().paper.broken}</p> }.into_any()
            } else {
                printed.trouble_view().into_any()
            }}
            {move || printed.get().map(|it| view! { <Pages it/> })}
        </main>
    }
}

/// Has each page say at its foot which questionnaire it is, and which version.
fn say_at_feet(words: &str) {
    let Some(root) = document().document_element().and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    let quoted = words.replace(['\\', '"', '\n'], " ");
    // A property of our own cannot be refused.
    let _ = root.style().set_property(FOOT, &format!("\"{quoted}\""));
}

#[component]
fn Pages(it: PrintedQuestionnaire) -> impl IntoView {
    let words = text().paper;
    let version = it.number.map_or_else(|| words.draft.to_owned(), text().questionnaires.version_n);
    say_at_feet(&format!("{} · {version}", it.title));
    let code = it.version.map(|it| {
        let origin = window().location().origin().unwrap_or_default();
        view! {
            <figure>
                <Qr text=format!("{origin}/start/form/{it}") label=Signal::derive(|| text().paper.code.to_owned())/>
                <figcaption>{words.scan}</figcaption>
            </figure>
        }
    });
    view! {
        <header class="paper-head">
            <div>
                <h1>{it.title}</h1>
                <p>{version} " · " {it.id}</p>
                <p class="blanks">{words.about.map(|it| view! { <span>{it}</span> }).collect_view()}</p>
                <p class="quiet">{words.how}</p>
            </div>
            {code}
        </header>
        {it.lines.into_iter().map(|it| view! { <Line it/> }).collect_view()}
    }
}

#[component]
fn Line(it: PrintedLine) -> impl IntoView {
    let words = text().paper;
    let when = it.when.as_ref().map(|it| (words.when)(it));
    let depth = it.depth.min(3);
    let when = when.map(|it| view! { <span class="when">{it}</span> });
    let picture =
        it.picture.map(|of| view! { <img class="asked" src=medium_address(of) alt=it.label.clone()/> });
    match it.space {
        Space::Heading if it.label.is_empty() => view! { <p class="ask">{when} {picture}</p> }.into_any(),
        Space::Heading => view! { <h2 data-depth=depth>{it.label} " " {when}</h2> {picture} }.into_any(),
        Space::Turn { n } => {
            view! { <h2 data-depth=depth>{(words.turn)(&it.label, n)} " " {when}</h2> }.into_any()
        }
        Space::Note => {
            view! { <section class="ask" data-depth=depth><p>{when} " " {it.label}</p> {picture}</section> }
                .into_any()
        }
        space => {
            let several = matches!(&space, Space::Choices { several: true, ordered: false, .. });
            let ordered = matches!(&space, Space::Choices { ordered: true, .. });
            view! {
                <section class="ask" data-depth=depth>
                    <p>
                        <strong>{it.number} ". " {it.label}</strong>
                        {it.required.then_some(words.required)}
                        {several.then_some(words.several)}
                        {ordered.then_some(words.ordered)}
                        " " {when}
                    </p>
                    {(!it.hint.is_empty()).then(|| view! { <p class="quiet">{it.hint}</p> })}
                    {picture}
                    <Room space/>
                </section>
            }
            .into_any()
        }
    }
}

/// The room to write in.
#[component]
fn Room(space: Space) -> impl IntoView {
    let words = text().paper;
    let said = |text: &'static str| view! { <p class="blanks"><span>{text}</span></p> }.into_any();
    match space {
        Space::Choices { other, choices, .. } => {
            let last = choices.len().saturating_sub(1);
            let boxes = choices.into_iter().enumerate().map(|(n, it)| {
                let picture = it.picture.map(|of| view! { <img src=medium_address(of) alt=""/> });
                let line = (other && n == last).then(|| view! { <span class="short-line"></span> });
                view! { <span class="box">{it.label} {line} {picture}</span> }
            });
            view! { <p class="boxes">{boxes.collect_view()}</p> }.into_any()
        }
        Space::OneOf { choices_n } => {
            view! { <p class="quiet">{(words.one_of)(choices_n)}</p> <div class="rule"></div> }.into_any()
        }
        Space::Lines { n } => (0..n).map(|_| view! { <div class="rule"></div> }).collect_view().into_any(),
        Space::Number => view! { <div class="rule short"></div> }.into_any(),
        Space::Day => said(words.day),
        Space::Clock => said(words.clock),
        Space::DayAndClock => said(words.day_and_clock),
        Space::Place => view! { <p>{words.place}</p> <div class="rule"></div> }.into_any(),
        Space::Apart => view! { <p class="boxes"><span class="box">{words.apart}</span></p> }.into_any(),
        Space::Tick => view! { <p class="boxes"><span class="box">{words.tick}</span></p> }.into_any(),
        Space::Heading | Space::Turn { .. } | Space::Note => ().into_any(),
    }
}
