//! Files that an edit brings in a later request than its answers. Until then the answers name the original's file of the same
//! name; where its bytes are others, a further revision names the one that came.

use std::collections::HashMap;

use domain::{
    answers::Answers,
    envelope::{Hash, RecordKind, open},
    id::RecordId,
    visit::Visit,
};
use serde::de::DeserializeOwned;

use super::{Coming, rename};
use crate::{openrosa::Refusal, store};

impl Coming<'_> {
    /// Further revisions of what came of this very record before; none where it names its files right, or was edited since.
    pub(super) async fn with_late_files(&self) -> Result<Vec<Vec<u8>>, Refusal> {
        let other = self.named.iter().map(|(name, id)| (self.id(name), *id)).filter(|(was, is)| was != is);
        let other: HashMap<RecordId, RecordId> = other.collect();
        let mut envelopes = Vec::new();
        if other.is_empty() {
            return Ok(envelopes);
        }
        let [visit, answers] = ["visit", "answers"].map(|it| self.id(it));
        if let Some((parent, mut said)) = self.latest::<Visit>(visit).await? {
            let before = said.attachments.clone();
            // The one that came may stand among them already, as what nothing named.
            said.attachments.retain(|it| !other.values().any(|is| is == it));
            for it in &mut said.attachments {
                *it = other.get(it).copied().unwrap_or(*it);
            }
            if said.attachments != before {
                envelopes.push(self.envelope(RecordKind::Visit, visit, vec![parent], &said));
            }
        }
        if let Some((parent, mut said)) = self.latest::<Answers>(answers).await? {
            let before = said.answers.clone();
            let texts = other.iter().map(|(was, is)| (was.to_string(), is.to_string())).collect();
            rename(&mut said.answers, &texts);
            if said.answers != before {
                envelopes.push(self.envelope(RecordKind::Answers, answers, vec![parent], &said));
            }
        }
        Ok(envelopes)
    }

    /// The latest revision that came of this very record, unless another one follows it.
    async fn latest<T: DeserializeOwned>(&self, record: RecordId) -> Result<Option<(Hash, T)>, Refusal> {
        let known = store::records::revisions(&mut self.app.db.read().await?, record).await?;
        let mut own = known.iter().filter(|it| it.author == self.who.id && it.claimed_at == self.at);
        let Some(latest) = own.next_back() else { return Ok(None) };
        let follows =
            |envelope: &[u8]| open(envelope).is_ok_and(|it| it.header.parents.contains(&latest.hash));
        if known.iter().any(|it| follows(&it.envelope)) {
            return Ok(None);
        }
        Ok(open(&latest.envelope).ok().and_then(|it| it.read()).map(|said| (latest.hash, said)))
    }
}
