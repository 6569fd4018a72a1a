//! Our verifier for embedded-tls, which is not asked whether the server has
//! shown anything: that is for [`Verifier::conclude`], after the handshake.

use core::array;

use digest::{Digest, Output};
use embedded_tls::{
    CertificateEntryRef, CertificateRef, CertificateVerifyRef, SignatureScheme,
    TlsError as Failure, TlsVerifier,
};
use rustls_pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, alg_id};
use webpki::RawPublicKeyEntity;

use super::{
    error::{CertificateError, Fault},
    proof::{self, Proof, sealed::Demand},
    suite::Suite,
};

/// The longest key that can be kept from Certificate to CertificateVerify:
/// RSA of 4096 bits, P-384, or P-256.
const MAX_SPKI: usize = if cfg!(feature = "rsa") { 560 } else { 120 };
/// embedded-tls hands over 16 certificates at most.
const MAX_CHAIN: usize = 15;
/// RFC 8446 §4.4.3.
const CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";
const PAD: usize = 64;
const MAX_HASH: usize = 48;

#[derive(Debug)]
pub(super) struct Verifier<'v, P> {
    proof: &'v P,
    host: ServerName<'v>,
    shown: Shown,
    /// The key of the certificate, and the transcript up to it.
    spki: [u8; MAX_SPKI],
    spki_length: usize,
    transcript: [u8; MAX_HASH],
    /// Why embedded-tls was told to stop.
    fault: Option<Fault>,
}

/// What the server has shown, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// A certificate that will do, if the server has the key to it.
    Certificate,
    /// The signature as well.
    Everything,
}

impl<'v, P: Proof> Verifier<'v, P> {
    pub(super) const fn new(proof: &'v P, host: ServerName<'v>) -> Self {
        Self {
            proof,
            host,
            shown: Shown::Nothing,
            spki: [0; MAX_SPKI],
            spki_length: 0,
            transcript: [0; MAX_HASH],
            fault: None,
        }
    }

    /// Whether the server has proven who it is, now that embedded-tls has
    /// ended the handshake. Without this, a server that leaves its certificate
    /// out is as good as any.
    pub(super) fn conclude(&mut self) -> Result<(), Fault> {
        match (self.fault, P::DEMAND, self.shown) {
            (Some(fault), ..) => Err(fault),
            (_, Demand::Certificate, Shown::Everything)
            | (_, Demand::Psk, Shown::Nothing)
            | (_, Demand::Nothing, _) => Ok(()),
            _ => Err(Fault::NotProven),
        }
    }

    /// What made the verifier stop the handshake.
    pub(super) const fn fault(&self) -> Option<Fault> {
        self.fault
    }

    fn certificate(
        &mut self,
        transcript: impl AsRef<[u8]>,
        message: &CertificateRef<'_>,
    ) -> Result<(), Fault> {
        match P::DEMAND {
            Demand::Nothing => return Ok(()),
            Demand::Psk => return Err(Fault::UnexpectedMessage),
            Demand::Certificate => {}
        }
        if self.shown != Shown::Nothing {
            return Err(Fault::UnexpectedMessage);
        }
        let (leaf, others) = message.entries.split_first().ok_or(Fault::NotProven)?;
        let leaf = CertificateDer::from(der(leaf));
        let chain: [_; MAX_CHAIN] =
            array::from_fn(|at| CertificateDer::from(others.get(at).map_or(&[][..], der)));
        let chain = chain.get(..others.len()).unwrap_or_default();
        self.proof.check(&leaf, chain, &self.host)?;

        let spki = proof::spki(&leaf).ok_or(CertificateError::Malformed)?;
        self.spki
            .get_mut(..spki.len())
            .ok_or(CertificateError::Unsupported)?
            .copy_from_slice(spki);
        self.spki_length = spki.len();
        let hash = transcript.as_ref();
        self.transcript
            .get_mut(..hash.len())
            .ok_or(Fault::Internal)?
            .copy_from_slice(hash);
        self.shown = Shown::Certificate;
        Ok(())
    }

    fn signature(
        &mut self,
        hash_length: usize,
        message: &CertificateVerifyRef<'_>,
    ) -> Result<(), Fault> {
        match P::DEMAND {
            Demand::Nothing => return Ok(()),
            Demand::Psk => return Err(Fault::UnexpectedMessage),
            Demand::Certificate => {}
        }
        if self.shown != Shown::Certificate {
            return Err(Fault::UnexpectedMessage);
        }
        // PKCS #1 v1.5 is not for this (RFC 8446 §4.2.3).
        let (key, kind) = match message.signature_scheme {
            SignatureScheme::EcdsaSecp256r1Sha256 => (alg_id::ECDSA_P256, alg_id::ECDSA_SHA256),
            SignatureScheme::EcdsaSecp384r1Sha384 => (alg_id::ECDSA_P384, alg_id::ECDSA_SHA384),
            SignatureScheme::Ed25519 => (alg_id::ED25519, alg_id::ED25519),
            SignatureScheme::RsaPssRsaeSha256 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA256),
            SignatureScheme::RsaPssRsaeSha384 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA384),
            SignatureScheme::RsaPssRsaeSha512 => (alg_id::RSA_ENCRYPTION, alg_id::RSA_PSS_SHA512),
            _ => return Err(CertificateError::Unsupported.into()),
        };
        let algorithm = self
            .proof
            .algorithms()
            .iter()
            .find(|algorithm| {
                algorithm.public_key_alg_id() == key && algorithm.signature_alg_id() == kind
            })
            .ok_or(CertificateError::Unsupported)?;

        let mut signed = [0x20; PAD + CONTEXT.len() + MAX_HASH];
        for (to, from) in signed
            .iter_mut()
            .skip(PAD)
            .zip(CONTEXT.iter().chain(&self.transcript))
        {
            *to = *from;
        }
        let signed = signed
            .get(..PAD + CONTEXT.len() + hash_length)
            .ok_or(Fault::Internal)?;
        let spki = self.spki.get(..self.spki_length).ok_or(Fault::Internal)?;
        RawPublicKeyEntity::try_from(&SubjectPublicKeyInfoDer::from(spki))
            .and_then(|key| key.verify_signature(*algorithm, signed, message.signature))
            .map_err(proof::certificate_error)?;
        self.shown = Shown::Everything;
        Ok(())
    }

    fn stop(&mut self, fault: Fault) -> Failure {
        self.fault = Some(fault);
        Failure::InvalidCertificate
    }
}

impl<P: Proof, S: Suite> TlsVerifier<S> for Verifier<'_, P> {
    /// The host is known already.
    fn set_hostname_verification(&mut self, _: &str) -> Result<(), Failure> {
        Ok(())
    }

    fn verify_certificate(
        &mut self,
        transcript: &S::Hash,
        certificate: CertificateRef<'_>,
    ) -> Result<(), Failure> {
        let hash: Output<S::Hash> = transcript.clone().finalize();
        self.certificate(hash, &certificate)
            .map_err(|fault| self.stop(fault))
    }

    fn verify_signature(&mut self, message: CertificateVerifyRef<'_>) -> Result<(), Failure> {
        self.signature(<S::Hash as Digest>::output_size(), &message)
            .map_err(|fault| self.stop(fault))
    }
}

const fn der<'a>(entry: &CertificateEntryRef<'a>) -> &'a [u8] {
    match entry {
        CertificateEntryRef::X509(der) => der,
        // Nobody has asked for one.
        CertificateEntryRef::RawPublicKey(_) => &[],
    }
}
