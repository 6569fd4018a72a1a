//! SHA-256 and SHA-384 (FIPS 180-4), and HMAC over them (RFC 2104).

use alloc::boxed::Box;
use core::marker::PhantomData;

use hmac::{Hmac, KeyInit, Mac, digest::OutputSizeUser};
use rustls::crypto::{hash, hmac as mac};
use sha2::{Digest, Sha256, Sha384};

pub(super) static SHA256: Sha<Sha256> = Sha::new(hash::HashAlgorithm::SHA256);
pub(super) static SHA384: Sha<Sha384> = Sha::new(hash::HashAlgorithm::SHA384);

pub(super) static HMAC_SHA256: Authenticator<Hmac<Sha256>> = Authenticator(PhantomData);
pub(super) static HMAC_SHA384: Authenticator<Hmac<Sha384>> = Authenticator(PhantomData);

pub(super) struct Sha<D> {
    algorithm: hash::HashAlgorithm,
    digest: PhantomData<fn() -> D>,
}

impl<D> Sha<D> {
    const fn new(algorithm: hash::HashAlgorithm) -> Self {
        Self {
            algorithm,
            digest: PhantomData,
        }
    }
}

impl<D: Digest + Clone + Send + Sync + 'static> hash::Hash for Sha<D> {
    fn start(&self) -> Box<dyn hash::Context> {
        Box::new(Transcript(D::new()))
    }

    fn hash(&self, data: &[u8]) -> hash::Output {
        hash::Output::new(&D::digest(data))
    }

    fn output_len(&self) -> usize {
        <D as Digest>::output_size()
    }

    fn algorithm(&self) -> hash::HashAlgorithm {
        self.algorithm
    }
}

struct Transcript<D>(D);

impl<D: Digest + Clone + Send + Sync + 'static> hash::Context for Transcript<D> {
    fn fork_finish(&self) -> hash::Output {
        hash::Output::new(&self.0.clone().finalize())
    }

    fn fork(&self) -> Box<dyn hash::Context> {
        Box::new(Self(self.0.clone()))
    }

    fn finish(self: Box<Self>) -> hash::Output {
        hash::Output::new(&self.0.finalize())
    }

    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }
}

pub(super) struct Authenticator<M>(PhantomData<fn() -> M>);

impl<M: Mac + KeyInit + Clone + Send + Sync + 'static> mac::Hmac for Authenticator<M> {
    fn with_key(&self, key: &[u8]) -> Box<dyn mac::Key> {
        #[expect(clippy::expect_used, reason = "RFC 2104: a key of any length")]
        let key = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
        Box::new(Keyed(key))
    }

    fn hash_output_len(&self) -> usize {
        <M as OutputSizeUser>::output_size()
    }
}

/// The state after the key, cloned for each tag.
struct Keyed<M>(M);

impl<M: Mac + Clone + Send + Sync> mac::Key for Keyed<M> {
    fn sign_concat(&self, first: &[u8], middle: &[&[u8]], last: &[u8]) -> mac::Tag {
        let mut state = self.0.clone();
        state.update(first);
        for part in middle {
            state.update(part);
        }
        state.update(last);
        mac::Tag::new(&state.finalize().into_bytes())
    }

    fn tag_len(&self) -> usize {
        <M as OutputSizeUser>::output_size()
    }
}
