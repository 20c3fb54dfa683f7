//! A phone's own key: it stays with what the phone holds, and says whose that is once the signing in has ended.
//!
//! ECDSA over P-256 with SHA-256, which every browser has; the signature is r and s, 32 bytes each. What is signed
//! begins with a prefix of its own, so that a signature over one thing is none over another.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    envelope::{Hash, NotAHash},
    id::RecordId,
    receipt::Signature,
};

/// The header that carries a [`Stamp`].
pub const HEADER: &str = "zoufang-device";

const BATCH: &[u8] = b"zoufang batch v1\0";
const UPLOAD: &[u8] = b"zoufang upload v1\0";
const SEALED: &[u8] = b"zoufang sealed v1\0";

/// What a device's signature under a push is over: the body as it is sent.
pub fn batch_bytes(body: &[u8]) -> Vec<u8> {
    [BATCH, body].concat()
}

/// What a device's signature under the requests of an upload is over. Its bytes are bound by the attachment's record.
pub fn upload_bytes(id: RecordId) -> Vec<u8> {
    [UPLOAD, id.0.as_bytes()].concat()
}

/// What a device's signature under a sealed file, or a piece of one, is over: the body as it is sent.
pub fn sealed_bytes(body: &[u8]) -> Vec<u8> {
    [SEALED, body].concat()
}

/// A device's public key: a point of P-256, uncompressed, as 130 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey(pub [u8; 65]);

impl DeviceKey {
    /// By what the device is known: the SHA-256 of the key.
    pub fn device(&self) -> Hash {
        Hash::of(&self.0)
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for DeviceKey {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let (first, rest) = text.split_at_checked(2).ok_or(NotAHash)?;
        let point: Signature = rest.parse()?;
        // Any other first byte is another form of a point.
        if first != "04" {
            return Err(NotAHash);
        }
        let mut bytes = [4; 65];
        bytes[1..].copy_from_slice(&point.0);
        Ok(Self(bytes))
    }
}

/// Which device signed, and its signature; in a header with a space between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// See [`DeviceKey::device`].
    pub device: Hash,
    pub signature: Signature,
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.device, self.signature)
    }
}

impl FromStr for Stamp {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let (device, signature) = text.split_once(' ').ok_or(NotAHash)?;
        Ok(Self { device: device.parse()?, signature: signature.parse()? })
    }
}

/// Binds a session to the device that it was begun on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BindDevice {
    /// A [`DeviceKey`].
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_stamps_are_read_as_they_are_written() {
        let mut bytes = [7; 65];
        bytes[0] = 4;
        let key = DeviceKey(bytes);
        assert_eq!(key.to_string().parse(), Ok(key));
        let stamp = Stamp { device: key.device(), signature: Signature([9; 64]) };
        assert_eq!(stamp.to_string().parse(), Ok(stamp));
        for wrong in ["", "04", &key.to_string()[2..], &key.to_string().replacen("04", "02", 1)] {
            assert!(wrong.parse::<DeviceKey>().is_err(), "{wrong}");
        }
        for wrong in ["", " ", &stamp.to_string().replace(' ', ""), &stamp.to_string()[1..]] {
            assert!(wrong.parse::<Stamp>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_signed_of_one_kind_is_nothing_of_the_other() {
        let id = RecordId(uuid::Uuid::nil());
        assert_ne!(batch_bytes(id.0.as_bytes()), upload_bytes(id));
    }
}
