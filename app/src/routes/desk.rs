//! The addresses of a desk, the phone's among them: the office enters paper slips with the same form.

use crate::{
    confirming::ConfirmDialog,
    prelude::*,
    router::{Screen, Screens},
    screens::{
        access::{AccessScreen, SecondFactorGate},
        audit::{AuditScreen, Checkpoints, LooksScreen, RemovalsScreen},
        by_provider::ByProviderScreen,
        clues::Clues,
        export::Export,
        figures::FiguresScreen,
        handovers::HandoversScreen,
        home::Home,
        install::Install,
        issues::{IssueScreen, Issues},
        measures::MeasuresScreen,
        meetings::{MeetingScreen, Meetings, Minutes},
        not_found::NotFound,
        parked::ParkedScreen,
        persons::PersonsScreen,
        questionnaires::{PaperScreen, QuestionnaireScreen, QuestionnairesScreen, editor::EditorScreen},
        queue::Queue,
        record::Record,
        referrals::Referrals,
        rules::RulesScreen,
        second_readings::SecondReadingsScreen,
        sent::{SentList, SentVisit},
        settings::Settings,
        setup::{
            AccountsScreen, AssignmentsScreen, CampaignScreen, FirstAccountsScreen, RespondentsScreen,
            UnitsScreen,
        },
        sign_in::SignInScreen,
        start::Start,
        suggester_versions::SuggesterVersionsScreen,
        taxonomy::TaxonomyScreen,
        visits::{VisitScreen, Visits},
        welcome::WelcomeScreen,
    },
};

/// What everyone needs.
const SCREENS: &[Screen] = &[
    ("/", || view! { <Home/> }.into_any()),
    ("/sign-in", || view! { <SignInScreen/> }.into_any()),
    ("/settings", || view! { <Settings/> }.into_any()),
    ("/access", || view! { <AccessScreen/> }.into_any()),
    ("/welcome", || view! { <WelcomeScreen/> }.into_any()),
    ("/welcome/by-provider", || view! { <ByProviderScreen/> }.into_any()),
    ("/help/install", || view! { <Install/> }.into_any()),
    ("/queue", || view! { <Queue/> }.into_any()),
    ("/issues", || view! { <Issues/> }.into_any()),
    ("/issues/:id", || view! { <IssueScreen/> }.into_any()),
    ("/referrals", || view! { <Referrals/> }.into_any()),
    ("/visits", || view! { <Visits/> }.into_any()),
    ("/visits/:id", || view! { <VisitScreen/> }.into_any()),
    ("/parked", || view! { <ParkedScreen/> }.into_any()),
    ("/audit", || view! { <AuditScreen/> }.into_any()),
    ("/audit/checkpoints", || view! { <Checkpoints/> }.into_any()),
    ("/looks", || view! { <LooksScreen/> }.into_any()),
    ("/handovers", || view! { <HandoversScreen/> }.into_any()),
    ("/persons", || view! { <PersonsScreen/> }.into_any()),
    ("/removals", || view! { <RemovalsScreen/> }.into_any()),
    ("/clues", || view! { <Clues/> }.into_any()),
    ("/questionnaires", || view! { <QuestionnairesScreen/> }.into_any()),
    ("/questionnaires/:id/edit", || view! { <EditorScreen/> }.into_any()),
    ("/questionnaires/:id", || view! { <QuestionnaireScreen/> }.into_any()),
    ("/questionnaires/:id/print", || view! { <PaperScreen/> }.into_any()),
    ("/export", || view! { <Export/> }.into_any()),
    ("/figures", || view! { <FiguresScreen/> }.into_any()),
    ("/suggestions", || view! { <SuggesterVersionsScreen/> }.into_any()),
    ("/taxonomy", || view! { <TaxonomyScreen/> }.into_any()),
    ("/rules", || view! { <RulesScreen/> }.into_any()),
    ("/second-readings", || view! { <SecondReadingsScreen/> }.into_any()),
    ("/measures", || view! { <MeasuresScreen/> }.into_any()),
    ("/meetings", || view! { <Meetings/> }.into_any()),
    ("/meetings/:id", || view! { <MeetingScreen/> }.into_any()),
    ("/meetings/:id/minutes", || view! { <Minutes/> }.into_any()),
    ("/first-accounts", || view! { <FirstAccountsScreen/> }.into_any()),
    ("/campaign", || view! { <CampaignScreen/> }.into_any()),
    ("/units", || view! { <UnitsScreen/> }.into_any()),
    ("/accounts", || view! { <AccountsScreen/> }.into_any()),
    ("/respondents", || view! { <RespondentsScreen/> }.into_any()),
    ("/assignments", || view! { <AssignmentsScreen/> }.into_any()),
    ("/start/*", || view! { <Start/> }.into_any()),
    ("/sent", || view! { <SentList/> }.into_any()),
    ("/sent/:id", || view! { <SentVisit/> }.into_any()),
    ("/record/:id/*", || view! { <Record/> }.into_any()),
];

/// The screen of the address.
#[component]
pub fn AppRoutes() -> impl IntoView {
    view! {
        <SecondFactorGate>
            <Screens table=SCREENS fallback=|| view! { <NotFound/> }.into_any()/>
        </SecondFactorGate>
        <ConfirmDialog/>
    }
}
