//! Taking a list in: looked at first, then taken as a whole.

use domain::{
    import::{Column, ImportReport},
    respondent::RespondentKind,
    setup::Directory,
};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, HtmlInputElement};

use crate::{
    api::{self, ApiError},
    i18n::text,
    parts::{remote::Remote, toast},
    prelude::*,
    screens::setup::form_words,
};

/// The list while it is looked at.
#[derive(Clone, Copy)]
struct Looking {
    file: StoredValue<Option<File>, LocalStorage>,
    kind: RwSignal<Option<RespondentKind>>,
    report: RwSignal<Option<ImportReport>>,
    trouble: RwSignal<String>,
}

impl Looking {
    /// Sends the file to be looked at, or to be taken.
    async fn ask(self, take: bool) -> Option<ImportReport> {
        let file = self.file.get_value()?;
        let mut address = format!("/api/v1/respondents/import?take={take}");
        if let Some(kind) = self.kind.get_untracked() {
            address += &format!("&kind={}", kind.as_str());
        }
        if let Some(report) = self.report.get_untracked() {
            let words: Vec<String> = report.columns.iter().filter_map(|it| word_of(*it)).collect();
            address += &format!("&columns={}", words.join(","));
        }
        match send(&address, &file).await {
            Ok(report) => {
                self.trouble.set(String::new());
                Some(report)
            }
            Err(cause) => {
                let unreadable = cause.code() == Some(domain::problem::Code::UnsupportedMedia);
                self.trouble.set(if unreadable {
                    text().setup.not_a_list.to_owned()
                } else {
                    form_words(&cause)
                });
                None
            }
        }
    }

    fn look(self) {
        spawn_local(async move {
            if let Some(report) = self.ask(false).await {
                self.report.set(Some(report));
            }
        });
    }
}

fn word_of(column: Column) -> Option<String> {
    serde_json::to_value(column).ok()?.as_str().map(str::to_owned)
}

async fn send(address: &str, file: &File) -> Result<ImportReport, ApiError> {
    let response = api::send("POST", address, &[], Some(file.clone().into())).await?;
    let text = response.text().map_err(|_| ApiError::Offline)?;
    let text = JsFuture::from(text).await.map_err(|_| ApiError::Offline)?;
    serde_json::from_str(&text.as_string().unwrap_or_default()).map_err(|_| ApiError::NotOurs)
}

/// Choosing a file, seeing what it comes to, taking it.
#[component]
pub fn ImportList(directory: Remote<Directory>, open: RwSignal<bool>) -> impl IntoView {
    let looking = Looking {
        file: StoredValue::new_local(None),
        kind: RwSignal::new(None),
        report: RwSignal::new(None),
        trouble: RwSignal::new(String::new()),
    };
    let choose = move |event: web_sys::Event| {
        let input = event.target().and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
        looking.file.set_value(input.and_then(|it| it.files()).and_then(|it| it.get(0)));
        looking.report.set(None);
        looking.look();
    };
    let kind = move |event| {
        looking.kind.set(RespondentKind::from_word(&event_target_value(&event)));
        looking.look();
    };
    let take = move |_| {
        spawn_local(async move {
            if let Some(report) = looking.ask(true).await {
                toast::say((text().setup.taken_n)(report.good_n));
                open.set(false);
                directory.reload();
            }
        });
    };
    view! {
        <p class="quiet">{move || text().setup.import_hint}</p>
        <label class="field">
            <span>{move || text().setup.import}</span>
            <input type="file" accept=".csv,.xlsx,.txt" on:change=choose/>
        </label>
        <label class="field">
            <span>{move || text().setup.kind_of_rows}</span>
            <select on:change=kind>
                <option value="">{move || text().setup.kind_in_column}</option>
                {move || RespondentKind::ALL.map(|it| view! { <option value=it.as_str()>{(text().visitor.respondent_kinds)(it)}</option> }).collect_view()}
            </select>
        </label>
        <p class="error" role="alert">{move || looking.trouble.get()}</p>
        {move || looking.report.get().map(|report| view! { <Report looking report=report.clone()/>
            <button class="main" disabled=report.good_n == 0 on:click=take>{(text().setup.take)(report.good_n)}</button>
        })}
    }
}

#[component]
fn Report(looking: Looking, report: ImportReport) -> impl IntoView {
    let setup = text().setup;
    let counts = [
        (setup.good_n)(report.good_n),
        (setup.known_n)(report.known_n),
        (setup.repeated_n)(report.repeated_n),
        (setup.bad_n)(report.bad_n),
    ];
    let columns = report.columns.clone();
    view! {
        <p role="status">{counts.join(" · ")}</p>
        <div class="table-holder" tabindex="0" role="region" aria-label=setup.import>
            <table>
                <thead>
                    <tr>{report.header.into_iter().map(|it| view! { <th>{it}</th> }).collect_view()}</tr>
                    <tr>
                        {columns.into_iter().enumerate().map(|(n, column)| {
                            let change = move |event: web_sys::Event| {
                                let word = event_target_value(&event);
                                let wanted = Column::ALL.into_iter().find(|it| word_of(*it).as_deref() == Some(&*word));
                                if let Some(wanted) = wanted {
                                    looking.report.update(|it| if let Some(it) = it { it.columns[n] = wanted });
                                    looking.look();
                                }
                            };
                            view! {
                                <th>
                                    <select aria-label=n + 1 on:change=change>
                                        {Column::ALL.map(|it| view! {
                                            <option value=word_of(it).unwrap_or_default() selected=column == it>{(text().setup.column_is)(it)}</option>
                                        }).collect_view()}
                                    </select>
                                </th>
                            }
                        }).collect_view()}
                    </tr>
                </thead>
                <tbody>
                    {report.preview.into_iter().map(|row| view! {
                        <tr>{row.into_iter().map(|it| view! { <td>{it}</td> }).collect_view()}</tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
        <ul class="bad-rows">
            {report.repeated.into_iter().map(|it| view! { <li>{(setup.repeated_row)(it.line, it.first)}</li> }).collect_view()}
            {report.bad.into_iter().map(|it| view! { <li>{(setup.bad_row)(it.line, it.column, it.reason)}</li> }).collect_view()}
        </ul>
    }
}
