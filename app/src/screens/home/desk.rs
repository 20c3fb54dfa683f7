//! The first screen at a desk.

use domain::{
    changes::{StatementState, VisitProgress},
    measure::Measures,
    meeting::MeetingLine,
    queue::QueuePage,
    release::{Proposal, Release},
    role::{Action, Role},
    setup::SetupProgress,
    transcript::TranscriptProgress,
};
use leptos::task::spawn_local;

use crate::{
    api, clock,
    i18n::{problem, text},
    parts::{
        desk_frame::DeskFrame,
        empty::Empty,
        pill::{Pill, Tone},
        remote::Remote,
        toast,
    },
    phone::phone,
    prelude::*,
    screens::{
        audit::AuditLog,
        clues::Clues,
        figures::Headline,
        meetings::MeetingRows,
        today::{title_of, when},
    },
    session::session,
};

/// What each role finds first.
#[component]
pub fn Desk() -> impl IntoView {
    let role = session().role();
    let content = match role {
        Some(Role::Office) => view! { <Office/> }.into_any(),
        Some(Role::Branch) => view! { <Branch/> }.into_any(),
        Some(Role::Sysadmin) => view! { <SetUp/> }.into_any(),
        Some(Role::Auditor) => view! { <AuditLog/> }.into_any(),
        Some(Role::Approver) => view! { <Approver/> }.into_any(),
        Some(Role::Section | Role::Leader) => view! { <Headline/> }.into_any(),
        Some(Role::Discipline) => return view! { <Clues/> }.into_any(),
        _ => view! { <Empty words=Signal::derive(move || text().common.nothing_for_role.to_owned())/> }
            .into_any(),
    };
    view! {
        <DeskFrame title=Signal::derive(move || text().common.today.to_owned())>
            <main class="page">
                <h1>{move || text().common.today}</h1>
                {content}
            </main>
        </DeskFrame>
    }
    .into_any()
}

#[component]
fn Office() -> impl IntoView {
    let page = Remote::<QueuePage>::load(|| "/api/v1/queue?state=waiting".to_owned());
    view! {
        <SetUp/>
        {move || page.get().map(|it| view! {
            <section class="card">
                <h2>{(text().office.waiting)(it.counts.waiting)}</h2>
                <p class="quiet">{(text().office.new_today)(it.counts.new_today)}</p>
                <a href="/queue" class="button main">{text().office.open_queue}</a>
            </section>
        })}
        <Transcripts/>
        <Slips/>
        <Headline/>
    }
}

/// How recordings come along to transcripts, where there is a speech server or was one.
#[component]
fn Transcripts() -> impl IntoView {
    let progress = Remote::<TranscriptProgress>::load(|| "/api/v1/transcripts".to_owned()).live();
    let again = move |_| {
        spawn_local(async move {
            match api::post::<TranscriptProgress>("/api/v1/transcripts/retries", &()).await {
                Ok(it) => progress.value.set(Some(it)),
                Err(cause) => toast::say(problem::words(&cause)),
            }
        });
    };
    let shown = move || progress.get().filter(|it| it.on || it.heard_n + it.accepted_n + it.failed_n > 0);
    view! {
        {move || shown().map(|it| {
            let words = text().transcripts;
            view! {
                <section class="card">
                    <h2>{words.progress}</h2>
                    {(!it.on).then(|| view! { <p class="quiet">{words.off}</p> })}
                    {it.held_up.map(|why| view! { <p class="notice amber">{(words.held_up)((words.failed)(why))}</p> })}
                    <p class="quiet">{(words.counts)(it.waiting_n, it.under_way_n, it.accepted_n, it.failed_n)}</p>
                    {(it.heard_n > 0).then(|| view! { <a href="/queue?state=all&heard=true">{(words.to_look_at)(it.heard_n)}</a> })}
                    {(it.failed_n > 0).then(|| view! {
                        <details>
                            <summary>{(words.failed_ones)(it.failed_n)}</summary>
                            <div class="rows">
                                {it.failed.into_iter().map(|it| {
                                    let href = it.statement.map_or_else(
                                        || format!("/visits/{}", it.visit),
                                        |it| format!("/queue?state=all&statement={it}"),
                                    );
                                    view! {
                                        <a href=href class="row">
                                            <span class="grow"><span class="title">{(words.failed)(it.reason)}</span></span>
                                            <span class="quiet">{(words.tries)(it.tries_n)} " · " {when(it.at)}</span>
                                        </a>
                                    }
                                }).collect_view()}
                            </div>
                        </details>
                        <button on:click=again>{words.all_again}</button>
                    })}
                </section>
            }
        })}
    }
}

/// Paper slips that were begun at this desk, and what was sent back to whoever entered them.
#[component]
fn Slips() -> impl IntoView {
    let phone = phone();
    let sent_back = move || {
        let asks = |it: &VisitProgress| it.statements.iter().any(|it| it.state == StatementState::SentBack);
        phone.pulled.with(|it| it.progress.things().filter(|it| asks(it)).cloned().collect::<Vec<_>>())
    };
    let any = move || phone.drafts.with(|it| !it.is_empty()) || !sent_back().is_empty();
    view! {
        <Show when=any>
            <section class="card">
                <h2>{move || text().office.desk_entry}</h2>
                <div class="rows">
                    {move || phone.drafts.get().into_iter().map(|it| view! {
                        <a href=format!("/record/{}", it.id()) class="row">
                            <span class="grow">
                                <span class="title">{title_of(&it)}</span>
                                <span class="quiet">{(text().visitor.kept_at)(&when(it.changed_at))}</span>
                            </span>
                            <span class="quiet">{text().visitor.go_on} " ›"</span>
                        </a>
                    }).collect_view()}
                    {move || sent_back().into_iter().map(|it| {
                        let comment = it.statements.iter().find(|it| !it.comment.is_empty());
                        let comment = comment.map(|it| it.comment.clone()).unwrap_or_default();
                        let title = phone.sent.with(|sent| sent.iter().find(|draft| draft.id() == it.visit).map(title_of));
                        view! {
                            <a href=format!("/sent/{}", it.visit) class="row">
                                <span class="grow">
                                    <span class="title">{title}</span>
                                    <span class="quiet">{(text().visitor.sent_back_asks)(&comment)}</span>
                                </span>
                                <Pill tone=Tone::Amber>{text().visitor.sent_back}</Pill>
                            </a>
                        }
                    }).collect_view()}
                </div>
            </section>
        </Show>
    }
}

/// What is still to be set up, one step at a time.
#[component]
fn SetUp() -> impl IntoView {
    let progress = Remote::<SetupProgress>::load(|| "/api/v1/setup".to_owned());
    let may = |action| session().may(action);
    let next = move || {
        let it = progress.get()?;
        let setup = text().setup;
        if !it.campaign && may(Action::KeepCampaign) {
            Some(("/campaign", setup.next_campaign))
        } else if it.units_n < 2 && may(Action::KeepUnits) {
            Some(("/units", setup.next_units))
        } else if it.visitors_n == 0 && may(Action::KeepAccounts) {
            Some(("/accounts", setup.next_accounts))
        } else if it.campaign && it.respondents_n == 0 && may(Action::Assign) {
            Some(("/respondents", setup.next_respondents))
        } else if it.respondents_n > 0 && it.assignments_n == 0 && may(Action::Assign) {
            Some(("/assignments", setup.next_assignments))
        } else {
            None
        }
    };
    let done =
        move || session().role() == Some(Role::Sysadmin) && progress.get().is_some() && next().is_none();
    view! {
        {progress.trouble_view()}
        {move || progress.get().map(|it| view! { <Alarms progress=it/> })}
        {move || next().map(|(href, words)| view! {
            <section class="card chosen">
                <h2>{text().setup.next_step}</h2>
                <p>{words}</p>
                <a href=href class="button main">{text().setup.go}</a>
            </section>
        })}
        {move || done().then(|| view! { <p class="quiet">{text().setup.all_set}</p> })}
    }
}

/// For how long the start page says that the database was restored, in days: phones keep what they sent as long.
const RESTORED_DAYS: i64 = 14;

/// What whoever keeps the server should know of its data.
#[component]
fn Alarms(progress: SetupProgress) -> impl IntoView {
    let setup = text().setup;
    let is_sysadmin = session().role() == Some(Role::Sysadmin);
    let restored = progress.restored_at.filter(|at| clock::days_ago(*at, clock::now()) < RESTORED_DAYS);
    let made = progress.backup_at.filter(|_| is_sysadmin && progress.backup_failed_at.is_none());
    view! {
        {restored.map(|at| view! { <p class="notice amber">{(setup.restored_server)(&when(at))}</p> })}
        {progress.backup_failed_at.map(|at| view! { <p class="notice cinnabar">{(setup.backup_failed)(&when(at))}</p> })}
        {(progress.due_voices_n + progress.due_photos_n > 0).then(|| view! {
            <p class="notice amber">{(setup.due)(progress.due_voices_n, progress.due_photos_n)}</p>
        })}
        {made.map(|at| view! { <p class="quiet">{(setup.backup_made)(&when(at))}</p> })}
    }
}

/// What waits to be approved, then the figures.
#[component]
fn Approver() -> impl IntoView {
    let proposals = Remote::<Vec<Proposal>>::load(|| "/api/v1/proposals".to_owned());
    view! {
        {proposals.trouble_view()}
        {move || proposals.get().filter(|it| !it.is_empty()).map(|all| view! {
            <section class="card">
                <h2>{text().branch.proposals}</h2>
                <div class="rows">
                    {all.into_iter().map(|it| view! {
                        <a href=format!("/issues/{}", it.issue) class="row">
                            <span class="grow"><span class="title">{it.release.title}</span><span class="quiet">{it.release.unit_name}</span></span>
                            <span class="quiet">{(text().branch.proposed_by)(&it.by, "")}</span>
                        </a>
                    }).collect_view()}
                </div>
            </section>
        })}
        <Headline/>
    }
}

#[component]
fn Branch() -> impl IntoView {
    let releases = Remote::<Vec<Release>>::load(|| "/api/v1/releases".to_owned());
    let meetings = Remote::<Vec<MeetingLine>>::load(|| "/api/v1/meetings".to_owned());
    let measures = Remote::<Measures>::load(|| "/api/v1/measures?overdue=true".to_owned());
    view! {
        {releases.trouble_view()}
        <section class="card">
            <header>
                <h2>{move || text().branch.released_to_us}</h2>
                <a href="/meetings">{move || text().branch.new_meeting}</a>
            </header>
            {move || releases.get().map(|all| if all.is_empty() {
                view! { <p class="quiet">{text().branch.nothing_released}</p> }.into_any()
            } else {
                view! {
                    <ul class="rows">
                        {all.into_iter().map(|it| view! {
                            <li class="row">
                                <span class="grow"><span class="title">{it.title}</span><span class="quiet">{it.wording}</span></span>
                                <span class="quiet">{(text().branch.said_n)(it.n_said)}</span>
                            </li>
                        }).collect_view()}
                    </ul>
                }.into_any()
            })}
        </section>
        <section class="card">
            <h2>{move || text().branch.meetings}</h2>
            {move || meetings.get().map(|all| view! { <MeetingRows meetings=all/> })}
        </section>
        {move || measures.get().filter(|it| !it.measures.is_empty()).map(|it| view! {
            <section class="card">
                <h2>{text().branch.overdue_measures} " " {it.measures.len()}</h2>
                <a href="/measures?only=overdue">{text().branch.our_measures}</a>
            </section>
        })}
    }
}
