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
        hex::encode(self.public.to_bytes())
    }

    /// The key that the phone of `account` sealed, which came as hexadecimal digits.
    ///
    /// # Errors
    ///
    /// When it was sealed to another office, for another account, or is something else.
    pub fn open(&self, account: AccountId, sealed: &str) -> Result<[u8; PHONE_KEY_BYTES], NotOpened> {
        let sealed = hex::decode(sealed).map_err(|_| NotOpened)?;
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
        key.ok().and_then(|it| it.try_into().ok()).ok_or(NotOpened)
    }
}

/// Whether hexadecimal digits are a point of the curve, to which can be sealed.
pub fn is_key(public: &str) -> bool {
    hex::decode(public).is_ok_and(|it| <Kem as hpke::Kem>::PublicKey::from_bytes(&it).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made once by Python's pyhpke from the description in `domain::phone_key`.
    const PUBLIC: &str = "04738e0a077923bae86d01266a61155dd185201baa5890ea917776022407d0ae129ec6ff82a5697d9ca976cdf4d70b80ba78fa2339bdff16dd05af25bbb5628dfc";
    const SEALED: &str = "04928fa0a972ab4a1f3b468cd89b5c51be11c8b8523b3667591ebb1b55ae13d38b0472f5e3f35a59d027a4a8b8a8ce136864d89575e0c68e0757f7b960cb47e3251f90b0aaf4811ad17d3ae42fcd0af0ae891a254b47c12da9ef48c8dc0f4c3e0aecf8e90c70635bbfe01fb7b2d06d359e";

    fn account() -> AccountId {
        AccountId(uuid::Uuid::from_bytes(std::array::from_fn(|it| u8::try_from(it).unwrap())))
    }

    #[test]
    fn what_another_program_sealed_opens() {
        let office = OfficeKey::of(&[7; 32]);
        assert_eq!(office.public(), PUBLIC);
        assert_eq!(office.open(account(), SEALED), Ok([9; 32]));
    }

    #[test]
    fn nothing_else_opens() {
        let office = OfficeKey::of(&[7; 32]);
        assert_eq!(office.open(AccountId(uuid::Uuid::nil()), SEALED), Err(NotOpened), "another's");
        assert_eq!(OfficeKey::of(&[8; 32]).open(account(), SEALED), Err(NotOpened), "another office");
        for wrong in
            ["", "0", "04", &SEALED[..SEALED.len() - 2], &"00".repeat(113), "字".repeat(113).as_str()]
        {
            assert_eq!(office.open(account(), wrong), Err(NotOpened), "{wrong}");
        }
        for at in (0..SEALED.len()).step_by(7) {
            let other = if &SEALED[at..=at] == "0" { "1" } else { "0" };
            let changed = [&SEALED[..at], other, &SEALED[at + 1..]].concat();
            assert_eq!(office.open(account(), &changed), Err(NotOpened), "digit {at}");
        }
    }

    #[test]
    fn only_points_of_the_curve_are_keys() {
        assert!(is_key(PUBLIC));
        for wrong in ["", "04", &PUBLIC[2..], &format!("04{}", "01".repeat(64))] {
            assert!(!is_key(wrong), "{wrong}");
        }
    }
}
