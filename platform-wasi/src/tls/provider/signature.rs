//! What is accepted as a signature, in certificates and in the handshake:
//! ECDSA (FIPS 186-5, RFC 5758), Ed25519 (RFC 8410), RSA (RFC 8017). Nothing
//! here is secret.

use hybi_embedded::signature as rsa;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rustls::{
    SignatureScheme,
    crypto::WebPkiSupportedAlgorithms,
    pki_types::{AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id},
};
use sha2::{Digest, Sha256, Sha384, Sha512};

pub(super) static ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        ECDSA_P256_SHA256,
        ECDSA_P256_SHA384,
        ECDSA_P256_SHA512,
        ECDSA_P384_SHA256,
        ECDSA_P384_SHA384,
        ECDSA_P384_SHA512,
        ED25519,
        rsa::RSA_PSS_2048_4096_SHA256,
        rsa::RSA_PSS_2048_4096_SHA384,
        rsa::RSA_PSS_2048_4096_SHA512,
        rsa::RSA_PKCS1_2048_4096_SHA256,
        rsa::RSA_PKCS1_2048_4096_SHA384,
        rsa::RSA_PKCS1_2048_4096_SHA512,
    ],
    mapping: &[
        // TLS 1.3 takes the first of each; in TLS 1.2 the scheme names the
        // hash alone (RFC 8446 §4.2.3, RFC 8422 §5.1.1).
        (
            SignatureScheme::ECDSA_NISTP384_SHA384,
            &[ECDSA_P384_SHA384, ECDSA_P256_SHA384],
        ),
        (
            SignatureScheme::ECDSA_NISTP256_SHA256,
            &[ECDSA_P256_SHA256, ECDSA_P384_SHA256],
        ),
        (SignatureScheme::ED25519, &[ED25519]),
        (
            SignatureScheme::RSA_PSS_SHA512,
            &[rsa::RSA_PSS_2048_4096_SHA512],
        ),
        (
            SignatureScheme::RSA_PSS_SHA384,
            &[rsa::RSA_PSS_2048_4096_SHA384],
        ),
        (
            SignatureScheme::RSA_PSS_SHA256,
            &[rsa::RSA_PSS_2048_4096_SHA256],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA512,
            &[rsa::RSA_PKCS1_2048_4096_SHA512],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA384,
            &[rsa::RSA_PKCS1_2048_4096_SHA384],
        ),
        (
            SignatureScheme::RSA_PKCS1_SHA256,
            &[rsa::RSA_PKCS1_2048_4096_SHA256],
        ),
    ],
};

pub(super) static ECDSA_P256_SHA256: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA256,
    verify: |key, message, signature| p256(key, &Sha256::digest(message), signature),
};

pub(super) static ECDSA_P256_SHA384: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA384,
    verify: |key, message, signature| p256(key, &Sha384::digest(message), signature),
};

pub(super) static ECDSA_P256_SHA512: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA512,
    verify: |key, message, signature| p256(key, &Sha512::digest(message), signature),
};

pub(super) static ECDSA_P384_SHA256: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA256,
    verify: |key, message, signature| p384(key, &Sha256::digest(message), signature),
};

pub(super) static ECDSA_P384_SHA384: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA384,
    verify: |key, message, signature| p384(key, &Sha384::digest(message), signature),
};

pub(super) static ECDSA_P384_SHA512: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA512,
    verify: |key, message, signature| p384(key, &Sha512::digest(message), signature),
};

pub(super) static ED25519: &dyn SignatureVerificationAlgorithm = &Ed25519;

#[derive(Debug)]
struct Ecdsa {
    curve: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    verify: Verify,
}

/// With a key, a message and a signature.
type Verify = fn(&[u8], &[u8], &[u8]) -> Option<()>;

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        // RFC 5480 §2.2: compressed keys may be understood; nobody's
        // certificates have them.
        if public_key.first() != Some(&super::exchange::UNCOMPRESSED) {
            return Err(InvalidSignature);
        }
        (self.verify)(public_key, message, signature).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.curve
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

fn p256(key: &[u8], hash: &[u8], signature: &[u8]) -> Option<()> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
    key.verify_prehash(hash, &signature).ok()
}

fn p384(key: &[u8], hash: &[u8], signature: &[u8]) -> Option<()> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
    key.verify_prehash(hash, &signature).ok()
}

#[derive(Debug)]
struct Ed25519;

impl SignatureVerificationAlgorithm for Ed25519 {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let verify = || {
            let key = ed25519_dalek::VerifyingKey::from_bytes(public_key.try_into().ok()?).ok()?;
            let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
            key.verify_strict(message, &signature).ok()
        };
        verify().ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }
}
