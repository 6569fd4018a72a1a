//! Signature algorithms for X.509 and TLS, without an allocator.
//!
//! Each is a [`SignatureVerificationAlgorithm`] of rustls-pki-types, which is
//! what rustls-webpki and rustls ask for: it takes the key as it stands in a
//! certificate, the message, and the signature as it stands on the wire. What
//! an application does not name is not linked, so a list of its own costs only
//! the flash of what is in it:
//!
//! ```
//! use hybi_embedded::signature::{ECDSA_P256_SHA256, SignatureVerificationAlgorithm};
//!
//! static ONLY_P256: &[&dyn SignatureVerificationAlgorithm] = &[ECDSA_P256_SHA256];
//! ```
//!
//! | feature | algorithms |
//! | --- | --- |
//! | `signature` | ECDSA over P-256 with SHA-256 or SHA-384 |
//! | `p384` | ECDSA over P-384 with SHA-256 or SHA-384 |
//! | `rsa` | RSA of 2048 to 4096 bits, PKCS #1 v1.5 and PSS, with SHA-256, SHA-384 or SHA-512 |
//! | `ed25519` | Ed25519 |
//!
//! They check signatures only, so no secret is in their hands, and none of
//! them takes care to run in constant time. Whatever the key, the message and
//! the signature are, they do not panic and their work is bounded.

pub(crate) mod der;
mod ecdsa;
#[cfg(feature = "ed25519")]
mod ed25519;
mod hash;
#[cfg(feature = "rsa")]
mod rsa;

pub use rustls_pki_types::SignatureVerificationAlgorithm;

pub use ecdsa::{ECDSA_P256_SHA256, ECDSA_P256_SHA384};
#[cfg(feature = "p384")]
pub use ecdsa::{ECDSA_P384_SHA256, ECDSA_P384_SHA384};
#[cfg(feature = "ed25519")]
pub use ed25519::ED25519;
#[cfg(feature = "rsa")]
pub use rsa::{
    RSA_PKCS1_2048_4096_SHA256, RSA_PKCS1_2048_4096_SHA384, RSA_PKCS1_2048_4096_SHA512,
    RSA_PSS_2048_4096_SHA256, RSA_PSS_2048_4096_SHA384, RSA_PSS_2048_4096_SHA512,
};

/// What the features that are on can verify. Without `p384` that is
/// [`ECDSA_P256_SHA256`] alone: a CA with a P-256 key signs with SHA-256, and
/// SHA-384 is several KiB of flash.
pub static SUPPORTED: &[&dyn SignatureVerificationAlgorithm] = &[
    ECDSA_P256_SHA256,
    #[cfg(feature = "p384")]
    ECDSA_P384_SHA384,
    #[cfg(feature = "p384")]
    ECDSA_P256_SHA384,
    #[cfg(feature = "p384")]
    ECDSA_P384_SHA256,
    #[cfg(feature = "ed25519")]
    ED25519,
    #[cfg(feature = "rsa")]
    RSA_PSS_2048_4096_SHA256,
    #[cfg(feature = "rsa")]
    RSA_PSS_2048_4096_SHA384,
    #[cfg(feature = "rsa")]
    RSA_PSS_2048_4096_SHA512,
    #[cfg(feature = "rsa")]
    RSA_PKCS1_2048_4096_SHA256,
    #[cfg(feature = "rsa")]
    RSA_PKCS1_2048_4096_SHA384,
    #[cfg(feature = "rsa")]
    RSA_PKCS1_2048_4096_SHA512,
];
