//! The key schedule and the record protection of TLS 1.3 (RFC 8446 §7, §5.2)
//! for TLS_AES_128_GCM_SHA256.

use std::{cell::RefCell, rc::Rc};

use aes_gcm::{AeadInPlace, Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

pub(crate) const HANDSHAKE: u8 = 22;
pub(crate) const APPLICATION_DATA: u8 = 23;

pub(crate) type Secret = [u8; 32];

pub(crate) fn hash(bytes: &[u8]) -> Secret {
    Sha256::digest(bytes).into()
}

pub(crate) fn extract(salt: &Secret, input: &[u8]) -> Secret {
    Hkdf::<Sha256>::extract(Some(salt), input).0.into()
}

pub(crate) fn derive<const N: usize>(secret: &Secret, label: &str, context: &[u8]) -> [u8; N] {
    let label = format!("tls13 {label}");
    let sizes = [label.len(), context.len()].map(|size| u8::try_from(size).unwrap_or(u8::MAX));
    let length = u16::try_from(N).unwrap_or(u16::MAX).to_be_bytes();
    let info = [&length, &sizes[..1], label.as_bytes(), &sizes[1..], context];
    let mut output = [0; N];
    let expanded = Hkdf::<Sha256>::from_prk(secret)
        .map(|hkdf| hkdf.expand_multi_info(&info, &mut output).is_ok());
    assert_eq!(expanded.ok(), Some(true));
    output
}

pub(crate) fn finished(traffic: &Secret, transcript: &[u8]) -> Secret {
    let key: Secret = derive(traffic, "finished", &[]);
    let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&key) else {
        unreachable!("any length is a key");
    };
    mac.update(&hash(transcript));
    mac.finalize().into_bytes().into()
}

/// Changes what is sent, before it is encrypted.
pub(crate) type Mutate = Rc<RefCell<dyn FnMut(&mut Vec<u8>)>>;

/// One direction of the record layer.
pub(crate) struct Protection {
    key: [u8; 16],
    iv: [u8; 12],
    sequence: u64,
    mutate: Option<Mutate>,
}

impl Protection {
    pub(crate) fn new(traffic: &Secret) -> Self {
        Self {
            key: derive(traffic, "key", &[]),
            iv: derive(traffic, "iv", &[]),
            sequence: 0,
            mutate: None,
        }
    }

    pub(crate) fn mutated(mut self, mutate: Option<&Mutate>) -> Self {
        self.mutate = mutate.cloned();
        self
    }

    /// A record with `content`, whose last byte is the type.
    pub(crate) fn seal(&mut self, content: &[u8]) -> Vec<u8> {
        let mut body = content.to_vec();
        if let Some(mutate) = &self.mutate {
            (mutate.borrow_mut())(&mut body);
        }
        let header = header(APPLICATION_DATA, body.len() + 16);
        let nonce = self.nonce();
        let cipher = Aes128Gcm::new(&self.key.into());
        let sealed = cipher.encrypt_in_place(&nonce.into(), &header, &mut Bytes(&mut body));
        assert!(sealed.is_ok());
        [&header[..], &body].concat()
    }

    /// The content and the type in a record; `None` if it is not by this key.
    pub(crate) fn open(&mut self, header: &[u8; 5], body: &[u8]) -> Option<(Vec<u8>, u8)> {
        let mut body = body.to_vec();
        let nonce = self.nonce();
        let cipher = Aes128Gcm::new(&self.key.into());
        cipher
            .decrypt_in_place(&nonce.into(), header, &mut Bytes(&mut body))
            .ok()?;
        while body.last() == Some(&0) {
            body.pop();
        }
        let kind = body.pop()?;
        Some((body, kind))
    }

    fn nonce(&mut self) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, count) in nonce.iter_mut().skip(4).zip(self.sequence.to_be_bytes()) {
            *byte ^= count;
        }
        self.sequence += 1;
        nonce
    }
}

pub(crate) fn header(kind: u8, length: usize) -> [u8; 5] {
    let [high, low] = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
    [kind, 3, 3, high, low]
}

/// A `Vec` as the buffer of an AEAD, whose feature `alloc` is not needed for
/// the rest of the project.
struct Bytes<'a>(&'a mut Vec<u8>);

impl AsRef<[u8]> for Bytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl AsMut<[u8]> for Bytes<'_> {
    fn as_mut(&mut self) -> &mut [u8] {
        self.0
    }
}

impl aes_gcm::aead::Buffer for Bytes<'_> {
    fn extend_from_slice(&mut self, other: &[u8]) -> Result<(), aes_gcm::Error> {
        self.0.extend_from_slice(other);
        Ok(())
    }

    fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }
}
