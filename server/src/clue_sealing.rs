//! Sealing as a phone does it, in Rust: to one public key, and a clue to the discipline group ([`domain::clue`]).

use domain::{
    clue::{CHUNK_BYTES, ClueKey, INFO, SUITE, Sealed, Wrap, key_name, nonce, part_place},
    envelope::Hash,
    id::ClueId,
};
use hpke::{
    Deserializable, OpModeS, Serializable,
    aead::AesGcm256,
    kdf::HkdfSha256,
    kem::DhP256HkdfSha256,
    rand_core::{CryptoRng, RngCore},
    single_shot_seal,
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

type Kem = DhP256HkdfSha256;

/// It could not be sealed: a key is no point of the curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is no point of the curve")]
pub struct NotSealed;

/// Seals a clue in the clear, padded, to these keys; answers its parts beside what names them.
///
/// # Errors
///
/// [`NotSealed`].
pub fn seal(id: ClueId, clear: &[u8], keys: &[ClueKey]) -> Result<(Sealed, Vec<Vec<u8>>), NotSealed> {
    let mut key = [0; 32];
    System.fill_bytes(&mut key);
    let parts = parts(key, id, clear)?;
    let wraps = keys.iter().map(|it| wrap(key, id, &it.public)).collect::<Result<_, _>>()?;
    let hashes = parts.iter().map(|it| Hash::of(it)).collect();
    Ok((Sealed { suite: SUITE, wraps, parts: hashes }, parts))
}

fn parts(key: [u8; 32], id: ClueId, clear: &[u8]) -> Result<Vec<Vec<u8>>, NotSealed> {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).map_err(|_| NotSealed)?);
    let n = clear.len().div_ceil(CHUNK_BYTES);
    let mut parts = Vec::with_capacity(n);
    for (at, chunk) in (0..).zip(clear.chunks(CHUNK_BYTES)) {
        let nonce = Nonce::assume_unique_for_key(nonce(at, at as usize + 1 == n));
        let mut part = chunk.to_vec();
        let sealed = key.seal_in_place_append_tag(nonce, Aad::from(part_place(id)), &mut part);
        sealed.map_err(|_| NotSealed)?;
        parts.push(part);
    }
    Ok(parts)
}

/// Seals a clue's key to one recipient.
///
/// # Errors
///
/// [`NotSealed`].
pub fn wrap(key: [u8; 32], id: ClueId, recipient: &str) -> Result<Wrap, NotSealed> {
    let name = key_name(recipient).ok_or(NotSealed)?;
    Ok(Wrap { key: name, sealed: seal_to(recipient, INFO, id.0.as_bytes(), &key)? })
}

/// A fresh key pair: the secret's 32 bytes, and the public point as hexadecimal digits.
pub fn new_pair() -> ([u8; 32], String) {
    let (secret, public) = <Kem as hpke::Kem>::gen_keypair(&mut System);
    (secret.to_bytes().into(), hex::encode(public.to_bytes()))
}

/// HPKE of RFC 9180 in base mode: the encapsulated key and what was sealed, as hexadecimal digits like the public key.
///
/// # Errors
///
/// [`NotSealed`].
pub fn seal_to(public: &str, info: &[u8], aad: &[u8], bytes: &[u8]) -> Result<String, NotSealed> {
    let point = hex::decode(public).map_err(|_| NotSealed)?;
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&point).map_err(|_| NotSealed)?;
    let mode = OpModeS::Base;
    let sealed =
        single_shot_seal::<AesGcm256, HkdfSha256, Kem, _>(&mode, &public, info, bytes, aad, &mut System);
    let (encapped, sealed) = sealed.map_err(|_| NotSealed)?;
    Ok(hex::encode([&*encapped.to_bytes(), &*sealed].concat()))
}

/// The system's randomness, in the form that hpke takes it.
struct System;

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        getrandom::u32().expect("the system gives random bytes")
    }

    fn next_u64(&mut self) -> u64 {
        getrandom::u64().expect("the system gives random bytes")
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives random bytes");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), hpke::rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for System {}

#[cfg(test)]
mod tests {
    use domain::clue::padded;
    use hpke::{Kem as _, OpModeR, single_shot_open};
    use uuid::Uuid;

    use super::*;

    // Made once by Python's pyhpke and cryptography from the description in `domain::clue`.
    const PUBLIC: &str = "04738e0a077923bae86d01266a61155dd185201baa5890ea917776022407d0ae129ec6ff82a5697d9ca976cdf4d70b80ba78fa2339bdff16dd05af25bbb5628dfc";
    const NAME: &str = "eabad50d7c556c2813a767fa34245d8a24ddc499484abd37923678bc68c6acfd";
    const WRAP: &str = "04e2da40fa77956e8c968c2928b2376874bc0adfa0f67fbba328ecb36351ff243c8cfbf02c9afcb32800f0521dcc0e74e6e8afa150664a25198302eb04ab50df111897dd282e62b9ecc157df13817ed2c6e84df85f4b2efdb0f9fe2ed7f7269c2ed43db3f0f6ee9c4abb6c8081eff205da";
    const ONE_PART: [&str; 1] = ["befd1dfac9ec7bd121eac2f0f9fd341b8a4bbe88aecb8bb2e93a55f02bd2dc76"];
    const TWO_PARTS: [&str; 2] = [
        "0bb09e1e2934c132d7a02980d093740df4e0199b38d37cd136e506464017c4c9",
        "cff929f5a64bf10144b40b108b732b241248107f2214d169824652c2424374e3",
    ];

    fn id() -> ClueId {
        ClueId(Uuid::from_bytes(std::array::from_fn(|it| u8::try_from(it).unwrap())))
    }

    fn hashes(attachments: &[Vec<u8>]) -> Vec<String> {
        let parts = parts([9; 32], id(), &padded(b"{\"a\":1}", attachments)).unwrap();
        parts.iter().map(|it| Hash::of(it).to_string()).collect()
    }

    fn opened(id: ClueId, wrap: &str) -> Option<Vec<u8>> {
        let bytes = hex::decode(wrap).unwrap();
        let (secret, _) = Kem::derive_keypair(&[7; 32]);
        let encapped = <Kem as hpke::Kem>::EncappedKey::from_bytes(&bytes[..65]).unwrap();
        single_shot_open::<AesGcm256, HkdfSha256, Kem>(
            &OpModeR::Base,
            &secret,
            &encapped,
            INFO,
            &bytes[65..],
            id.0.as_bytes(),
        )
        .ok()
    }

    #[test]
    fn parts_are_those_that_another_program_makes() {
        assert_eq!(hashes(&[]), ONE_PART);
        assert_eq!(hashes(&[vec![0x5a; CHUNK_BYTES]]), TWO_PARTS);
    }

    #[test]
    fn a_sealed_key_opens_for_its_member_and_its_clue() {
        assert_eq!(opened(id(), WRAP), Some(vec![9; 32]), "as another program sealed it");
        let ours = wrap([9; 32], id(), PUBLIC).unwrap();
        assert_eq!(ours.key.to_string(), NAME);
        assert!(ours.is_one());
        assert_eq!(opened(id(), &ours.sealed), Some(vec![9; 32]));
        assert_eq!(opened(ClueId(Uuid::nil()), &ours.sealed), None, "another clue's");
    }

    #[test]
    fn to_what_is_no_point_nothing_is_sealed() {
        let off_the_curve = format!("04{}", "01".repeat(64));
        for wrong in ["", "04", &PUBLIC[2..], off_the_curve.as_str()] {
            assert_eq!(wrap([9; 32], id(), wrong), Err(NotSealed), "{wrong}");
        }
    }
}
