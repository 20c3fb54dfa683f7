//! The worker in which a member's secret lies while the screen is shown, see `public/clue-desk.js`.

use std::rc::Rc;

use domain::{
    clue::{
        ClueKey, ListedClue, NewClueKey, NewRecoveryKey, Note, OwnKey, RecoveredWrap, SealedNote, Wrap,
        WrappedSecret, recovery_proof,
    },
    envelope::Hash,
    id::{AccountId, ClueId},
};
use js_sys::{Array, Function, JSON, Object, Promise, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use serde_json::json;
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageChannel, MessageEvent};

/// Argon2id for a passphrase on a desk: 128 MiB and 3 passes.
const MEMORY_KIB: u32 = 131_072;
const PASSES: u32 = 3;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = Worker)]
    type Running;

    #[wasm_bindgen(method, js_name = postMessage)]
    fn post(this: &Running, job: &JsValue, ports: &Array);

    #[wasm_bindgen(method)]
    fn terminate(this: &Running);

    /// In `public/first.js`.
    #[wasm_bindgen(js_namespace = zoufang, js_name = clueWorker)]
    fn begin() -> Running;
}

/// It could not be done: what was to be opened was sealed to another key or was changed, or there is no memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotDone;

/// A member's worker. Ended, nothing opens any more.
#[derive(Clone)]
pub struct Worker(Rc<Running>);

/// What a new key is sent to the server as, and the recovery key's secret, where one was made.
pub struct Made {
    pub new: NewClueKey,
    pub recovery_secret: Vec<u8>,
}

/// What the worker says of a key that it made.
#[derive(Deserialize)]
struct MadeKey {
    public: String,
    secret: WrappedSecret,
    recovery: Option<String>,
}

impl Worker {
    pub fn begin() -> Self {
        Self(Rc::new(begin()))
    }

    /// Forgets the secret.
    pub fn end(&self) {
        self.0.terminate();
    }

    async fn ask(&self, what: &str, job: &impl Serialize, bytes: Option<&[u8]>) -> Result<JsValue, NotDone> {
        let json = serde_json::to_string(job).map_err(|_| NotDone)?;
        let job = JSON::parse(&json).map_err(|_| NotDone)?;
        let set = |name: &str, value: JsValue| Reflect::set(&job, &name.into(), &value).map_err(|_| NotDone);
        set("do", what.into())?;
        if let Some(bytes) = bytes {
            set("bytes", Uint8Array::from(bytes).into())?;
        }
        let channel = MessageChannel::new().map_err(|_| NotDone)?;
        let answer = Promise::new(&mut |resolve: Function, _| channel.port1().set_onmessage(Some(&resolve)));
        self.0.post(&job, &Array::of1(&channel.port2()));
        let answer: MessageEvent =
            JsFuture::from(answer).await.map_err(|_| NotDone)?.dyn_into().map_err(|_| NotDone)?;
        channel.port1().close();
        let answer: Object = answer.data().dyn_into().map_err(|_| NotDone)?;
        if !Object::has_own(&answer, &"done".into()) {
            return Err(NotDone);
        }
        Reflect::get(&answer, &"done".into()).map_err(|_| NotDone)
    }

    /// Makes a member's key, and with the first one the recovery key.
    pub async fn make(&self, account: AccountId, passphrase: &str, recovery: bool) -> Result<Made, NotDone> {
        let job = json!({
            "passphrase": passphrase, "account": account, "recovery": recovery, "memory": MEMORY_KIB, "passes": PASSES,
        });
        let made: Array = self.ask("make", &job, None).await?.dyn_into().map_err(|_| NotDone)?;
        let key = made.get(0).as_string().ok_or(NotDone)?;
        let MadeKey { public, secret, recovery } = serde_json::from_str(&key).map_err(|_| NotDone)?;
        let recovery_secret = unhex(&made.get(1).as_string().unwrap_or_default());
        let recovery = recovery.map(|public| {
            let proof_hash = Hash::of(&recovery_proof(&recovery_secret).0).to_string();
            NewRecoveryKey { public, proof_hash }
        });
        Ok(Made { new: NewClueKey { public, secret, recovery }, recovery_secret })
    }

    /// Whether a passphrase opens this member's key; from then on it opens clues.
    pub async fn unlock(&self, account: AccountId, passphrase: &str, own: &OwnKey) -> Result<bool, NotDone> {
        let own = serde_json::to_string(own).map_err(|_| NotDone)?;
        let job = json!({"passphrase": passphrase, "account": account, "own": own});
        Ok(self.ask("unlock", &job, None).await?.is_truthy())
    }

    /// A part of a clue in the clear.
    pub async fn open_part(&self, clue: &ListedClue, n: u32, bytes: &[u8]) -> Result<Vec<u8>, NotDone> {
        let last = n + 1 == clue.parts_n;
        let job = json!({"id": clue.id, "wrap": clue.wrap.sealed, "n": n, "last": last});
        let opened: Uint8Array =
            self.ask("openPart", &job, Some(bytes)).await?.dyn_into().map_err(|_| NotDone)?;
        Ok(opened.to_vec())
    }

    /// A line of a clue's ledger; nothing where it does not open.
    pub async fn open_note(&self, clue: &ListedClue, note: &SealedNote) -> Option<Note> {
        let job = json!({"id": clue.id, "wrap": clue.wrap.sealed, "note": note.id, "sealed": note.sealed});
        let text = self.ask("openNote", &job, None).await.ok()?.as_string()?;
        serde_json::from_str(&text).ok()
    }

    /// Seals a line of a clue's ledger.
    pub async fn seal_note(
        &self,
        clue: ClueId,
        wrap: &Wrap,
        note: uuid::Uuid,
        text: &Note,
    ) -> Result<String, NotDone> {
        let text = serde_json::to_string(text).map_err(|_| NotDone)?;
        let job = json!({"id": clue, "wrap": wrap.sealed, "note": note, "text": text});
        self.ask("sealNote", &job, None).await?.as_string().ok_or(NotDone)
    }

    /// Seals to a member's key what is sealed to the recovery key.
    pub async fn recover(
        &self,
        secret: &[u8],
        recovery: &ClueKey,
        to: &str,
        clues: &[RecoveredWrap],
    ) -> Result<Vec<RecoveredWrap>, NotDone> {
        let secret: String = secret.iter().map(|it| format!("{it:02x}")).collect();
        let job = json!({"secret": secret, "point": recovery.public, "to": to, "clues": clues});
        let wraps = self.ask("recover", &job, None).await?.as_string().ok_or(NotDone)?;
        serde_json::from_str(&wraps).map_err(|_| NotDone)
    }

    /// Seals a clue's key to one more recipient.
    pub async fn rewrap(&self, clue: &ListedClue, to: &ClueKey) -> Result<Wrap, NotDone> {
        let job = json!({"id": clue.id, "wrap": clue.wrap.sealed, "to": to.public});
        let wrap = self.ask("rewrap", &job, None).await?.as_string().ok_or(NotDone)?;
        serde_json::from_str(&wrap).map_err(|_| NotDone)
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.filter_map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}
