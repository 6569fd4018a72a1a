//! ECDSA over P-256 and P-384 (FIPS 186-5, RFC 5758).

use rustls_pki_types::{
    AlgorithmIdentifier, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};

use super::{
    der::{element, positive},
    hash::{Hash, HashFunction, sha256, sha384},
};

/// ECDSA over P-256 with SHA-256: `ecdsa_secp256r1_sha256` of TLS 1.3.
pub static ECDSA_P256_SHA256: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA256,
    hash: sha256,
    verify: p256,
};

/// ECDSA over P-256 with SHA-384.
pub static ECDSA_P256_SHA384: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P256,
    signature: alg_id::ECDSA_SHA384,
    hash: sha384,
    verify: p256,
};

/// ECDSA over P-384 with SHA-256.
#[cfg(feature = "p384")]
pub static ECDSA_P384_SHA256: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA256,
    hash: sha256,
    verify: p384,
};

/// ECDSA over P-384 with SHA-384: `ecdsa_secp384r1_sha384` of TLS 1.3.
#[cfg(feature = "p384")]
pub static ECDSA_P384_SHA384: &dyn SignatureVerificationAlgorithm = &Ecdsa {
    curve: alg_id::ECDSA_P384,
    signature: alg_id::ECDSA_SHA384,
    hash: sha384,
    verify: p384,
};

#[derive(Debug)]
struct Ecdsa {
    curve: AlgorithmIdentifier,
    signature: AlgorithmIdentifier,
    hash: HashFunction,
    verify: fn(key: &[u8], hash: &Hash, signature: &[u8]) -> Option<()>,
}

impl SignatureVerificationAlgorithm for Ecdsa {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        // RFC 5480 §2.2: the uncompressed form must be understood, the
        // compressed one may be; nobody's certificates have it.
        if public_key.first() != Some(&UNCOMPRESSED) {
            return Err(InvalidSignature);
        }
        (self.verify)(public_key, &(self.hash)(&[message]), signature).ok_or(InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        self.curve
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        self.signature
    }
}

const UNCOMPRESSED: u8 = 0x04;

fn p256(key: &[u8], hash: &Hash, signature: &[u8]) -> Option<()> {
    use p256::ecdsa::signature::hazmat::PrehashVerifier;

    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let [r, s] = scalars::<32>(signature)?;
    let signature = p256::ecdsa::Signature::from_scalars(r, s).ok()?;
    key.verify_prehash(hash.as_bytes(), &signature).ok()
}

#[cfg(feature = "p384")]
fn p384(key: &[u8], hash: &Hash, signature: &[u8]) -> Option<()> {
    use p384::ecdsa::signature::hazmat::PrehashVerifier;

    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).ok()?;
    let [r, s] = scalars::<48>(signature)?;
    let signature = p384::ecdsa::Signature::from_scalars(r, s).ok()?;
    key.verify_prehash(hash.as_bytes(), &signature).ok()
}

/// `Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }` (RFC 3279 §2.2.3).
fn scalars<const N: usize>(mut der: &[u8]) -> Option<[[u8; N]; 2]> {
    let (_, mut sequence) = element(&mut der, 0x30)?;
    let mut scalars = [[0; N]; 2];
    for scalar in &mut scalars {
        let bytes = positive(&mut sequence)?;
        scalar
            .get_mut(N.checked_sub(bytes.len())?..)?
            .copy_from_slice(bytes);
    }
    (der.is_empty() && sequence.is_empty()).then_some(scalars)
}
