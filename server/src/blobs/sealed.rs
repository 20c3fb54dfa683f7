//! How the bytes of an attachment rest: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015) over
//! XChaCha20-Poly1305, so that any range is read alone and nothing can be cut off, put in or put into another order.
//!
//! A sealed file is a suite byte, 19 random bytes, then chunks of 1 MiB, the last one shorter, each with 16 bytes behind it that
//! vouch for it. The nonce of a chunk is the random bytes, its number (4 bytes, big-endian, from 0) and 1 for the last one,
//! else 0. With each goes whose bytes they are: a file under another name does not open.

use std::ops::Range;

use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305,
    aead::{
        Payload,
        stream::{NewStream, StreamBE32, StreamPrimitive},
    },
};
use domain::{envelope::Hash, id::RecordId};
use sha2::{Digest, Sha256};

use crate::vault::{NotOpened, Place};

/// STREAM of XChaCha20-Poly1305 in chunks of 1 MiB.
const SUITE: u8 = 2;
const PREFIX_BYTES: usize = 19;
/// What stands before the chunks, in bytes.
pub const HEAD_BYTES: usize = 1 + PREFIX_BYTES;
/// Clear bytes of a chunk.
const CHUNK_BYTES: usize = 1024 * 1024;
const TAG_BYTES: usize = 16;
/// Bytes of a chunk as it rests.
const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;

/// Seals and opens the bytes of one attachment.
#[derive(Clone)]
pub struct BlobKey {
    cipher: XChaCha20Poly1305,
    hash: Hash,
}

impl BlobKey {
    /// The key of these 32 bytes, for the attachment whose clear bytes have the hash.
    pub fn of(secret: &[u8; 32], hash: Hash) -> Self {
        Self { cipher: XChaCha20Poly1305::new(secret.into()), hash }
    }

    /// What goes with each chunk of the whole.
    fn about_whole(&self) -> Vec<u8> {
        Place { table: "blob", column: "bytes", row: &self.hash.0 }.bytes(SUITE)
    }

    /// What goes with each chunk of a part of an upload.
    fn about_part(upload: RecordId, name: &str) -> Vec<u8> {
        let row = [upload.0.as_bytes(), name.as_bytes()].concat();
        Place { table: "part", column: "bytes", row: &row }.bytes(SUITE)
    }

    /// Seals a part of an upload, all of which is here.
    pub fn seal_part(&self, upload: RecordId, name: &str, clear: &[u8]) -> Vec<u8> {
        let mut sealing = Sealing::begin_for(self, Self::about_part(upload, name));
        let mut sealed = sealing.take(clear);
        sealed.extend(sealing.end().0);
        sealed
    }

    /// Opens a part of an upload.
    ///
    /// # Errors
    ///
    /// When it was sealed with another key, or for another place, or was changed.
    pub fn open_part(&self, upload: RecordId, name: &str, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let about = Self::about_part(upload, name);
        let mut opening = Opening::begin_for(self, about, sealed.len() as u64, None)?;
        let mut clear = opening.take(sealed)?;
        clear.extend(opening.end()?);
        Ok(clear)
    }
}

/// How many clear bytes are in so many sealed ones.
///
/// # Errors
///
/// When no file has so many.
pub fn clear_length(sealed: u64) -> Result<u64, NotOpened> {
    let body = sealed.checked_sub(HEAD_BYTES as u64).ok_or(NotOpened)?;
    let tags = body.div_ceil(SEALED_CHUNK_BYTES as u64).max(1) * TAG_BYTES as u64;
    body.checked_sub(tags).ok_or(NotOpened)
}

/// Which sealed bytes hold a range of clear ones, that of the head left out where it does not touch them.
pub fn sealed_range(clear: &Range<u64>) -> Range<u64> {
    let (chunk, sealed_chunk) = (CHUNK_BYTES as u64, SEALED_CHUNK_BYTES as u64);
    let starts = match clear.start / chunk {
        0 => 0,
        first => HEAD_BYTES as u64 + first * sealed_chunk,
    };
    let ends = clear.end.div_ceil(chunk).saturating_mul(sealed_chunk).saturating_add(HEAD_BYTES as u64);
    starts..ends
}

/// Seals bytes as they come, and hashes them.
pub struct Sealing {
    stream: StreamBE32<XChaCha20Poly1305>,
    about: Vec<u8>,
    hash: Sha256,
    /// The number of the next chunk.
    next: u32,
    /// What goes out next: the head before the first chunk.
    out: Vec<u8>,
    /// Clear bytes of the chunk that is not full yet: whether it is the last shows later.
    held: Vec<u8>,
}

impl Sealing {
    /// Begins a whole.
    pub fn begin(key: &BlobKey) -> Self {
        Self::begin_for(key, key.about_whole())
    }

    fn begin_for(key: &BlobKey, about: Vec<u8>) -> Self {
        let mut prefix = [0; PREFIX_BYTES];
        getrandom::fill(&mut prefix).expect("the system gives random bytes");
        Self {
            stream: StreamBE32::from_aead(key.cipher.clone(), &prefix.into()),
            about,
            hash: Sha256::new(),
            next: 0,
            out: [&[SUITE][..], &prefix].concat(),
            held: Vec::new(),
        }
    }

    /// Takes the next clear bytes; answers the sealed ones that are ready.
    pub fn take(&mut self, mut clear: &[u8]) -> Vec<u8> {
        self.hash.update(clear);
        while self.held.len() + clear.len() > CHUNK_BYTES {
            let (now, later) = clear.split_at(CHUNK_BYTES - self.held.len());
            self.held.extend_from_slice(now);
            clear = later;
            self.seal_held(false);
        }
        self.held.extend_from_slice(clear);
        std::mem::take(&mut self.out)
    }

    /// Answers the last sealed bytes, and the hash of all clear ones.
    pub fn end(mut self) -> (Vec<u8>, Hash) {
        self.seal_held(true);
        (self.out, Hash(self.hash.finalize().into()))
    }

    fn seal_held(&mut self, is_last: bool) {
        let payload = Payload { msg: &self.held, aad: &self.about };
        let sealed = self.stream.encrypt(self.next, is_last, payload);
        self.out.extend(sealed.expect("a chunk has no 256 GiB"));
        self.held.clear();
        self.next = self.next.checked_add(1).expect("no attachment has 4 PiB");
    }
}

/// Opens sealed bytes as they come: the head first, then the chunks that a range touches.
pub struct Opening {
    key: BlobKey,
    about: Vec<u8>,
    /// Known once the head is here.
    stream: Option<StreamBE32<XChaCha20Poly1305>>,
    held: Vec<u8>,
    /// The number of the next chunk, and that of the last one of the whole.
    next: u32,
    last: u32,
    /// Clear bytes of the next chunk that nobody asked for, and how many are still to go out.
    skip: usize,
    left: u64,
}

impl Opening {
    /// Begins a whole that has so many sealed bytes, or a range of its clear ones.
    ///
    /// # Errors
    ///
    /// When no file has so many.
    pub fn begin(key: &BlobKey, sealed_n: u64, wanted: Option<&Range<u64>>) -> Result<Self, NotOpened> {
        Self::begin_for(key, key.about_whole(), sealed_n, wanted)
    }

    fn begin_for(
        key: &BlobKey,
        about: Vec<u8>,
        sealed_n: u64,
        wanted: Option<&Range<u64>>,
    ) -> Result<Self, NotOpened> {
        let clear_n = clear_length(sealed_n)?;
        let number = |it: u64| u32::try_from(it).map_err(|_| NotOpened);
        let wanted = wanted.cloned().unwrap_or(0..clear_n);
        let chunk = CHUNK_BYTES as u64;
        Ok(Self {
            key: key.clone(),
            about,
            stream: None,
            held: Vec::new(),
            next: number(wanted.start / chunk)?,
            last: number(clear_n.div_ceil(chunk).max(1) - 1)?,
            skip: usize::try_from(wanted.start % chunk).map_err(|_| NotOpened)?,
            left: wanted.end.min(clear_n).saturating_sub(wanted.start),
        })
    }

    /// Takes the next sealed bytes; answers the clear ones that are ready.
    ///
    /// # Errors
    ///
    /// When they were sealed with another key, or for another file, or were changed, cut or put into another order.
    pub fn take(&mut self, mut sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let mut clear = Vec::new();
        while !sealed.is_empty() {
            let full = if self.stream.is_none() { HEAD_BYTES } else { SEALED_CHUNK_BYTES };
            let (now, later) = sealed.split_at(sealed.len().min(full - self.held.len()));
            self.held.extend_from_slice(now);
            sealed = later;
            if self.held.len() < full {
                break;
            }
            if self.stream.is_none() { self.begin_stream()? } else { self.open_held(&mut clear)? }
        }
        Ok(clear)
    }

    /// Answers the last clear bytes.
    ///
    /// # Errors
    ///
    /// The same; also when some are missing.
    pub fn end(&mut self) -> Result<Vec<u8>, NotOpened> {
        let mut clear = Vec::new();
        if !self.held.is_empty() {
            self.open_held(&mut clear)?;
        }
        if self.left > 0 { Err(NotOpened) } else { Ok(clear) }
    }

    fn begin_stream(&mut self) -> Result<(), NotOpened> {
        let head = self.held.split_first().ok_or(NotOpened)?;
        let prefix: [u8; PREFIX_BYTES] = head.1.try_into().map_err(|_| NotOpened)?;
        if *head.0 != SUITE {
            return Err(NotOpened);
        }
        self.stream = Some(StreamBE32::from_aead(self.key.cipher.clone(), &prefix.into()));
        self.held.clear();
        Ok(())
    }

    fn open_held(&mut self, to: &mut Vec<u8>) -> Result<(), NotOpened> {
        let stream = self.stream.as_ref().ok_or(NotOpened)?;
        let payload = Payload { msg: &self.held, aad: &self.about };
        let clear = stream.decrypt(self.next, self.next == self.last, payload).map_err(|_| NotOpened)?;
        let wanted = clear.get(self.skip..).ok_or(NotOpened)?;
        let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(wanted.len());
        to.extend_from_slice(&wanted[..n]);
        self.left -= n as u64;
        self.skip = 0;
        self.held.clear();
        self.next = self.next.checked_add(1).ok_or(NotOpened)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(n: usize) -> Vec<u8> {
        (0..n).map(|it| u8::try_from(it * 31 % 251).unwrap()).collect()
    }

    fn key() -> BlobKey {
        BlobKey::of(&[7; 32], Hash([1; 32]))
    }

    /// Sealed in pieces of some length.
    fn seal(clear: &[u8], step: usize) -> Vec<u8> {
        let mut sealing = Sealing::begin(&key());
        let mut sealed: Vec<u8> = clear.chunks(step).flat_map(|it| sealing.take(it)).collect();
        let (last, hash) = sealing.end();
        assert_eq!(hash, Hash::of(clear));
        sealed.extend(last);
        sealed
    }

    fn open_range(key: &BlobKey, sealed: &[u8], wanted: &Range<u64>) -> Result<Vec<u8>, NotOpened> {
        let mut opening = Opening::begin(key, sealed.len() as u64, Some(wanted))?;
        let range = sealed_range(wanted);
        let starts = usize::try_from(range.start).unwrap();
        let ends = usize::try_from(range.end).unwrap_or(usize::MAX).min(sealed.len());
        let mut clear = Vec::new();
        if starts > 0 {
            clear.extend(opening.take(&sealed[..HEAD_BYTES])?);
        }
        for piece in sealed[starts..ends].chunks(300_000) {
            clear.extend(opening.take(piece)?);
        }
        clear.extend(opening.end()?);
        Ok(clear)
    }

    fn open(key: &BlobKey, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let mut opening = Opening::begin(key, sealed.len() as u64, None)?;
        let mut clear = opening.take(sealed)?;
        clear.extend(opening.end()?);
        Ok(clear)
    }

    #[test]
    fn whatever_goes_in_comes_out() {
        for n in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5] {
            let clear = bytes(n);
            for step in [700_001, 5 * CHUNK_BYTES] {
                let sealed = seal(&clear, step);
                assert_eq!(clear_length(sealed.len() as u64), Ok(n as u64));
                assert!(open(&key(), &sealed).unwrap() == clear, "{n} in steps of {step}");
            }
        }
    }

    #[test]
    fn any_range_is_read_alone() {
        let clear = bytes(3 * CHUNK_BYTES + 9);
        let sealed = seal(&clear, 1 << 18);
        let edges = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, clear.len() - 1];
        for starts in edges {
            for ends in edges.into_iter().chain([clear.len()]).filter(|it| *it > starts) {
                let wanted = starts as u64..ends as u64;
                assert!(open_range(&key(), &sealed, &wanted).unwrap() == clear[starts..ends], "{wanted:?}");
            }
        }
        assert!(open_range(&key(), &sealed, &(5..u64::MAX)).unwrap() == clear[5..]);
    }

    #[test]
    fn what_was_changed_cut_or_moved_does_not_open() {
        let clear = bytes(2 * CHUNK_BYTES + 100);
        let sealed = seal(&clear, 1 << 20);
        let chunk = |n: usize| HEAD_BYTES + n * SEALED_CHUNK_BYTES..HEAD_BYTES + (n + 1) * SEALED_CHUNK_BYTES;
        for at in [0, 1, HEAD_BYTES, chunk(0).end - 1, chunk(1).start, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&key(), &changed), Err(NotOpened), "byte {at}");
        }
        for ends in [0, 1, HEAD_BYTES, HEAD_BYTES + 16, chunk(0).end, chunk(1).end, sealed.len() - 1] {
            assert_eq!(open(&key(), &sealed[..ends]), Err(NotOpened), "cut at {ends}");
        }
        let swapped = [&sealed[..HEAD_BYTES], &sealed[chunk(1)], &sealed[chunk(0)], &sealed[chunk(1).end..]];
        assert_eq!(open(&key(), &swapped.concat()), Err(NotOpened));
        let longer = [&sealed[..chunk(1).end], &sealed[chunk(1).start..]].concat();
        assert_eq!(open(&key(), &longer), Err(NotOpened));
        assert_eq!(open(&BlobKey::of(&[8; 32], Hash([1; 32])), &sealed), Err(NotOpened), "another key");
        assert_eq!(open(&BlobKey::of(&[7; 32], Hash([2; 32])), &sealed), Err(NotOpened), "another file");
        assert_ne!(seal(&clear, 1 << 20), sealed, "no two are alike");
    }

    #[test]
    fn a_part_opens_in_its_own_place_alone() {
        let (one, other) = (RecordId(uuid::Uuid::from_u128(1)), RecordId(uuid::Uuid::from_u128(2)));
        let sealed = key().seal_part(one, "0-a", b"part");
        assert_eq!(key().open_part(one, "0-a", &sealed).as_deref(), Ok(&b"part"[..]));
        assert_eq!(key().open_part(one, "0-b", &sealed), Err(NotOpened));
        assert_eq!(key().open_part(other, "0-a", &sealed), Err(NotOpened));
        assert_eq!(open(&key(), &sealed), Err(NotOpened), "a part is no whole");
    }

    /// Sealed once by Python's pycryptodome from the description above.
    #[test]
    fn what_another_program_sealed_opens() {
        let sealed = hex::decode(KNOWN).unwrap();
        let key = BlobKey::of(
            &std::array::from_fn(|it| u8::try_from(it).unwrap()),
            Hash::of("村里的路".as_bytes()),
        );
        assert_eq!(open(&key, &sealed).as_deref(), Ok("村里的路".as_bytes()));
    }

    const KNOWN: &str =
        "026465666768696a6b6c6d6e6f707172737475764282fd7b301bec29c6a42c2d2aa67e973f3d099ccf6e7cf6ea55d285";
}
