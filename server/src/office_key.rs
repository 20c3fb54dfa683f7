//! The office's key, to which phones seal their own: see [`domain::phone_key`].

use domain::{id::AccountId, phone_key::INFO};
use hpke::{
    Deserializable, Kem as _, OpModeR, Serializable, aead::AesGcm256, kdf::HkdfSha256, kem::DhP256HkdfSha256,
    single_shot_open,
};

use crate::vault::NotOpened;

type Kem = DhP256HkdfSha256;

/// Bytes of an encapsulated key: an uncompressed point.
const ENCAPPED_BYTES: usize = 65;
/// Bytes of a phone's key.
const PHONE_KEY_BYTES: usize = 32;

/// Opens what phones sealed.
pub struct OfficeKey {
    secret: <Kem as hpke::Kem>::PrivateKey,
    public: <Kem as hpke::Kem>::PublicKey,
}

impl OfficeKey {
    /// The key of this seed, by RFC 9180's DeriveKeyPair.
    pub fn of(seed: &[u8; 32]) -> Self {
        let (secret, public) = Kem::derive_keypair(seed);
        Self { secret, public }
    }

    /// What phones are told at signing in: 65 bytes as hexadecimal digits.
    pub fn public(&self) -> String {
        hex(&self.public.to_bytes())
    }

    /// The key that the phone of `account` sealed, as hexadecimal digits, like what was sealed.
    ///
    /// # Errors
    ///
    /// When it was sealed to another office, for another account, or is something else.
    pub fn open(&self, account: AccountId, sealed: &str) -> Result<String, NotOpened> {
        let sealed = unhex(sealed).ok_or(NotOpened)?;
        let (encapped, ciphertext) = sealed.split_at_checked(ENCAPPED_BYTES).ok_or(NotOpened)?;
        let encapped = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapped).map_err(|_| NotOpened)?;
        let key = single_shot_open::<AesGcm256, HkdfSha256, Kem>(
            &OpModeR::Base,
            &self.secret,
            &encapped,
            INFO,
            ciphertext,
            account.0.as_bytes(),
        );
        let key = key.ok().filter(|it| it.len() == PHONE_KEY_BYTES).ok_or(NotOpened)?;
        Ok(hex(&key))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|it| it.to_digit(16).and_then(|it| u8::try_from(it).ok())).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    Some(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}
