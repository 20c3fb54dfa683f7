//! The addresses of a phone.

use crate::{
    prelude::*,
    router::{Screen, Screens},
    screens::{
        home::Home,
        install::Install,
        not_found::NotFound,
        record::Record,
        sent::{SentList, SentVisit},
        settings::Settings,
        sign_in::SignInScreen,
        start::Start,
    },
};

/// What a visitor needs.
const SCREENS: &[Screen] = &[
    ("/", || view! { <Home/> }.into_any()),
    ("/sign-in", || view! { <SignInScreen/> }.into_any()),
    ("/settings", || view! { <Settings/> }.into_any()),
    ("/help/install", || view! { <Install/> }.into_any()),
    ("/start/*", || view! { <Start/> }.into_any()),
    ("/sent", || view! { <SentList/> }.into_any()),
    ("/sent/:id", || view! { <SentVisit/> }.into_any()),
    ("/record/:id/*", || view! { <Record/> }.into_any()),
];

/// The screen of the address.
#[component]
pub fn AppRoutes() -> impl IntoView {
    view! { <Screens table=SCREENS fallback=|| view! { <NotFound/> }.into_any()/> }
}
