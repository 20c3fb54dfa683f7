//! How a visit is: whom, in which form, with whom, and whether they agree to notes.

use domain::{
    campaign::Colleague,
    id::RecordId,
    respondent::{Identity, RespondentKind},
    text::check_line,
    visit::{Given, Manner, Position, VISITORS_MAX, VisitForm, Visitor},
};
use leptos::task::spawn_local;

#[cfg(feature = "desk")]
use domain::visit::Entered;

#[cfg(feature = "desk")]
use crate::screens::record::collected::CollectedBy;
use crate::{
    clock,
    i18n::text,
    ids,
    parts::{frame::Frame, segmented::Segmented, toast},
    phone::{
        open_draft::{OpenDraft, open_draft},
        phone, sending, set_if_new,
    },
    prelude::*,
    screens::{
        record::{BadText, KeptPill, NotKept, bad_text},
        today::title_of,
    },
};

/// The first page of a visit; it leads on to the questionnaire that its address names, if it names one.
#[component]
pub fn About() -> impl IntoView {
    let open = open_draft();
    let refused = Memo::new(move || open.draft.with(|it| it.visit.value.consent.given == Given::Refused));
    let id = open.draft.with_untracked(domain::draft::Draft::id);
    let assignment = open.draft.with_untracked(|it| it.identity.as_ref()?.value.assignment);
    let note =
        phone().pulled.with_untracked(|it| it.assignments.get(assignment?.0).map(|it| it.note.clone()));
    let note = note.filter(|it| !it.is_empty());
    let begin = move |_| {
        open.keep_now();
        let form = untrack(|| router::part(3).get());
        let page = if form.is_empty() { form } else { ["/form/", &form].concat() };
        router::go(&format!("/record/{id}{page}"));
    };
    let foot = move || {
        view! {
            <Show
                when=move || refused.get()
                fallback=move || {
                    view! { <button class="main" on:click=begin>{move || text().visitor.begin_notes}</button> }
                }
            >
                <button class="main" on:click=move |_| send_refusal(open)>{move || text().visitor.send_refusal}</button>
            </Show>
        }
    };
    view! {
        <Frame
            title=Signal::derive(|| text().visitor.about_title.to_owned())
            subtitle=Signal::derive(move || open.draft.with(title_of))
            back="/"
            aside=move || view! { <KeptPill open/> }
            foot
        >
            <NotKept open/>
            {note.map(|it| view! { <p class="notice amber"><bdi>{it}</bdi></p> })}
            {collected_by(open)}
            <section class="card"><Who open/></section>
            <section class="card"><Consent open/></section>
            <section class="card"><How open/></section>
        </Frame>
    }
}

/// For which unit a slip was collected.
#[cfg(feature = "desk")]
fn collected_by(open: OpenDraft) -> AnyView {
    let at_desk = open.draft.with_untracked(|it| it.visit.value.entered == Entered::AtDesk);
    at_desk.then(|| view! { <section class="card"><CollectedBy open/></section> }).into_any()
}

/// A phone's visits are its own unit's.
#[cfg(not(feature = "desk"))]
fn collected_by(_: OpenDraft) {}

/// Sends that the visitor called and was refused: nothing said, no name.
fn send_refusal(open: OpenDraft) {
    open.edit(|draft| draft.identity = None);
    let problems = open.draft.with_untracked(domain::draft::Draft::problems);
    if let Some(problem) = problems.first() {
        toast::say((text().visitor.problem)(*problem));
        return;
    }
    let phone = phone();
    spawn_local(async move {
        match sending::send(phone, open).await {
            Ok(false) => {}
            Ok(true) => {
                toast::say(text().visitor.sent.to_owned());
                router::go_instead("/");
            }
            Err(cause) => toast::say((text().visitor.local_error)(&cause)),
        }
    });
}

#[component]
fn Who(open: OpenDraft) -> impl IntoView {
    let kinds = || {
        let word = text().visitor.respondent_kinds;
        RespondentKind::ALL.map(|it| (it, word(it).to_owned())).to_vec()
    };
    let named = Memo::new(move || open.draft.with(|it| it.identity.is_some()));
    let listed =
        open.draft.with_untracked(|it| it.identity.as_ref().is_some_and(|it| it.value.respondent.is_some()));
    let name = move |_| {
        open.edit(|draft| {
            draft.identity.get_or_insert_with(|| {
                domain::draft::Drafted::new(RecordId(ids::new_id()), clock::now(), Identity::default())
            });
        });
    };
    view! {
        <Segmented
            name="respondent-kind"
            label=Signal::derive(|| text().visitor.respondent_kind.to_owned())
            options=Signal::derive(kinds)
            value=Signal::derive(move || open.draft.with(|it| it.visit.value.respondent_kind))
            on_choose=move |kind| open.edit(|it| it.visit.value.respondent_kind = kind)
        />
        <Line id="place" label=|| text().visitor.place
            read=move |it| it.visit.value.place.clone()
            write=move |it, words| it.visit.value.place = words
        />
        <Show
            when=move || named.get()
            fallback=move || view! {
                <button class="link" on:click=name>{move || text().visitor.on_the_spot}</button>
            }
        >
            <IdentityLines open listed/>
        </Show>
    }
}

#[component]
fn IdentityLines(open: OpenDraft, listed: bool) -> impl IntoView {
    let lines = move || {
        view! {
            <Line id="name" label=|| text().visitor.name
                read=|it| identity(it).name.clone() write=|it, words| set_identity(it, |i| i.name = words)/>
            <Line id="organisation" label=|| text().visitor.organisation
                read=|it| identity(it).organisation.clone() write=|it, words| set_identity(it, |i| i.organisation = words)/>
            <Line id="telephone" kind="tel" label=|| text().visitor.telephone
                read=|it| identity(it).telephone.clone() write=|it, words| set_identity(it, |i| i.telephone = words)/>
            <Line id="address" label=|| text().visitor.address
                read=|it| identity(it).address.clone() write=|it, words| set_identity(it, |i| i.address = words)/>
        }
    };
    let unname = move |_| open.edit(|it| it.identity = None);
    view! {
        {if listed {
            view! { <details><summary>{move || text().visitor.more_fields}</summary><div class="fields">{lines()}</div></details> }
                .into_any()
        } else {
            lines().into_any()
        }}
        <button class="link" on:click=unname>{move || text().visitor.no_name}</button>
    }
}

fn identity(draft: &domain::draft::Draft) -> Identity {
    draft.identity.as_ref().map(|it| it.value.clone()).unwrap_or_default()
}

fn set_identity(draft: &mut domain::draft::Draft, change: impl FnOnce(&mut Identity)) {
    if let Some(identity) = &mut draft.identity {
        change(&mut identity.value);
    }
}

/// One line of the draft, written as it is typed.
#[component]
pub fn Line(
    id: &'static str,
    label: fn() -> &'static str,
    #[prop(default = "text")] kind: &'static str,
    read: impl Fn(&domain::draft::Draft) -> String + 'static,
    write: impl Fn(&mut domain::draft::Draft, String) + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let open = open_draft();
    let value = open.draft.with_untracked(|it| read(it));
    let bad = RwSignal::new(None);
    let on_input = move |event| {
        let typed = event_target_value(&event);
        set_if_new(bad, bad_text(&typed, check_line));
        open.write(|it| write(it, typed));
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                type=kind
                autocomplete="off"
                prop:value=value
                on:input=on_input
                on:blur=move |_| open.keep_now()
            />
            <BadText bad/>
        </div>
    }
}

#[component]
fn Consent(open: OpenDraft) -> impl IntoView {
    let notice = {
        let phone = phone();
        move || {
            let notice = phone.pulled.with(|it| it.campaign.as_ref().map(|it| it.notice.clone()));
            notice.filter(|it| !it.is_empty()).unwrap_or_else(|| text().visitor.opening_words.to_owned())
        }
    };
    let options = |all: &'static [Given]| {
        Signal::derive(move || {
            let word = text().visitor.given;
            all.iter().map(|it| (*it, word(*it).to_owned())).collect::<Vec<_>>()
        })
    };
    let refused = move || open.draft.with(|it| it.visit.value.consent.given == Given::Refused);
    view! {
        <h2>{move || text().visitor.tell_first}</h2>
        <p class="words">"“" {notice} "”"</p>
        <Segmented
            name="consent"
            label=Signal::derive(|| text().visitor.consent.to_owned())
            options=options(&[Given::Spoken, Given::Signed, Given::Refused])
            value=Signal::derive(move || open.draft.with(|it| it.visit.value.consent.given))
            on_choose=move |given| open.edit(|it| it.visit.value.consent.given = given)
        />
        <Show when=refused>
            <p class="notice amber">{move || text().visitor.refused_hint}</p>
        </Show>
        <Segmented
            name="recording"
            label=Signal::derive(|| text().visitor.recording_consent.to_owned())
            options=options(&[Given::NotAsked, Given::Spoken, Given::Refused])
            value=Signal::derive(move || open.draft.with(|it| it.visit.value.consent.recording))
            on_choose=move |given| open.edit(|it| it.visit.value.consent.recording = given)
        />
    }
}

#[component]
fn How(open: OpenDraft) -> impl IntoView {
    let forms = || {
        let word = text().visitor.forms;
        [VisitForm::Visit, VisitForm::Symposium { head_count: 0 }, VisitForm::Telephone, VisitForm::Slip]
            .map(|it| (it.as_str(), word(it).to_owned()))
            .to_vec()
    };
    let manners = || {
        let visitor = text().visitor;
        vec![(Manner::Verbal, visitor.verbal.to_owned()), (Manner::Written, visitor.written.to_owned())]
    };
    let form = move || open.draft.with(|it| it.visit.value.form);
    view! {
        <Segmented
            name="form"
            label=Signal::derive(|| text().visitor.form.to_owned())
            options=Signal::derive(forms)
            value=Signal::derive(move || form().as_str())
            on_choose=move |word: &'static str| open.edit(|it| it.visit.value.form = form_of(word))
        />
        <Show when=move || matches!(form(), VisitForm::Symposium { .. })>
            <Line id="head-count" kind="number" label=|| text().visitor.head_count
                read=|it| match it.visit.value.form {
                    VisitForm::Symposium { head_count } if head_count > 0 => head_count.to_string(),
                    _ => String::new(),
                }
                write=|it, words| it.visit.value.form = VisitForm::Symposium { head_count: words.trim().parse().unwrap_or(0) }
            />
        </Show>
        <Segmented
            name="manner"
            label=Signal::derive(|| text().visitor.manner.to_owned())
            options=Signal::derive(manners)
            value=Signal::derive(move || open.draft.with(|it| it.visit.value.manner))
            on_choose=move |manner| open.edit(|it| it.visit.value.manner = manner)
        />
        <With open/>
        <PositionLine open/>
        <details>
            <summary>{move || text().visitor.more_fields}</summary>
            <div class="fields"><Times/></div>
        </details>
    }
}

/// When it was: a slip may be copied days later.
#[component]
fn Times() -> impl IntoView {
    view! {
        <Line id="day" kind="date" label=|| text().visitor.day
            read=|it| clock::date(it.visit.value.started_at)
            write=|it, day| set_start(it, Some(&day), None)/>
        <Line id="started" kind="time" label=|| text().visitor.started
            read=|it| clock::time(it.visit.value.started_at)
            write=|it, time| set_start(it, None, Some(&time))/>
        <Line id="ended" kind="time" label=|| text().visitor.ended
            read=|it| it.visit.value.ended_at.map(clock::time).unwrap_or_default()
            write=|it, time| {
                let day = clock::date(it.visit.value.started_at);
                it.visit.value.ended_at = clock::read(&day, &time);
            }/>
    }
}

/// Moves the visit to another day or time; without an end it goes on until it is sent, if it is today's.
fn set_start(draft: &mut domain::draft::Draft, day: Option<&str>, time: Option<&str>) {
    let visit = &mut draft.visit.value;
    let day = day.map_or_else(|| clock::date(visit.started_at), str::to_owned);
    let at = |time: &str| clock::read(&day, time);
    let start = time.map_or_else(|| clock::time(visit.started_at), str::to_owned);
    let Some(started_at) = at(&start) else { return };
    visit.started_at = started_at;
    visit.ended_at = match visit.ended_at {
        Some(ended_at) => at(&clock::time(ended_at)),
        None if day == clock::date(clock::now()) => None,
        None => Some(started_at),
    };
}

fn form_of(word: &str) -> VisitForm {
    match word {
        "symposium" => VisitForm::Symposium { head_count: 0 },
        "telephone" => VisitForm::Telephone,
        "slip" => VisitForm::Slip,
        _ => VisitForm::Visit,
    }
}

/// Who comes along: colleagues, or people without an account.
#[component]
fn With(open: OpenDraft) -> impl IntoView {
    let phone = phone();
    let others =
        move || open.draft.with(|it| it.visit.value.visitors.iter().skip(1).cloned().collect::<Vec<_>>());
    let colleagues = move || {
        let here = open.draft.with(|it| it.visit.value.visitors.clone());
        let all = phone.pulled.with(|it| it.colleagues.things().cloned().collect::<Vec<Colleague>>());
        all.into_iter().filter(|it| here.iter().all(|one| one.account != Some(it.id))).collect::<Vec<_>>()
    };
    let full = move || open.draft.with(|it| it.visit.value.visitors.len() >= VISITORS_MAX);
    let add = move |visitor: Visitor| open.edit(|it| it.visit.value.visitors.push(visitor));
    let choose = move |event| {
        let id = event_target_value(&event);
        if let Some(it) = colleagues().into_iter().find(|it| it.id.to_string() == id) {
            add(Visitor { account: Some(it.id), name: it.name });
        }
    };
    let other = RwSignal::new(String::new());
    let add_other = move || {
        let name = other.get_untracked().trim().to_owned();
        if !name.is_empty() && check_line(&name).is_ok() {
            other.set(String::new());
            add(Visitor { account: None, name });
        }
    };
    view! {
        <fieldset class="field">
            <legend>{move || text().visitor.with_whom}</legend>
            <div class="chips">
                {move || others().into_iter().enumerate().map(|(n, it)| {
                    let remove = move |_| open.edit(|draft| drop(draft.visit.value.visitors.remove(n + 1)));
                    let name = it.name.clone();
                    view! {
                        <button on:click=remove aria-label=move || format!("{} {name}", text().visitor.delete)>
                            <bdi>{it.name}</bdi> " ×"
                        </button>
                    }
                }).collect_view()}
            </div>
            <Show when=move || !full()>
                <select aria-label=move || text().visitor.with_whom on:change=choose>
                    <option value="">{move || if others().is_empty() { text().visitor.alone } else { text().visitor.one_more }}</option>
                    {move || colleagues().into_iter().map(|it| view! {
                        <option value=it.id.to_string()>{it.name}</option>
                    }).collect_view()}
                </select>
                <div class="buttons">
                    <input class="grow" aria-label=move || text().visitor.colleague_other autocomplete="off"
                        placeholder=move || text().visitor.colleague_other bind:value=other on:blur=move |_| add_other()/>
                    <button on:click=move |_| add_other()>{move || text().visitor.add}</button>
                </div>
            </Show>
        </fieldset>
    }
}

/// The position, once, when the visitor asks for it.
#[component]
fn PositionLine(open: OpenDraft) -> impl IntoView {
    let taken = move || open.draft.with(|it| it.visit.value.position);
    let take = move |_| {
        spawn_local(async move {
            match position().await {
                Some(position) => open.edit(|it| it.visit.value.position = Some(position)),
                None => toast::say(text().visitor.position_failed.to_owned()),
            }
        });
    };
    let remove = move |_| open.edit(|it| it.visit.value.position = None);
    move || match taken() {
        None => {
            view! { <button class="link" on:click=take>{move || text().visitor.position}</button> }.into_any()
        }
        Some(position) => view! {
            <p>
                {move || (text().visitor.position_taken)(whole_metres(position.accuracy_m))}
                <button class="link" on:click=remove>{move || text().visitor.position_remove}</button>
            </p>
        }
        .into_any(),
    }
}

/// Rounded up; far below 2^31 on this planet.
#[expect(clippy::cast_possible_truncation, reason = "a distance on the ground")]
fn whole_metres(metres: f64) -> i32 {
    metres.ceil() as i32
}

async fn position() -> Option<Position> {
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    let geolocation = window().navigator().geolocation().ok()?;
    let promise =
        js_sys::Promise::new(&mut |resolve, reject| {
            let found = Closure::once_into_js(move |it: JsValue| drop(resolve.call1(&JsValue::NULL, &it)));
            let failed = Closure::once_into_js(move |it: JsValue| drop(reject.call1(&JsValue::NULL, &it)));
            drop(geolocation.get_current_position_with_error_callback(
                found.unchecked_ref(),
                Some(failed.unchecked_ref()),
            ));
        });
    let found = wasm_bindgen_futures::JsFuture::from(promise).await.ok()?;
    let coordinates = js_sys::Reflect::get(&found, &"coords".into()).ok()?;
    let number = |name: &str| js_sys::Reflect::get(&coordinates, &name.into()).ok()?.as_f64();
    Some(Position {
        latitude: number("latitude")?,
        longitude: number("longitude")?,
        accuracy_m: number("accuracy")?,
    })
}
