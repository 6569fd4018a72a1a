//! What embedded-tls is given for a handshake, and what its errors mean.

use core::marker::PhantomData;

use embedded_tls::{CryptoProvider, CryptoRngCore, TlsConfig, TlsError as Failure, TlsVerifier};
use hybi_core::entropy::Entropy;
use p256::elliptic_curve::rand_core::{CryptoRng, Error as NoEntropy, RngCore};
use rustls_pki_types::ServerName;

use super::{error::Fault, hello::Offer, proof::Proof, suite::Suite, verifier::Verifier};

/// The provider that embedded-tls asks for everything.
#[derive(Debug)]
pub(super) struct Provider<'v, P, E, S> {
    pub(super) verifier: Verifier<'v, P>,
    entropy: Rng<E>,
    suite: PhantomData<S>,
}

impl<'v, P: Proof, E: Entropy, S: Suite> Provider<'v, P, E, S> {
    /// For a handshake with `host`: what to offer, and the configuration.
    pub(super) fn new(
        host: &'v str,
        proof: &'v P,
        entropy: E,
    ) -> Result<(Self, TlsConfig<'v>, Offer), Fault> {
        proof.ready()?;
        let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = bracketed.unwrap_or(host);
        // RFC 6066 §3: without the trailing dot.
        let host = host.strip_suffix('.').unwrap_or(host);
        let name = ServerName::try_from(host).map_err(|_| Fault::InvalidHost)?;
        let mut config = TlsConfig::new();
        if cfg!(feature = "rsa") {
            config = config.enable_rsa_signatures();
        }
        if matches!(name, ServerName::DnsName(_)) {
            config = config.with_server_name(host);
        }
        if let Some((identity, key)) = proof.psk() {
            config = config.with_psk(key, &[identity]);
        }
        let offer = Offer {
            suite: S::CODE_POINT,
            psk: proof.psk().is_some(),
        };
        let provider = Self {
            verifier: Verifier::new(proof, name),
            entropy: Rng(entropy),
            suite: PhantomData,
        };
        Ok((provider, config, offer))
    }
}

impl<P: Proof, E: Entropy, S: Suite> CryptoProvider for Provider<'_, P, E, S> {
    type CipherSuite = S;
    // There is no client certificate to sign with.
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.entropy
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<S>, Failure> {
        Ok(&mut self.verifier)
    }
}

/// [`Entropy`] as the generator of rand_core 0.6 that embedded-tls asks for.
#[derive(Debug)]
struct Rng<E>(E);

impl<E: Entropy> RngCore for Rng<E> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        self.0.fill(bytes);
        Ok(())
    }
}

/// [`Entropy`] promises it.
impl<E: Entropy> CryptoRng for Rng<E> {}

/// What a failure of embedded-tls during the handshake means.
pub(super) const fn while_opening(failure: Failure) -> Fault {
    match failure {
        Failure::HandshakeAborted(_, alert) => Fault::Alert(alert as u8),
        // Something encrypted that is no handshake message.
        Failure::InvalidRecord => Fault::SomeAlert,
        Failure::CryptoError | Failure::InvalidSignature => Fault::BadRecord,
        Failure::InsufficientSpace | Failure::EncodeError => Fault::BufferTooSmall,
        Failure::InvalidKeyShare => Fault::NothingInCommon,
        Failure::ConnectionClosed | Failure::IoError => Fault::Truncated,
        Failure::MissingHandshake | Failure::Io(_) | Failure::OutOfMemory => Fault::Internal,
        _ => Fault::UnexpectedMessage,
    }
}

/// What a failure of embedded-tls after the handshake means. The guard of the
/// suite sees to it that there are these only.
pub(super) const fn while_open(failure: Failure) -> Fault {
    match failure {
        Failure::Unimplemented => Fault::KeyUpdate,
        Failure::ParseError(_) => Fault::UnexpectedMessage,
        Failure::InternalError | Failure::DecodeError => Fault::SomeAlert,
        Failure::CryptoError | Failure::InvalidRecord => Fault::BadRecord,
        Failure::MissingHandshake => Fault::Closed,
        Failure::InsufficientSpace | Failure::EncodeError => Fault::BufferTooSmall,
        _ => Fault::Internal,
    }
}
