//! What leads to a person, and what phones sent, rests encrypted in the database, under a key that is not in it.
//!
//! A sealed value is a suite byte and what the suite makes. Suite 1: a nonce of 24 random bytes, then XChaCha20-Poly1305
//! over a length (4 bytes, big-endian), the value, and zero bytes up to a multiple of 256 where the length alone would
//! tell. With it goes where it belongs: suite, table, column and the row's own bytes, so that a value that was put
//! into another row does not open there. Another suite, SM4 with SM3, would be another arm of `seal` and `open`.
//!
//! What has to be found again without being read is blinded: HMAC-SHA256 under a second key. These, and the key to which
//! phones seal theirs, come by HKDF-SHA256 from the 32 bytes of one file.

use chacha20poly1305::{
    AeadInPlace, KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::envelope::Hash;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac};
use serde::{Serialize, de::DeserializeOwned};
use sha2::Sha256;

use crate::office_key::OfficeKey;

/// XChaCha20-Poly1305.
const SUITE: u8 = 1;
const NONCE_BYTES: usize = 24;
const LENGTH_BYTES: usize = 4;
/// What is padded grows in such steps.
const BUCKET_BYTES: usize = 256;

/// Where a sealed value belongs.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'static str,
    pub column: &'static str,
    /// The row's own bytes, which never change.
    pub row: &'a [u8],
}

impl Place<'_> {
    /// What goes with what is sealed for it under a suite.
    pub fn bytes(&self, suite: u8) -> Vec<u8> {
        let mut bytes = vec![suite];
        for part in [self.table.as_bytes(), self.column.as_bytes(), self.row] {
            bytes.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            bytes.extend(part);
        }
        bytes
    }
}

/// It was sealed with another key, for another place, or was changed since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot be decrypted")]
pub struct NotOpened;

/// Seals and opens values.
pub struct Key(XChaCha20Poly1305);

/// Seals and opens, by the server's key.
pub struct Vault {
    key: Key,
    blinding: [u8; 32],
    office: OfficeKey,
    fingerprint: Hash,
}

impl Vault {
    /// The vault of these 32 bytes.
    pub fn of(secret: &[u8; 32]) -> Self {
        let of = |info: &[u8]| {
            let mut key = [0; 32];
            let derived = Hkdf::<Sha256>::new(None, secret).expand(info, &mut key);
            derived.expect("32 bytes are fewer than HKDF gives");
            key
        };
        Self {
            key: Key::of(&of(b"zoufang fields v1")),
            blinding: of(b"zoufang blind v1"),
            office: OfficeKey::of(&of(b"zoufang office v1")),
            fingerprint: Hash(of(b"zoufang fingerprint v1")),
        }
    }

    /// Names the key without giving it away.
    pub fn fingerprint(&self) -> Hash {
        self.fingerprint
    }

    /// The key that phones seal their own keys to.
    pub fn office_key(&self) -> &OfficeKey {
        &self.office
    }

    /// Seals bytes for a place.
    pub fn seal(&self, place: Place<'_>, bytes: &[u8]) -> Vec<u8> {
        self.key.seal(place, bytes)
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    ///
    /// When it does not open there.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        self.key.open(place, sealed)
    }

    /// Seals a value whose length would tell something, as JSON.
    pub fn seal_value(&self, place: Place<'_>, value: &impl Serialize) -> Vec<u8> {
        self.key.seal_value(place, value)
    }

    /// Opens such a value.
    ///
    /// # Errors
    ///
    /// When it does not open there, or is another thing.
    pub fn open_value<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &[u8]) -> Result<T, NotOpened> {
        self.key.open_value(place, sealed)
    }

    /// Blinds a text that is to be found again: 64 hexadecimal digits, the same for the same text and use.
    pub fn blind(&self, what: &'static str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.blinding).expect("a key of any length does");
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        Hash(mac.finalize().into_bytes().into()).to_string()
    }
}

impl Key {
    /// The key of these 32 bytes.
    pub fn of(secret: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(secret.into()))
    }

    /// 32 bytes that nobody has yet.
    pub fn random() -> [u8; 32] {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).expect("the system gives random bytes");
        secret
    }

    /// Seals bytes for a place.
    pub fn seal(&self, place: Place<'_>, bytes: &[u8]) -> Vec<u8> {
        self.seal_padded(place, bytes, 1)
    }

    /// Seals a value whose length would tell something, as JSON.
    pub fn seal_value(&self, place: Place<'_>, value: &impl Serialize) -> Vec<u8> {
        let json = serde_json::to_vec(value).expect("plain data is JSON");
        self.seal_padded(place, &json, BUCKET_BYTES)
    }

    /// Opens such a value.
    ///
    /// # Errors
    ///
    /// When it does not open there, or is another thing.
    pub fn open_value<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &[u8]) -> Result<T, NotOpened> {
        serde_json::from_slice(&self.open(place, sealed)?).map_err(|_| NotOpened)
    }

    fn seal_padded(&self, place: Place<'_>, bytes: &[u8], step: usize) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).expect("the system gives random bytes");
        let mut sealed = Vec::with_capacity(1 + NONCE_BYTES + LENGTH_BYTES + bytes.len() + step + 16);
        sealed.push(SUITE);
        sealed.extend(nonce);
        let mut clear = u32::try_from(bytes.len()).expect("no value has 4 GiB").to_be_bytes().to_vec();
        clear.extend(bytes);
        clear.resize(clear.len().next_multiple_of(step), 0);
        let done = self.0.encrypt_in_place(&XNonce::from(nonce), &place.bytes(SUITE), &mut clear);
        done.expect("no value has 256 GiB");
        sealed.extend(clear);
        sealed
    }

    /// Opens what was sealed for the same place.
    ///
    /// # Errors
    ///
    /// When it does not open there.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let (suite, sealed) = sealed.split_first().ok_or(NotOpened)?;
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(NotOpened)?;
        if *suite != SUITE {
            return Err(NotOpened);
        }
        let payload = Payload { msg: sealed, aad: &place.bytes(SUITE) };
        let mut clear = self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| NotOpened)?;
        let length =
            clear.first_chunk::<LENGTH_BYTES>().map(|it| u32::from_be_bytes(*it)).ok_or(NotOpened)?;
        let end = LENGTH_BYTES + usize::try_from(length).map_err(|_| NotOpened)?;
        clear.get(LENGTH_BYTES..end).ok_or(NotOpened)?;
        clear.truncate(end);
        clear.drain(..LENGTH_BYTES);
        Ok(clear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { table: "identity", column: "sealed", row: b"one" };

    #[test]
    fn it_opens_only_where_it_was_sealed_and_unchanged() {
        let vault = Vault::of(&[7; 32]);
        for bytes in [&b""[..], "李桂兰".as_bytes(), &[0; 5_000]] {
            let sealed = vault.seal(PLACE, bytes);
            assert_eq!(vault.open(PLACE, &sealed).as_deref(), Ok(bytes));
            for place in [
                Place { table: "respondent", ..PLACE },
                Place { column: "name", ..PLACE },
                Place { row: b"two", ..PLACE },
                Place { table: "identitys", column: "ealed", ..PLACE },
            ] {
                assert_eq!(vault.open(place, &sealed), Err(NotOpened), "{place:?}");
            }
            assert_eq!(Vault::of(&[8; 32]).open(PLACE, &sealed), Err(NotOpened));
            for at in 0..sealed.len().min(80) {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert_eq!(vault.open(PLACE, &changed), Err(NotOpened), "byte {at}");
                assert_eq!(vault.open(PLACE, &sealed[..at]), Err(NotOpened), "cut at {at}");
            }
            assert_ne!(vault.seal(PLACE, bytes), sealed, "no two are alike");
        }
    }

    #[test]
    fn lengths_do_not_tell_names_apart() {
        let vault = Vault::of(&[7; 32]);
        let length = |name: &str| vault.seal_value(PLACE, &name).len();
        assert_eq!(length("王"), length("欧阳建国同志"));
        let sealed = vault.seal_value(PLACE, &"王");
        assert_eq!(vault.open_value::<String>(PLACE, &sealed).as_deref(), Ok("王"));
        assert_eq!(vault.open_value::<u32>(PLACE, &sealed), Err(NotOpened));
    }

    /// Sealed once by Python's pycryptodome from the description above.
    #[test]
    fn what_another_program_sealed_opens() {
        let sealed = hex::decode(KNOWN).unwrap();
        let vault = Vault::of(&std::array::from_fn(|it| u8::try_from(it).unwrap()));
        assert_eq!(vault.open(PLACE, &sealed).as_deref(), Ok("李桂兰".as_bytes()));
        assert_eq!(vault.blind("telephone", "13800138000"), BLINDED);
        assert_eq!(vault.fingerprint().to_string(), FINGERPRINT);
    }

    const KNOWN: &str = "016465666768696a6b6c6d6e6f707172737475767778797a7bad3fdb4fd547aef5588a8164d2f5eb0a40112d44f1af14ab486b24d855";
    const BLINDED: &str = "eef707d2da3f6934f45fa17ce4239b5a707e9431cfeb6060739e3a1d91b65722";
    const FINGERPRINT: &str = "8f356b6ed59377243e68006b45250e6f495d0e0be05784f809bc312e858b35e2";
}
