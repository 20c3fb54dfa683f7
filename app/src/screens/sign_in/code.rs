//! The code of the second factor, asked for after the password.

use domain::{
    second_factor::SignInWithCode,
    session::{Session as SignedIn, SignIn},
};

use crate::{
    api::{self, ApiError},
    i18n::text,
    parts::field::Field,
    prelude::*,
};

/// The field, once it is asked for.
#[derive(Clone, Copy)]
pub struct CodeField {
    asked: RwSignal<bool>,
    code: RwSignal<String>,
}

impl CodeField {
    pub fn new() -> Self {
        Self { asked: RwSignal::new(false), code: RwSignal::new(String::new()) }
    }

    /// The account has a second factor.
    pub fn ask(self) {
        self.asked.set(true);
    }

    /// Signs in, with the code where it was asked for.
    ///
    /// # Errors
    ///
    /// [`ApiError`], to put into words.
    pub async fn sign_in(self, sign_in: &SignIn) -> Result<SignedIn, ApiError> {
        if !self.asked.get_untracked() {
            return api::post("/api/v1/session", sign_in).await;
        }
        let body = SignInWithCode {
            login: sign_in.login.clone(),
            password: sign_in.password.clone(),
            code: self.code.get_untracked(),
        };
        api::post("/api/v1/session/code", &body).await
    }

    pub fn view(self) -> impl IntoView {
        view! {
            <Show when=move || self.asked.get()>
                <Field
                    id="code"
                    label=Signal::derive(|| text().access.code.to_owned())
                    hint=Signal::derive(|| text().access.code_hint.to_owned())
                    value=self.code
                    autocomplete="one-time-code"
                />
            </Show>
        }
    }
}
