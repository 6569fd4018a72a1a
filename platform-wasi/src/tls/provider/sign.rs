//! Keys of client certificates: ECDSA on P-256 and P-384 (FIPS 186-5, with
//! the deterministic nonce of RFC 6979) and Ed25519 (RFC 8032).
//!
//! RSA keys are refused: no crate signs with RSA in pure Rust without an
//! open advisory (RUSTSEC-2023-0071, timing).

use alloc::{boxed::Box, format, string::ToString, sync::Arc, vec::Vec};
use core::fmt;

use ed25519_dalek::pkcs8::DecodePrivateKey;
use p256::ecdsa::signature::Signer as _;
use rustls::{
    Error, SignatureAlgorithm, SignatureScheme,
    crypto::KeyProvider,
    pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, alg_id},
    sign::{Signer, SigningKey, public_key_to_spki},
};

/// Reads PKCS #8 (RFC 5208) and, for ECDSA, SEC 1 (RFC 5915).
#[derive(Debug)]
pub(super) struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        let secret = match &key {
            PrivateKeyDer::Pkcs8(der) => {
                let der = der.secret_pkcs8_der();
                p256::SecretKey::from_pkcs8_der(der)
                    .map(Secret::from)
                    .or_else(|_| p384::SecretKey::from_pkcs8_der(der).map(Secret::from))
                    .or_else(|_| ed25519_dalek::SigningKey::from_pkcs8_der(der).map(Secret::from))
                    .ok()
            }
            PrivateKeyDer::Sec1(der) => {
                let der = der.secret_sec1_der();
                p256::SecretKey::from_sec1_der(der)
                    .map(Secret::from)
                    .or_else(|_| p384::SecretKey::from_sec1_der(der).map(Secret::from))
                    .ok()
            }
            _ => None,
        };
        match secret {
            Some(secret) => Ok(Arc::new(Key(Arc::new(secret)))),
            None => Err(Error::General(
                "the client key is of none of the kinds that can sign here: ECDSA on P-256 or \
                 P-384, or Ed25519 (RSA is not offered)"
                    .to_string(),
            )),
        }
    }
}

enum Secret {
    P256(Box<p256::ecdsa::SigningKey>),
    P384(Box<p384::ecdsa::SigningKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl Secret {
    const fn scheme(&self) -> SignatureScheme {
        match self {
            Self::P256(_) => SignatureScheme::ECDSA_NISTP256_SHA256,
            Self::P384(_) => SignatureScheme::ECDSA_NISTP384_SHA384,
            Self::Ed25519(_) => SignatureScheme::ED25519,
        }
    }

    fn public(&self) -> SubjectPublicKeyInfoDer<'static> {
        match self {
            Self::P256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                public_key_to_spki(&alg_id::ECDSA_P256, point.as_bytes())
            }
            Self::P384(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                public_key_to_spki(&alg_id::ECDSA_P384, point.as_bytes())
            }
            Self::Ed25519(key) => {
                public_key_to_spki(&alg_id::ED25519, key.verifying_key().as_bytes())
            }
        }
    }

    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).ok()?;
                signature.to_der().as_bytes().to_vec()
            }
            Self::P384(key) => {
                let signature: p384::ecdsa::Signature = key.try_sign(message).ok()?;
                signature.to_der().as_bytes().to_vec()
            }
            Self::Ed25519(key) => key.try_sign(message).ok()?.to_bytes().to_vec(),
        })
    }
}

impl From<p256::SecretKey> for Secret {
    fn from(key: p256::SecretKey) -> Self {
        Self::P256(Box::new(key.into()))
    }
}

impl From<p384::SecretKey> for Secret {
    fn from(key: p384::SecretKey) -> Self {
        Self::P384(Box::new(key.into()))
    }
}

impl From<ed25519_dalek::SigningKey> for Secret {
    fn from(key: ed25519_dalek::SigningKey) -> Self {
        Self::Ed25519(Box::new(key))
    }
}

/// A key, and what signs with it: each kind of key has one scheme.
struct Key(Arc<Secret>);

impl SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&self.0.scheme())
            .then(|| Box::new(Self(Arc::clone(&self.0))) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.0.public())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        match *self.0 {
            Secret::P256(_) | Secret::P384(_) => SignatureAlgorithm::ECDSA,
            Secret::Ed25519(_) => SignatureAlgorithm::ED25519,
        }
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.0
            .sign(message)
            .ok_or_else(|| Error::General(format!("cannot sign with {self:?}")))
    }

    fn scheme(&self) -> SignatureScheme {
        self.0.scheme()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key itself.
        f.debug_tuple("Key").field(&self.0.scheme()).finish()
    }
}
