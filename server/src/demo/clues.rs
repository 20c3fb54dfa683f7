//! The demo's discipline group: a member with a key, and a clue that was sealed to it.

use anyhow::Context;
use argon2::{Algorithm, Argon2, Params, Version};
use axum::body::Body;
use domain::{
    clue::{Content, NewClueKey, NewRecoveryKey, Recorder, Sealing, WrappedSecret, padded, recovery_proof},
    envelope::Hash,
    id::{AccountId, ClueId},
    respondent::RespondentKind,
    session::Account,
    statement::Kind,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use serde_json::{Value, json};

use super::{DAY_MS, Filling, PASSWORD, id_of};
use crate::clue_sealing::{self, new_pair};

/// What wrapping a member's secret costs on a desk, as the app asks of it: KiB and passes.
const MEMORY_KIB: u32 = 128 * 1024;
const PASSES: u32 = 3;
const WORDS: &str = "（演示）某科长让我们请吃饭才给盖章，说不请就再等半个月。";

impl Filling {
    /// The group's member has a key that the demo's password opens; one clue is sealed to it.
    pub(super) async fn clues(&self) -> anyhow::Result<()> {
        let member = self.sign_in("discipline").await?;
        let session = member.get("/api/v1/session").await?;
        let account = AccountId(id_of(&session["account"]["id"])?);
        let (secret, public) = new_pair();
        let (recovery_secret, recovery_public) = new_pair();
        let new = NewClueKey {
            public,
            secret: self.wrapped(account, &secret)?,
            // Of the demo nobody has the paper.
            recovery: Some(NewRecoveryKey {
                public: recovery_public,
                proof_hash: Hash::of(&recovery_proof(&recovery_secret).0).to_string(),
            }),
        };
        member.post("/api/v1/clue-group/key", &serde_json::to_value(&new)?).await?;

        let visitor = self.sign_in("wang").await?;
        let session = visitor.get("/api/v1/session").await?;
        let sealing: Sealing = serde_json::from_value(visitor.get("/api/v1/clue-keys").await?)?;
        let (id, content) = (ClueId(self.app.new_public_id()), self.content(&session)?);
        let clear = padded(&serde_json::to_vec(&content)?, &[]);
        let (sealed, parts) = clue_sealing::seal(id, &clear, &sealing.keys)?;
        for (n, part) in parts.into_iter().enumerate() {
            let path = format!("/api/v1/clues/{id}/parts?n={n}");
            visitor.send("PUT", &path, Body::from(part), "application/octet-stream").await?;
        }
        visitor.post(&format!("/api/v1/clues/{id}"), &json!(sealed)).await.map(drop)
    }

    fn content(&self, session: &Value) -> anyhow::Result<Content> {
        let by: Account = serde_json::from_value(session["account"].clone())?;
        let unit = by.unit.context("a unit")?;
        Ok(Content {
            words: WORDS.to_owned(),
            summary: String::new(),
            kind: Kind::Problem,
            about: "某科长".to_owned(),
            happened: String::new(),
            said_at: self.now - DAY_MS,
            campaign: serde_json::from_value(session["campaign"]["id"].clone())?,
            unit: unit.id,
            unit_name: unit.name,
            place: "城关镇".to_owned(),
            respondent_kind: RespondentKind::Business,
            identity: None,
            recorded_by: Recorder { account: by.id, name: by.name },
            receipt: domain::clue::receipt_code(self.random()),
            left_out: Vec::new(),
            attachments: Vec::new(),
            revisions: Vec::new(),
            note: String::new(),
        })
    }

    /// A member's secret as a desk wraps it, by the demo's password.
    fn wrapped(&self, account: AccountId, secret: &[u8; 32]) -> anyhow::Result<WrappedSecret> {
        let (salt, iv) = (self.random::<16>(), self.random::<12>());
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).ok().context("what it costs")?;
        let mut key = [0; 32];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(PASSWORD.as_bytes(), &salt, &mut key).ok().context("a key")?;
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).ok().context("a key")?);
        let mut wrap = secret.to_vec();
        let place = Aad::from(format!("zoufang clue key v1 {account}"));
        let sealed = key.seal_in_place_append_tag(Nonce::assume_unique_for_key(iv), place, &mut wrap);
        sealed.ok().context("a wrap")?;
        Ok(WrappedSecret {
            salt: hex::encode(salt),
            memory: MEMORY_KIB,
            passes: PASSES,
            iv: hex::encode(iv),
            wrap: hex::encode(wrap),
        })
    }

    /// As many random bytes, 32 at most.
    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.app.random()[..N]);
        bytes
    }
}
