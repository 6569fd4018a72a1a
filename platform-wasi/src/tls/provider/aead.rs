//! The three ciphers, in place: AES-GCM (SP 800-38D) and
//! ChaCha20-Poly1305 (RFC 8439).

use aes_gcm::{
    Aes128Gcm, Aes256Gcm,
    aead::{AeadInOut, Key, KeyInit, Nonce, Tag, consts::U12, consts::U16},
};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::{
    ConnectionTrafficSecrets, Error,
    crypto::cipher::{AeadKey, Iv, NONCE_LEN, PrefixedPayload},
};

/// Bytes that each of the ciphers adds.
pub(super) const TAG_LEN: usize = 16;

/// More than this a decrypted record must not hold (RFC 5246 §6.2.1).
pub(super) const MAX_FRAGMENT_LEN: usize = 1 << 14;

/// A cipher with a 96-bit nonce and a 128-bit tag.
pub(super) trait Cipher:
    AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static
{
    const KEY_LEN: usize;

    /// How rustls names a key of this cipher.
    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets;

    /// `key` has [`KEY_LEN`](Self::KEY_LEN) bytes: rustls asks for the
    /// length first.
    fn with_key(key: &[u8]) -> Self {
        #[expect(clippy::expect_used, reason = "rustls passes what `key_len` asks for")]
        let key = <&Key<Self>>::try_from(key).expect("a key of the cipher's length");
        Self::new(key)
    }

    /// Encrypts `payload` from `start` on and appends the tag.
    fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        additional: &[u8],
        payload: &mut PrefixedPayload,
        start: usize,
    ) -> Result<(), Error> {
        let text = payload.as_mut().get_mut(start..);
        let text = text.ok_or(Error::EncryptError)?;
        let tag = self
            .encrypt_inout_detached(&Nonce::<Self>::from(*nonce), additional, text.into())
            .map_err(|_| Error::EncryptError)?;
        payload.extend_from_slice(&tag);
        Ok(())
    }

    /// Decrypts `sealed`, which ends with the tag; returns how many bytes at
    /// its start are the text. Where it fails they are not to be used.
    fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        additional: &[u8],
        sealed: &mut [u8],
    ) -> Result<usize, Error> {
        let (text, tag) = sealed
            .split_last_chunk_mut::<TAG_LEN>()
            .ok_or(Error::DecryptError)?;
        let tag = Tag::<Self>::from(*tag);
        let len = text.len();
        self.decrypt_inout_detached(&Nonce::<Self>::from(*nonce), additional, text.into(), &tag)
            .map_err(|_| Error::DecryptError)?;
        Ok(len)
    }
}

impl Cipher for Aes128Gcm {
    const KEY_LEN: usize = 16;

    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        ConnectionTrafficSecrets::Aes128Gcm { key, iv }
    }
}

impl Cipher for Aes256Gcm {
    const KEY_LEN: usize = 32;

    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        ConnectionTrafficSecrets::Aes256Gcm { key, iv }
    }
}

impl Cipher for ChaCha20Poly1305 {
    const KEY_LEN: usize = 32;

    fn secrets(key: AeadKey, iv: Iv) -> ConnectionTrafficSecrets {
        ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv }
    }
}
