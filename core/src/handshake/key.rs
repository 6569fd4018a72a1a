//! `Sec-WebSocket-Key` and the answer to it (RFC 6455 §4.1, §4.2.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::entropy::Entropy;

/// The nonce of an opening handshake, in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecWebSocketKey([u8; Self::LEN]);

impl SecWebSocketKey {
    /// The length of a key in base64, in bytes.
    pub const LEN: usize = 24;
    /// The length of the answer to a key, in bytes.
    pub const ACCEPT_LEN: usize = 28;

    /// A key of 16 unpredictable bytes (RFC 6455 §4.1: "The nonce MUST be
    /// selected randomly for each connection").
    pub fn generate(entropy: &mut impl Entropy) -> Self {
        let mut nonce = [0; 16];
        entropy.fill(&mut nonce);
        Self::from_nonce(nonce)
    }

    /// The key of a given nonce.
    pub fn from_nonce(nonce: [u8; 16]) -> Self {
        Self(encode(&nonce))
    }

    /// The key as it stands in the request.
    pub const fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// What `Sec-WebSocket-Accept` must be: the key and a fixed GUID,
    /// hashed with SHA-1, in base64.
    pub fn accept(&self) -> [u8; Self::ACCEPT_LEN] {
        let mut sha1 = sha1_smol::Sha1::new();
        sha1.update(&self.0);
        sha1.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
        encode(&sha1.digest().bytes())
    }
}

/// `N` is the exact length of `bytes` in base64, so nothing can fail.
fn encode<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let written = STANDARD.encode_slice(bytes, &mut out);
    debug_assert_eq!(written.ok(), Some(N));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample of RFC 6455 §1.3.
    #[test]
    fn accept_of_section_1_3() {
        let key = SecWebSocketKey::from_nonce(*b"the sample nonce");
        assert_eq!(key.as_bytes(), b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(&key.accept(), b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn the_nonce_comes_from_entropy() {
        struct Sample;
        impl Entropy for Sample {
            fn fill(&mut self, bytes: &mut [u8]) {
                bytes.copy_from_slice(b"the sample nonce");
            }
        }
        let key = SecWebSocketKey::generate(&mut Sample);
        assert_eq!(key, SecWebSocketKey::from_nonce(*b"the sample nonce"));
    }
}
