//! A phone asks for no code: whoever has a second factor works at a desk, which does.

use domain::{
    role::Role,
    session::{Session as SignedIn, SignIn},
};

use crate::{
    api::{self, ApiError},
    routes,
};

#[derive(Clone, Copy)]
pub struct CodeField;

impl CodeField {
    pub fn new() -> Self {
        Self
    }

    /// The account has a second factor: the desk's bundle is loaded.
    #[expect(clippy::unused_self, reason = "called as the desk's")]
    pub fn ask(self) {
        routes::choose_bundle(Role::Office);
    }

    /// Signs in.
    ///
    /// # Errors
    ///
    /// [`ApiError`], to put into words.
    pub async fn sign_in(self, sign_in: &SignIn) -> Result<SignedIn, ApiError> {
        api::post("/api/v1/session", sign_in).await
    }

    #[expect(clippy::unused_self, reason = "called as the desk's")]
    pub fn view(self) {}
}
