//! The cryptography of TLS in pure Rust: a provider for rustls over the
//! crates of RustCrypto and dalek, without a C compiler and without a crate
//! that has an open advisory.
//!
//! | | offered |
//! | --- | --- |
//! | versions | TLS 1.3 (RFC 8446), TLS 1.2 with ECDHE (RFC 5246) |
//! | ciphers | ChaCha20-Poly1305, AES-128-GCM, AES-256-GCM |
//! | key exchange | X25519, P-256, P-384 |
//! | verification | ECDSA on P-256 and P-384, RSA (PKCS #1 and PSS), Ed25519 |
//! | client keys | ECDSA on P-256 and P-384, Ed25519 |
//!
//! Everything that touches a secret runs in constant time by the promise of
//! these crates; WebAssembly has no instructions for AES, so ChaCha20 comes
//! first: it is the faster one in software.
//!
//! Why a provider of our own: rustls-rustcrypto is an alpha over
//! rustls-webpki 0.102 (RUSTSEC-2026-0049, -0098, -0099, -0104) and rsa 0.9
//! (RUSTSEC-2023-0071); every other one needs a C compiler or instructions of
//! one processor. RSA is checked by `hybi_embedded::signature` over
//! crypto-bigint, without the crate rsa.
//!
//! Not here: RSA beyond 4096 bits, P-521, key exchange against quantum
//! computers, signing with RSA.

mod aead;
mod exchange;
mod hash;
mod random;
mod sign;
mod signature;
mod tls12;
mod tls13;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of tests")]
mod tests;

use alloc::vec;

use rustls::crypto::CryptoProvider;

/// Records under one key of AES-GCM (RFC 8446 §5.5), with room to spare;
/// rustls changes the key or closes before that.
const GCM_RECORDS: u64 = 1 << 24;

/// What rustls needs.
pub(super) fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: vec![
            tls13::CHACHA20_POLY1305_SHA256,
            tls13::AES_128_GCM_SHA256,
            tls13::AES_256_GCM_SHA384,
            tls12::ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
            tls12::ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
            tls12::ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
            tls12::ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            tls12::ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
            tls12::ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        ],
        kx_groups: vec![exchange::X25519, exchange::SECP256R1, exchange::SECP384R1],
        signature_verification_algorithms: signature::ALGORITHMS,
        secure_random: &random::HostRandom,
        key_provider: &sign::Keys,
    }
}
