//! The group's keys, its standing rule, the drill, and who read what.

use domain::{
    clue::{
        ClueKey, ClueLogLine, GroupKeys, Recover, RecoveredWrap, Recusal, Rewrap, SetRecusal, content_of,
        fingerprint, key_name, number, recovery_proof, unbase32,
    },
    id::{AccountId, UnitId},
    problem::Code,
};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::{Desk, Page, Shown};
use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{field::Field, remote::Remote, toast},
    prelude::*,
    session::session,
};

/// Bytes of a secret key.
const SECRET_BYTES: usize = 32;

/// What the group keeps of itself.
#[component]
pub fn Group(desk: Desk) -> impl IntoView {
    let own = move || {
        let public = desk.keys.get().and_then(|it| it.own).map(|it| it.public);
        public.as_deref().and_then(key_name).map(fingerprint)
    };
    view! {
        <header>
            <h1>{move || text().clues.group}</h1>
            <nav class="buttons no-print">
                <button on:click=move |_| desk.page.set(Page::List)>{move || text().common.back}</button>
            </nav>
        </header>
        {move || own().map(|it| view! { <p>{text().clues.your_fingerprint} " " <code>{it}</code></p> })}
        {move || desk.keys.get().map(|keys| view! { <Keys desk keys/> })}
        <Drill desk/>
        <Recovery desk/>
        <Recusals desk/>
        <Log/>
    }
}

#[component]
fn Keys(desk: Desk, keys: GroupKeys) -> impl IntoView {
    let words = text().clues;
    let me = untrack(|| session().account()).map(|it| it.id);
    let lines = keys.keys.into_iter().map(|key| {
        let name = if key.account.is_none() { words.recovery_key.to_owned() } else { key.name.clone() };
        let print = key_name(&key.public).map(fingerprint).unwrap_or_default();
        let others = key.account.is_some() && key.account != me;
        view! {
            <li class="row">
                <span class="grow"><span class="title">{name}</span> <code class="quiet">{print}</code></span>
                {others.then(|| view! { <Give desk key/> })}
            </li>
        }
    });
    let without = (!keys.without.is_empty()).then(|| (words.without_key)(&keys.without.join("、")));
    view! {
        <section class="card">
            <h2>{words.members}</h2>
            <ul class="rows">{lines.collect_view()}</ul>
            {without.map(|it| view! { <p class="quiet">{it}</p> })}
        </section>
    }
}

/// Gives a member who came later, or has another key, what this one can open.
#[component]
fn Give(desk: Desk, key: ClueKey) -> impl IntoView {
    let name = key_name(&key.public);
    let closed = move || {
        let lacks = |it: &Shown| name.is_some_and(|name| !it.listed.sealed_to.contains(&name));
        desk.clues.with(|all| all.iter().flatten().filter(|it| lacks(it)).cloned().collect::<Vec<_>>())
    };
    let give = move |_| {
        let (all, key) = (untrack(closed), key.clone());
        spawn_local(async move {
            match give_all(desk, &all, &key).await {
                Ok((n, left_out)) => toast::say((text().clues.given)(n, left_out)),
                Err(words) => toast::say(words),
            }
            desk.read();
        });
    };
    view! {
        <Show when=move || !closed().is_empty()>
            <span class="quiet">{move || (text().clues.give_hint)(closed().len())}</span>
            <button on:click=give.clone()>{move || text().clues.give}</button>
        </Show>
    }
}

/// How many were given, and how many were not because the member is recused.
async fn give_all(desk: Desk, all: &[Shown], key: &ClueKey) -> Result<(usize, usize), String> {
    let not_done = || text().clues.not_done.to_owned();
    let worker = desk.worker().ok_or_else(not_done)?;
    let rule = desk.keys.value.with_untracked(|it| it.as_ref().map(|it| it.recusals.clone()));
    let (rule, account) = (rule.unwrap_or_default(), key.account.ok_or_else(not_done)?);
    let (mut n, mut left_out) = (0, 0);
    for clue in all {
        let path = format!("/api/v1/clues/{}/content", clue.listed.id);
        let first = api::bytes(&path).await.map_err(|cause| problem::words(&cause))?;
        let clear = worker.open_part(&clue.listed, 0, &first).await.map_err(|_| not_done())?;
        let (content, _) = content_of(&clear).ok_or_else(not_done)?;
        let by_rule = rule.iter().any(|it| it.account == account && it.unit == content.unit);
        if by_rule || content.left_out.contains(&account) {
            left_out += 1;
            continue;
        }
        let wrap = worker.rewrap(&clue.listed, key).await.map_err(|_| not_done())?;
        let path = format!("/api/v1/clues/{}/wraps", clue.listed.id);
        let new = Rewrap { key: wrap.key.to_string(), sealed: wrap.sealed };
        api::post::<()>(&path, &new).await.map_err(|cause| problem::words(&cause))?;
        n += 1;
    }
    Ok((n, left_out))
}

/// Sees whether all still open.
#[component]
fn Drill(desk: Desk) -> impl IntoView {
    let (busy, outcome) = (RwSignal::new(false), RwSignal::new(String::new()));
    let begin = move |_| {
        let Some(worker) = desk.worker() else { return };
        let all = desk.clues.get_untracked().unwrap_or_default();
        busy.set(true);
        spawn_local(async move {
            let mut failed = 0;
            for clue in &all {
                for n in 0..clue.listed.parts_n {
                    let path = format!("/api/v1/clues/{}/content?n={n}", clue.listed.id);
                    let opened = match api::bytes(&path).await {
                        Ok(bytes) => worker.open_part(&clue.listed, n, &bytes).await.is_ok(),
                        Err(_) => false,
                    };
                    if !opened {
                        failed += 1;
                        break;
                    }
                }
            }
            let _ = busy.try_set(false);
            let _ = outcome.try_set((text().clues.drill_done)(all.len(), failed));
        });
    };
    view! {
        <section class="card">
            <h2>{move || text().clues.drill}</h2>
            <p class="quiet">{move || text().clues.drill_hint}</p>
            <p role="status">{move || outcome.get()}</p>
            <button disabled=move || busy.get() on:click=begin>
                {move || if busy.get() { text().clues.making } else { text().clues.drill }}
            </button>
        </section>
    }
}

/// With the paper from the safe.
#[component]
fn Recovery(desk: Desk) -> impl IntoView {
    let (paper, busy) = (RwSignal::new(String::new()), RwSignal::new(false));
    let trouble = RwSignal::new(String::new());
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        trouble.set(String::new());
        spawn_local(async move {
            match recover(desk, &paper.get_untracked()).await {
                Ok(n) => {
                    let _ = paper.try_set(String::new());
                    toast::say((text().clues.given)(n, 0));
                    desk.read();
                }
                Err(words) => drop(trouble.try_set(words)),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <form class="card no-print" on:submit=submit novalidate>
            <h2>{move || text().clues.recover}</h2>
            <Field
                id="recovery" value=paper
                label=Signal::derive(|| text().clues.recovery.to_owned())
                hint=Signal::derive(|| text().clues.recover_hint.to_owned())
            />
            <p class="error" role="alert">{move || trouble.get()}</p>
            <button type="submit" disabled=move || busy.get()>
                {move || if busy.get() { text().clues.making } else { text().clues.recover }}
            </button>
        </form>
    }
}

/// Gives what the recovery key opens to the own key; answers how many.
async fn recover(desk: Desk, paper: &str) -> Result<usize, String> {
    let not_paper = || text().clues.not_the_paper.to_owned();
    let keys = desk.keys.value.get_untracked().unwrap_or_default();
    let recovery = keys.keys.iter().find(|it| it.account.is_none());
    let secret = unbase32(paper).filter(|it| it.len() == SECRET_BYTES);
    let (Some(worker), Some(own), Some(recovery), Some(secret)) = (desk.worker(), keys.own, recovery, secret)
    else {
        return Err(not_paper());
    };
    let path = "/api/v1/clue-group/recovery";
    let mut asked = Recover { proof: recovery_proof(&secret).to_string(), wraps: Vec::new() };
    let sealed = api::post::<Vec<RecoveredWrap>>(path, &asked).await;
    let sealed = sealed.map_err(|cause| match cause.code() {
        Some(Code::Invalid) => not_paper(),
        _ => problem::words(&cause),
    })?;
    let wraps = worker.recover(&secret, recovery, &own.public, &sealed).await.map_err(|_| not_paper())?;
    let n = wraps.len();
    asked.wraps = wraps;
    api::post::<Vec<RecoveredWrap>>(path, &asked).await.map_err(|cause| problem::words(&cause))?;
    Ok(n)
}

#[component]
fn Recusals(desk: Desk) -> impl IntoView {
    let units = move || desk.keys.get().map(|it| it.units).unwrap_or_default();
    let member = RwSignal::new(None::<AccountId>);
    let unit = RwSignal::new(None::<UnitId>);
    let set = move |account: AccountId, unit: UnitId, holds: bool| {
        spawn_local(async move {
            let set = SetRecusal { account, unit, holds };
            if let Err(cause) = api::post::<()>("/api/v1/clue-group/recusals", &set).await {
                toast::say(problem::form_words(&cause));
            }
            desk.keys.reload();
        });
    };
    let add = move |_| {
        if let (Some(account), Some(unit)) = (member.get_untracked(), unit.get_untracked()) {
            set(account, unit, true);
        }
    };
    let line = move |it: Recusal| {
        let member_name = desk.keys.value.with(|keys| {
            let keys = keys.iter().flat_map(|it| &it.keys);
            keys.filter(|key| key.account == Some(it.account)).map(|key| key.name.clone()).next()
        });
        let unit_name = units().into_iter().find(|unit| unit.id == it.unit).map(|it| it.name);
        view! {
            <li class="row">
                <span class="grow">{member_name} " · " {unit_name}</span>
                <button on:click=move |_| set(it.account, it.unit, false)>{text().clues.lift}</button>
            </li>
        }
    };
    let members = move || desk.keys.get().map(|it| it.keys).unwrap_or_default();
    let members = move || members().into_iter().filter_map(|it| Some((it.account?, it.name)));
    view! {
        <section class="card">
            <h2>{move || text().clues.recusals}</h2>
            <p class="quiet">{move || text().clues.recusals_hint}</p>
            <ul class="rows">{move || desk.keys.get().map(|it| it.recusals.into_iter().map(line).collect_view())}</ul>
            <div class="pair">
                <select aria-label=move || text().clues.member on:change=move |event| member.set(event_target_value(&event).parse().ok())>
                    <option value="">{move || text().clues.member}</option>
                    {move || members().map(|(id, name)| view! { <option value=id.to_string()>{name}</option> }).collect_view()}
                </select>
                <select aria-label=move || text().clues.unit on:change=move |event| unit.set(event_target_value(&event).parse().ok())>
                    <option value="">{move || text().clues.unit}</option>
                    {move || units().into_iter().map(|it| view! { <option value=it.id.to_string()>{it.name}</option> }).collect_view()}
                </select>
                <button on:click=add>{move || text().clues.recuse}</button>
            </div>
        </section>
    }
}

#[component]
fn Log() -> impl IntoView {
    let log = Remote::<Vec<ClueLogLine>>::load(|| "/api/v1/clue-group/log".to_owned());
    let lines = move || {
        log.get().map(|all| {
            let line = |it: ClueLogLine| {
                let of = it.clue.zip(it.received_day).map(|(id, day)| number(id, &day));
                view! { <tr><td>{clock::date_time(it.at)}</td><td>{it.by}</td><td>{(text().clues.acts)(&it.act)}</td><td>{of}</td></tr> }
            };
            all.into_iter().map(line).collect_view()
        })
    };
    view! {
        <section class="card">
            <h2>{move || text().clues.log}</h2>
            <p class="quiet">{move || text().clues.log_hint}</p>
            {log.trouble_view()}
            <div class="table-holder" tabindex="0" role="region" aria-label=move || text().clues.log>
                <table><tbody>{lines}</tbody></table>
            </div>
        </section>
    }
}
