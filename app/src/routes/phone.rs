//! The addresses of a phone.

use leptos_router::{
    components::{ParentRoute, Route, Routes},
    path,
};

use crate::{
    prelude::*,
    screens::{
        home::Home,
        install::Install,
        not_found::NotFound,
        record::{
            Record, about::About, read_back::ReadBack, statements::Statements, tidy::Tidy, voice::Voice,
        },
        sent::{SentList, SentVisit},
        settings::Settings,
        sign_in::SignInScreen,
        start::Start,
    },
};

/// What a visitor needs.
#[component]
pub fn AppRoutes() -> impl IntoView {
    view! {
        <Routes fallback=NotFound>
            <Route path=path!("/") view=Home/>
            <Route path=path!("/sign-in") view=SignInScreen/>
            <Route path=path!("/settings") view=Settings/>
            <Route path=path!("/help/install") view=Install/>
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
