//! The addresses of a desk, the phone's among them: the office enters paper slips with the same form.

use leptos_router::{
    components::{ParentRoute, Route, Routes},
    path,
};

use crate::{
    prelude::*,
    screens::{
        audit::AuditScreen,
        export::Export,
        figures::FiguresScreen,
        home::Home,
        install::Install,
        issues::{IssueScreen, Issues},
        measures::MeasuresScreen,
        meetings::{MeetingScreen, Meetings, Minutes},
        not_found::NotFound,
        parked::ParkedScreen,
        queue::Queue,
        record::{
            Record, about::About, read_back::ReadBack, statements::Statements, tidy::Tidy, voice::Voice,
        },
        referrals::Referrals,
        sent::{SentList, SentVisit},
        settings::Settings,
        setup::{
            AccountsScreen, AssignmentsScreen, CampaignScreen, FirstAccountsScreen, RespondentsScreen,
            UnitsScreen,
        },
        sign_in::SignInScreen,
        start::Start,
        visits::{VisitScreen, Visits},
    },
};

/// What everyone needs.
#[component]
pub fn AppRoutes() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=Home/>
            <Route path=path!("/sign-in") view=SignInScreen/>
            <Route path=path!("/settings") view=Settings/>
            <Route path=path!("/help/install") view=Install/>
            <Route path=path!("/queue") view=Queue/>
            <Route path=path!("/issues") view=Issues/>
            <Route path=path!("/issues/:id") view=IssueScreen/>
            <Route path=path!("/referrals") view=Referrals/>
            <Route path=path!("/visits") view=Visits/>
            <Route path=path!("/visits/:id") view=VisitScreen/>
            <Route path=path!("/parked") view=ParkedScreen/>
            <Route path=path!("/audit") view=AuditScreen/>
            <Route path=path!("/export") view=Export/>
            <Route path=path!("/figures") view=FiguresScreen/>
            <Route path=path!("/measures") view=MeasuresScreen/>
            <Route path=path!("/meetings") view=Meetings/>
            <Route path=path!("/meetings/:id") view=MeetingScreen/>
            <Route path=path!("/meetings/:id/minutes") view=Minutes/>
            <Route path=path!("/first-accounts") view=FirstAccountsScreen/>
            <Route path=path!("/campaign") view=CampaignScreen/>
            <Route path=path!("/units") view=UnitsScreen/>
            <Route path=path!("/accounts") view=AccountsScreen/>
            <Route path=path!("/respondents") view=RespondentsScreen/>
            <Route path=path!("/assignments") view=AssignmentsScreen/>
            <Route path=path!("/start") view=Start/>
            <Route path=path!("/sent") view=SentList/>
            <Route path=path!("/sent/:id") view=SentVisit/>
            <ParentRoute path=path!("/record/:id") view=Record>
                <Route path=path!("") view=Statements/>
                <Route path=path!("about") view=About/>
                <Route path=path!("read") view=ReadBack/>
                <Route path=path!("tidy") view=Tidy/>
                <Route path=path!("voice/:statement") view=Voice/>
            </ParentRoute>
        </Routes>
    }
}
