//! What holds for the form as a whole.

use domain::questionnaire::editing::{Act, Book, Refusal, Setting};

use super::{desk::Desk, lists::Lists};
use crate::{i18n::text, prelude::*};

#[component]
pub fn SettingsPanel(desk: Desk) -> impl IntoView {
    let words = text().editor;
    let set = move |setting, text: String| {
        desk.try_act(Act::Set { setting, text });
    };
    let title = Memo::new(move || desk.with_book(|it| it.setting(Setting::Title).to_owned()));
    let style = Memo::new(move || desk.with_book(|it| it.setting(Setting::Style).to_owned()));
    let instance_name = Memo::new(move || desk.with_book(|it| it.setting(Setting::InstanceName).to_owned()));
    view! {
        <h2>{words.settings}</h2>
        <div class="field">
            <label for="form-title">{words.form_title}</label>
            <input id="form-title" type="text" autocomplete="off" prop:value=move || title.get() on:input=move |event| set(Setting::Title, event_target_value(&event))/>
        </div>
        <p class="quiet">{(words.form_id)(&desk.id.get_value())}</p>
        <div class="field">
            <label for="form-style">{words.pages}</label>
            <select id="form-style" on:change=move |event| set(Setting::Style, event_target_value(&event))>
                <option value="" selected=move || style.get() != "pages">{words.one_page}</option>
                <option value="pages" selected=move || style.get() == "pages">{words.many_pages}</option>
            </select>
        </div>
        <div class="field">
            <label for="instance-name">{words.instance_name}</label>
            <p class="hint" id="instance-name-hint">{words.instance_name_hint}</p>
            <input id="instance-name" type="text" autocomplete="off" spellcheck="false" aria-describedby="instance-name-hint"
                prop:value=move || instance_name.get() on:input=move |event| set(Setting::InstanceName, event_target_value(&event))/>
        </div>
        <Languages desk/>
        <Lists desk/>
    }
}

/// The languages that there are, which is shown first, and another one.
#[component]
fn Languages(desk: Desk) -> impl IntoView {
    let words = text().editor;
    let languages = Memo::new(move || desk.with_book(Book::languages));
    let (new, refused) = (RwSignal::new(String::new()), RwSignal::new(None::<Refusal>));
    let first = Memo::new(move || desk.with_book(|it| it.setting(Setting::DefaultLanguage).to_owned()));
    let add = move |_| {
        let act = Act::AddLanguage { language: new.get_untracked(), unnamed: "中文 (zh)".to_owned() };
        let done = desk.act(act);
        if done.is_ok() {
            new.set(String::new());
        }
        refused.set(done.err());
    };
    let choose = move |event| {
        desk.try_act(Act::Set { setting: Setting::DefaultLanguage, text: event_target_value(&event) });
    };
    view! {
        <h2>{words.languages}</h2>
        {move || {
            let languages = languages.get();
            let removable = languages.len() > 1;
            let named = languages.into_iter().filter(|it| !it.is_empty());
            let named = named.map(|it| view! { <OneLanguage desk language=it removable/> }).collect::<Vec<_>>();
            if named.is_empty() {
                view! { <p>{words.one_language}</p> }.into_any()
            } else {
                view! { <ul class="settings-list">{named}</ul> }.into_any()
            }
        }}
        {move || (languages.with(Vec::len) > 1).then(|| view! {
            <div class="field">
                <label for="first-language">{words.first_language}</label>
                <select id="first-language" on:change=choose>
                    {languages.get().into_iter().filter(|it| !it.is_empty()).map(|it| {
                        let selected = first.get_untracked() == it;
                        view! { <option value=it.clone() selected=selected>{it.clone()}</option> }
                    }).collect_view()}
                </select>
            </div>
        })}
        <div class="field">
            <label for="new-language">{words.new_language}</label>
            <p class="hint" id="new-language-hint">{words.new_language_hint}</p>
            <input id="new-language" type="text" autocomplete="off" list="known-languages" bind:value=new aria-describedby="new-language-hint new-language-error"/>
            <datalist id="known-languages"><option value="English (en)"></option><option value="中文 (zh)"></option><option value="藏语 (bo)"></option><option value="维吾尔语 (ug)"></option></datalist>
            <p class="error" id="new-language-error" role="alert">{move || refused.get().map(|it| (text().editor.refused)(&it))}</p>
        </div>
        <p><button on:click=add>{words.add_language}</button></p>
    }
}

#[component]
fn OneLanguage(desk: Desk, language: String, removable: bool) -> impl IntoView {
    let words = text().editor;
    let name = language.clone();
    let remove = move |_| {
        let n = desk.book_now(|it| it.texts_n(&language));
        let said = (text().editor.language_removed)(&language, n);
        desk.act_with_undo(Act::RemoveLanguage { language: language.clone() }, said);
    };
    view! {
        <li>
            <span>{name.clone()}</span>
            {removable.then(|| view! { <button class="link danger" aria-label=format!("{} {name}", words.remove) on:click=remove>{words.remove}</button> })}
        </li>
    }
}
