//! The cipher suites of TLS 1.2: ECDHE with AES-GCM (RFC 5288, RFC 5289) or
//! ChaCha20-Poly1305 (RFC 7905).

use alloc::boxed::Box;
use core::marker::PhantomData;

use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::{
    CipherSuite, CipherSuiteCommon, ConnectionTrafficSecrets, Error, SignatureScheme,
    SupportedCipherSuite, Tls12CipherSuite,
    crypto::{
        KeyExchangeAlgorithm,
        cipher::{
            AeadKey, InboundOpaqueMessage, InboundPlainMessage, Iv, KeyBlockShape,
            MessageDecrypter, MessageEncrypter, NONCE_LEN, Nonce, OutboundOpaqueMessage,
            OutboundPlainMessage, PrefixedPayload, Tls12AeadAlgorithm, UnsupportedOperationError,
            make_tls12_aad,
        },
        tls12::PrfUsingHmac,
    },
};

use super::{
    GCM_RECORDS,
    aead::{Cipher, MAX_FRAGMENT_LEN, TAG_LEN},
    hash,
};

pub(super) static ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: u64::MAX,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: ECDSA,
        aead_alg: &ChaCha,
        prf_provider: &PrfUsingHmac(&hash::HMAC_SHA256),
    });

pub(super) static ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: u64::MAX,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: RSA,
        aead_alg: &ChaCha,
        prf_provider: &PrfUsingHmac(&hash::HMAC_SHA256),
    });

pub(super) static ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: GCM_RECORDS,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: ECDSA,
        aead_alg: &Gcm::<Aes128Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hash::HMAC_SHA256),
    });

pub(super) static ECDHE_RSA_WITH_AES_128_GCM_SHA256: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            hash_provider: &hash::SHA256,
            confidentiality_limit: GCM_RECORDS,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: RSA,
        aead_alg: &Gcm::<Aes128Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hash::HMAC_SHA256),
    });

pub(super) static ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            hash_provider: &hash::SHA384,
            confidentiality_limit: GCM_RECORDS,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: ECDSA,
        aead_alg: &Gcm::<Aes256Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hash::HMAC_SHA384),
    });

pub(super) static ECDHE_RSA_WITH_AES_256_GCM_SHA384: SupportedCipherSuite =
    SupportedCipherSuite::Tls12(&Tls12CipherSuite {
        common: CipherSuiteCommon {
            suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            hash_provider: &hash::SHA384,
            confidentiality_limit: GCM_RECORDS,
        },
        kx: KeyExchangeAlgorithm::ECDHE,
        sign: RSA,
        aead_alg: &Gcm::<Aes256Gcm>(PhantomData),
        prf_provider: &PrfUsingHmac(&hash::HMAC_SHA384),
    });

/// RFC 8422 §5.10: Ed25519 comes under ECDSA.
const ECDSA: &[SignatureScheme] = &[
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_NISTP384_SHA384,
    SignatureScheme::ECDSA_NISTP256_SHA256,
];

const RSA: &[SignatureScheme] = &[
    SignatureScheme::RSA_PSS_SHA512,
    SignatureScheme::RSA_PSS_SHA384,
    SignatureScheme::RSA_PSS_SHA256,
    SignatureScheme::RSA_PKCS1_SHA512,
    SignatureScheme::RSA_PKCS1_SHA384,
    SignatureScheme::RSA_PKCS1_SHA256,
];

/// Bytes of the nonce that the handshake derives; the rest goes before each
/// record (RFC 5288 §3).
const SALT_LEN: usize = 4;
const EXPLICIT_LEN: usize = NONCE_LEN - SALT_LEN;

struct Gcm<C>(PhantomData<fn() -> C>);

impl<C: Cipher> Tls12AeadAlgorithm for Gcm<C> {
    fn encrypter(&self, key: AeadKey, iv: &[u8], extra: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(GcmRecords {
            cipher: C::with_key(key.as_ref()),
            iv: joined(iv, extra),
        })
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(GcmRecords {
            cipher: C::with_key(key.as_ref()),
            iv: joined(iv, &[0; EXPLICIT_LEN]),
        })
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        KeyBlockShape {
            enc_key_len: C::KEY_LEN,
            fixed_iv_len: SALT_LEN,
            explicit_nonce_len: EXPLICIT_LEN,
        }
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        explicit: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Ok(C::secrets(key, joined(iv, explicit)))
    }
}

/// The lengths are those of [`KeyBlockShape`]; what were too long is left
/// out.
fn joined(salt: &[u8], explicit: &[u8]) -> Iv {
    let mut iv = [0; NONCE_LEN];
    for (to, from) in iv.iter_mut().zip(salt.iter().chain(explicit)) {
        *to = *from;
    }
    Iv::new(iv)
}

struct GcmRecords<C> {
    cipher: C,
    iv: Iv,
}

// [ explicit nonce, 8 bytes | text | tag, 16 bytes ]
impl<C: Cipher> MessageEncrypter for GcmRecords<C> {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        sequence: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let len = message.payload.len();
        let nonce = Nonce::new(&self.iv, sequence).0;
        let mut payload = PrefixedPayload::with_capacity(self.encrypted_payload_len(len));
        let (_, explicit) = nonce.split_at(SALT_LEN);
        payload.extend_from_slice(explicit);
        payload.extend_from_chunks(&message.payload);
        let additional = make_tls12_aad(sequence, message.typ, message.version, len);
        self.cipher
            .seal(&nonce, &additional, &mut payload, EXPLICIT_LEN)?;
        Ok(OutboundOpaqueMessage::new(
            message.typ,
            message.version,
            payload,
        ))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        EXPLICIT_LEN + payload_len + TAG_LEN
    }
}

impl<C: Cipher> MessageDecrypter for GcmRecords<C> {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let payload: &mut [u8] = &mut message.payload;
        let (explicit, sealed) = payload
            .split_at_mut_checked(EXPLICIT_LEN)
            .ok_or(Error::DecryptError)?;
        let text_len = sealed
            .len()
            .checked_sub(TAG_LEN)
            .ok_or(Error::DecryptError)?;
        let mut nonce = [0; NONCE_LEN];
        let salt = self.iv.as_ref().iter().take(SALT_LEN);
        for (to, from) in nonce.iter_mut().zip(salt.chain(&*explicit)) {
            *to = *from;
        }
        let additional = make_tls12_aad(sequence, message.typ, message.version, text_len);
        let len = self.cipher.open(&nonce, &additional, sealed)?;
        if len > MAX_FRAGMENT_LEN {
            return Err(Error::PeerSentOversizedRecord);
        }
        // In range: `len` bytes follow the explicit nonce.
        Ok(message.into_plain_message_range(EXPLICIT_LEN..EXPLICIT_LEN + len))
    }
}

struct ChaCha;

impl Tls12AeadAlgorithm for ChaCha {
    fn encrypter(&self, key: AeadKey, iv: &[u8], _: &[u8]) -> Box<dyn MessageEncrypter> {
        Box::new(ChaChaRecords {
            cipher: ChaCha20Poly1305::with_key(key.as_ref()),
            iv: joined(iv, &[]),
        })
    }

    fn decrypter(&self, key: AeadKey, iv: &[u8]) -> Box<dyn MessageDecrypter> {
        Box::new(ChaChaRecords {
            cipher: ChaCha20Poly1305::with_key(key.as_ref()),
            iv: joined(iv, &[]),
        })
    }

    fn key_block_shape(&self) -> KeyBlockShape {
        KeyBlockShape {
            enc_key_len: ChaCha20Poly1305::KEY_LEN,
            fixed_iv_len: NONCE_LEN,
            explicit_nonce_len: 0,
        }
    }

    fn extract_keys(
        &self,
        key: AeadKey,
        iv: &[u8],
        _: &[u8],
    ) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Ok(ChaCha20Poly1305::secrets(key, joined(iv, &[])))
    }
}

struct ChaChaRecords {
    cipher: ChaCha20Poly1305,
    iv: Iv,
}

// [ text | tag, 16 bytes ]
impl MessageEncrypter for ChaChaRecords {
    fn encrypt(
        &mut self,
        message: OutboundPlainMessage<'_>,
        sequence: u64,
    ) -> Result<OutboundOpaqueMessage, Error> {
        let len = message.payload.len();
        let mut payload = PrefixedPayload::with_capacity(self.encrypted_payload_len(len));
        payload.extend_from_chunks(&message.payload);
        let nonce = Nonce::new(&self.iv, sequence).0;
        let additional = make_tls12_aad(sequence, message.typ, message.version, len);
        self.cipher.seal(&nonce, &additional, &mut payload, 0)?;
        Ok(OutboundOpaqueMessage::new(
            message.typ,
            message.version,
            payload,
        ))
    }

    fn encrypted_payload_len(&self, payload_len: usize) -> usize {
        payload_len + TAG_LEN
    }
}

impl MessageDecrypter for ChaChaRecords {
    fn decrypt<'a>(
        &mut self,
        mut message: InboundOpaqueMessage<'a>,
        sequence: u64,
    ) -> Result<InboundPlainMessage<'a>, Error> {
        let payload: &mut [u8] = &mut message.payload;
        let text_len = payload
            .len()
            .checked_sub(TAG_LEN)
            .ok_or(Error::DecryptError)?;
        let nonce = Nonce::new(&self.iv, sequence).0;
        let additional = make_tls12_aad(sequence, message.typ, message.version, text_len);
        let len = self.cipher.open(&nonce, &additional, payload)?;
        if len > MAX_FRAGMENT_LEN {
            return Err(Error::PeerSentOversizedRecord);
        }
        Ok(message.into_plain_message_range(0..len))
    }
}
