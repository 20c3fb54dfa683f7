//! How to install the app on a phone.

use crate::{
    i18n::{common::CommonText, text},
    parts::frame::Frame,
    place::Refusal,
    prelude::*,
};

/// The steps on Android, on iOS, and out of WeChat's browser.
#[component]
pub fn Install() -> impl IntoView {
    view! {
        <Frame title=Signal::derive(move || text().common.install.to_owned()) back="/">
            <p>{move || text().common.install_why}</p>
            <InstallSteps refusal=None/>
        </Frame>
    }
}

/// The steps for this place, or for every place.
#[component]
pub fn InstallSteps(refusal: Option<Refusal>) -> impl IntoView {
    view! {
        {refusal.is_none().then(|| view! {
            <Steps title=|it| it.install_android steps=|it| it.install_android_steps/>
        })}
        {(refusal != Some(Refusal::WeChat)).then(|| view! {
            <Steps title=|it| it.install_ios steps=|it| it.install_ios_steps/>
        })}
        {(refusal != Some(Refusal::IosTab)).then(|| view! {
            <Steps title=|it| it.install_wechat steps=|it| it.install_wechat_steps/>
        })}
    }
}

#[component]
fn Steps(
    title: fn(&CommonText) -> &'static str,
    steps: fn(&CommonText) -> &'static [&'static str],
) -> impl IntoView {
    view! {
        <section class="card">
            <h2>{move || title(text().common)}</h2>
            <ol>
                {move || steps(text().common).iter().map(|it| view! { <li>{*it}</li> }).collect_view()}
            </ol>
        </section>
    }
}
