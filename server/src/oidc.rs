//! The provider of OpenID Connect by which one signs in: the authorization code flow with PKCE, state and nonce.
//!
//! What a sign-in under way needs to know rests sealed in a cookie of the browser that began it: nothing is kept here for
//! strangers, and any server can go on with it.

use std::time::Duration;

use anyhow::{Context, ensure};
use chrono::DateTime;
use domain::oidc::Trouble;
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl,
    RequestTokenError,
    core::{CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata},
};
use reqwest::redirect::Policy;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::{App, auth};

/// How long the provider may take for an answer, and for the line to it.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Largest answer that is read, in bytes: keys and tokens are a few thousand.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// As many sign-ins ask the provider at once: strangers may begin one, and it is someone else's server.
const AT_ONCE: usize = 8;
/// How long one may take at the provider, in milliseconds.
pub const AWAY_MS_MAX: i64 = 10 * 60 * 1_000;
/// Signatures of id tokens that count: with keys that only the provider has.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// A sign-in that waits for the provider to lead back.
#[derive(Serialize, Deserialize)]
pub struct Away {
    /// Comes back with the browser.
    pub state: String,
    /// Comes back in the id token.
    nonce: String,
    /// Only who has it can use the code.
    verifier: String,
    /// The address that the provider leads back to.
    back: String,
    /// In milliseconds since 1970.
    pub until: i64,
}

/// A provider.
pub struct Provider {
    issuer: IssuerUrl,
    client: ClientId,
    secret: ClientSecret,
    http: reqwest::Client,
    asking: Semaphore,
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error("no answer: {0}")]
    Line(#[from] reqwest::Error),
    #[error("an answer that is too long")]
    TooLong,
    #[error("an answer that is none: {0}")]
    Http(#[from] axum::http::Error),
}

impl Provider {
    /// A provider that is not asked yet.
    ///
    /// # Errors
    ///
    /// When the address is none, or in the clear beyond this machine.
    pub fn new(issuer: &str, client: &str, secret: &str) -> anyhow::Result<Self> {
        let issuer = IssuerUrl::new(issuer.to_owned()).with_context(|| format!("{issuer} is no address"))?;
        let local = matches!(issuer.url().host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        ensure!(issuer.url().scheme() == "https" || local, "{} is not https", issuer.as_str());
        ensure!(!client.is_empty() && !secret.is_empty(), "the client id or the secret is empty");
        // What speaks TLS here is what speaks it to PostgreSQL; another call finds it set.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(ANSWER_WITHIN).build()?;
        Ok(Self {
            issuer,
            client: ClientId::new(client.to_owned()),
            secret: ClientSecret::new(secret.to_owned()),
            http,
            asking: Semaphore::new(AT_ONCE),
        })
    }

    /// As it names itself.
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Begins a sign-in that comes back to an address: where to go, and what to keep meanwhile.
    ///
    /// # Errors
    ///
    /// [`Trouble::Down`].
    pub async fn begin(&self, app: &App, back: String) -> Result<(String, Away), Trouble> {
        let _turn = self.asking.acquire().await.map_err(|_| Trouble::Down)?;
        let client = self.client(&back).await?;
        let away = Away {
            state: auth::new_token(app),
            nonce: auth::new_token(app),
            verifier: auth::new_token(app),
            back,
            until: app.now() + AWAY_MS_MAX,
        };
        let verifier = PkceCodeVerifier::new(away.verifier.clone());
        let (state, nonce) = (CsrfToken::new(away.state.clone()), Nonce::new(away.nonce.clone()));
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let request = client.authorize_url(flow, || state, || nonce);
        let request = request.set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        Ok((request.url().0.into(), away))
    }

    /// Whom the provider means by a code that it led back with: a subject.
    ///
    /// # Errors
    ///
    /// [`Trouble::Down`], or [`Trouble::Again`] when code or id token do not fit this sign-in.
    pub async fn subject(&self, away: &Away, code: String, now: i64) -> Result<String, Trouble> {
        let _turn = self.asking.acquire().await.map_err(|_| Trouble::Down)?;
        let client = self.client(&away.back).await?;
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(down)?;
        let request = request.set_pkce_verifier(PkceCodeVerifier::new(away.verifier.clone()));
        let http = self.http.clone();
        let ask = move |it| ask(http.clone(), it);
        let tokens = request.request_async(&ask).await.map_err(|cause| match cause {
            RequestTokenError::ServerResponse(_) => again("the provider refuses the code"),
            RequestTokenError::Request(cause) => down(cause),
            // Its text would hold what was answered.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => down("tokens that are none"),
        })?;
        let token = tokens.extra_fields().id_token().ok_or_else(|| again("no id token"))?;
        let time = DateTime::from_timestamp_millis(now).ok_or(Trouble::Again)?;
        let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || time);
        let claims = token.claims(&verifier, &Nonce::new(away.nonce.clone())).map_err(again)?;
        Ok(claims.subject().to_string())
    }

    async fn client(&self, back: &str) -> Result<Client, Trouble> {
        let back = RedirectUrl::new(back.to_owned()).map_err(again)?;
        let http = self.http.clone();
        let ask = move |it| ask(http.clone(), it);
        // Its keys change without notice; they are asked for each time.
        let metadata = CoreProviderMetadata::discover_async(self.issuer.clone(), &ask).await.map_err(down)?;
        let (client, secret) = (self.client.clone(), Some(self.secret.clone()));
        Ok(CoreClient::from_provider_metadata(metadata, client, secret).set_redirect_uri(back))
    }
}

/// Asks what `openidconnect` wants asked.
async fn ask(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, AskError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = axum::http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        response = response.header(name, value);
    }
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(AskError::TooLong);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(response.body(bytes)?)
}

fn down(cause: impl std::fmt::Display) -> Trouble {
    tracing::warn!(%cause, "the provider of OpenID Connect does not answer as one");
    Trouble::Down
}

fn again(cause: impl std::fmt::Display) -> Trouble {
    tracing::warn!(%cause, "a sign-in by OpenID Connect does not fit together");
    Trouble::Again
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_asked_in_the_clear_on_this_machine_only() {
        let new = |issuer| Provider::new(issuer, "zoufang", "secret").is_ok();
        assert!(new("https://id.example.org") && new("http://127.0.0.1:9400") && new("http://localhost/a"));
        assert!(!new("http://id.example.org") && !new("id.example.org") && !new(""));
        assert!(Provider::new("https://id.example.org", "zoufang", "").is_err());
    }
}
