//! What makes us believe that the server is the one we mean.

use core::time::Duration;

use rustls_pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime,
};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, Error, KeyUsage};

use self::sealed::{Demand, Prove};
use super::error::{CertificateError, Fault};
use crate::signature::{SUPPORTED, der::element};

/// How a server proves who it is: [`Roots`], [`Pins`] or [`Psk`]. Only what an
/// application names is linked.
pub trait Proof: Prove {}

/// By a certificate that leads to one of the application's roots.
///
/// Checked are the chain, with the intermediates that the server sends, up to
/// six of them; the dates; the host, a DNS name or an IP address, against the
/// subject alternative names; the usage (server authentication); and the
/// constraints of the chain. Not checked is whether a certificate was revoked.
#[derive(Debug, Clone, Copy)]
pub struct Roots<'a> {
    anchors: &'a [TrustAnchor<'a>],
    dates: Dates,
    algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
}

#[derive(Debug, Clone, Copy)]
enum Dates {
    /// Nobody has told the time: refuse.
    Unknown,
    At(UnixTime),
    Unchecked,
}

impl<'a> Roots<'a> {
    /// Certificates that lead to one of `anchors`: constants, as those of
    /// webpki-roots, or by [`trust_anchor`](super::trust_anchor) from a
    /// certificate in flash.
    ///
    /// Say the time with [`at`](Self::at); without it no certificate will do.
    pub const fn new(anchors: &'a [TrustAnchor<'a>]) -> Self {
        Self {
            anchors,
            dates: Dates::Unknown,
            algorithms: SUPPORTED,
        }
    }

    /// The time for the dates: since 1970-01-01 00:00 UTC, as a real-time
    /// clock or SNTP tells it.
    #[must_use]
    pub const fn at(mut self, since_1970: Duration) -> Self {
        self.dates = Dates::At(UnixTime::since_unix_epoch(since_1970));
        self
    }

    /// For a device that does not know the time: skips the dates, and nothing
    /// else.
    ///
    /// A certificate whose key was stolen is then good forever. Prefer
    /// [`Pins`], or set the clock by SNTP first.
    #[must_use]
    pub const fn dangerously_ignore_dates(mut self) -> Self {
        self.dates = Dates::Unchecked;
        self
    }

    /// Other algorithms than [`SUPPORTED`]; what is not named is not linked.
    #[must_use]
    pub const fn algorithms(
        mut self,
        algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
    ) -> Self {
        self.algorithms = algorithms;
        self
    }
}

/// By the key in its certificate: one of those that the application knows.
///
/// Needs no CA, no clock and no chain, and the least flash and stack. Give it
/// the next key as well, or no device can follow when the server changes its
/// own.
#[derive(Debug, Clone, Copy)]
pub struct Pins<'a> {
    pins: &'a [[u8; 32]],
    algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
}

impl<'a> Pins<'a> {
    /// A pin is the SHA-256 of the certificate's SubjectPublicKeyInfo, as in
    /// RFC 7469:
    ///
    /// ```text
    /// openssl x509 -in server.pem -noout -pubkey |
    ///     openssl pkey -pubin -outform DER | openssl dgst -sha256
    /// ```
    pub const fn new(pins: &'a [[u8; 32]]) -> Self {
        Self {
            pins,
            algorithms: SUPPORTED,
        }
    }

    /// Other algorithms than [`SUPPORTED`]; what is not named is not linked.
    #[must_use]
    pub const fn algorithms(
        mut self,
        algorithms: &'a [&'a dyn SignatureVerificationAlgorithm],
    ) -> Self {
        self.algorithms = algorithms;
        self
    }
}

/// By a key that both sides know (RFC 8446 §2.2, external PSK with (EC)DHE).
///
/// No certificate is involved. The key must be random and at least 16 bytes
/// long: who guesses it is the server.
#[derive(Clone, Copy)]
pub struct Psk<'a> {
    identity: &'a [u8],
    key: &'a [u8],
}

impl<'a> Psk<'a> {
    /// The key that the server knows under `identity`, which goes over the
    /// wire in the clear.
    pub const fn new(identity: &'a [u8], key: &'a [u8]) -> Self {
        Self { identity, key }
    }
}

impl core::fmt::Debug for Psk<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Psk").finish_non_exhaustive()
    }
}

/// By nothing at all: **whoever answers can read everything, and forge it.**
///
/// For a bench without secrets. Encryption without a proof of who is at the
/// other end keeps nobody out who can stand in between.
#[derive(Debug, Clone, Copy)]
pub struct DangerouslyTrustAnyone;

impl Proof for Roots<'_> {}
impl Proof for Pins<'_> {}
impl Proof for Psk<'_> {}
impl Proof for DangerouslyTrustAnyone {}

pub(super) mod sealed {
    use super::{CertificateDer, Fault, ServerName, SignatureVerificationAlgorithm};

    /// What the server has to show.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Demand {
        /// A certificate, and that the key in it is its own.
        Certificate,
        /// Nothing but its knowledge of the key; a certificate is an error.
        Psk,
        /// Nothing.
        Nothing,
    }

    #[expect(unnameable_types, reason = "nobody else may implement Proof")]
    pub trait Prove {
        const DEMAND: Demand;

        /// Whether there is enough to begin with.
        fn ready(&self) -> Result<(), Fault> {
            Ok(())
        }

        /// Identity and key.
        fn psk(&self) -> Option<(&[u8], &[u8])> {
            None
        }

        fn algorithms(&self) -> &[&dyn SignatureVerificationAlgorithm] {
            &[]
        }

        fn check(
            &self,
            leaf: &CertificateDer<'_>,
            chain: &[CertificateDer<'_>],
            host: &ServerName<'_>,
        ) -> Result<(), Fault> {
            let _ = (leaf, chain, host);
            Err(Fault::Internal)
        }
    }
}

impl Prove for Roots<'_> {
    const DEMAND: Demand = Demand::Certificate;

    fn ready(&self) -> Result<(), Fault> {
        match self.dates {
            Dates::Unknown => Err(CertificateError::NoClock.into()),
            _ => Ok(()),
        }
    }

    fn algorithms(&self) -> &[&dyn SignatureVerificationAlgorithm] {
        self.algorithms
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        host: &ServerName<'_>,
    ) -> Result<(), Fault> {
        let leaf = EndEntityCert::try_from(leaf).map_err(certificate_error)?;
        let verify = |time| {
            leaf.verify_for_usage(
                self.algorithms,
                self.anchors,
                chain,
                time,
                KeyUsage::server_auth(),
                None,
                None,
            )
            .map(drop)
        };
        match self.dates {
            Dates::Unknown => return Err(CertificateError::NoClock.into()),
            Dates::At(time) => verify(time),
            Dates::Unchecked => at_its_own_time(verify),
        }
        .and_then(|()| leaf.verify_is_valid_for_subject_name(host))
        .map_err(|error| certificate_error(error).into())
    }
}

/// Verifies at the first time at which the whole chain was valid.
fn at_its_own_time(verify: impl Fn(UnixTime) -> Result<(), Error>) -> Result<(), Error> {
    let mut time = UnixTime::since_unix_epoch(Duration::ZERO);
    // The leaf and its six issuers at most.
    for _ in 0..7 {
        match verify(time) {
            Err(Error::CertNotValidYet { not_before, .. }) if not_before > time => {
                time = not_before;
            }
            result => return result,
        }
    }
    verify(time)
}

impl Prove for Pins<'_> {
    const DEMAND: Demand = Demand::Certificate;

    fn algorithms(&self) -> &[&dyn SignatureVerificationAlgorithm] {
        self.algorithms
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
    ) -> Result<(), Fault> {
        let spki = spki(leaf).ok_or(CertificateError::Malformed)?;
        let found: [u8; 32] = Sha256::digest(spki).into();
        if !self.pins.contains(&found) {
            return Err(CertificateError::PinMismatch.into());
        }
        Ok(())
    }
}

impl Prove for Psk<'_> {
    const DEMAND: Demand = Demand::Psk;

    fn psk(&self) -> Option<(&[u8], &[u8])> {
        Some((self.identity, self.key))
    }
}

impl Prove for DangerouslyTrustAnyone {
    const DEMAND: Demand = Demand::Nothing;
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1), as it stands
/// there.
pub(super) fn spki(mut certificate: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xA0;
    const INTEGER: u8 = 0x02;
    let (_, mut certificate) = element(&mut certificate, SEQUENCE)?;
    let (_, mut fields) = element(&mut certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        element(&mut fields, VERSION)?;
    }
    element(&mut fields, INTEGER)?;
    // Signature algorithm, issuer, validity, subject.
    for _ in 0..4 {
        element(&mut fields, SEQUENCE)?;
    }
    Some(element(&mut fields, SEQUENCE)?.0)
}

pub(super) fn certificate_error(error: Error) -> CertificateError {
    match error {
        Error::CertExpired { .. } => CertificateError::Expired,
        Error::CertNotValidYet { .. } => CertificateError::NotYetValid,
        Error::CertNotValidForName(_) => CertificateError::WrongHost,
        Error::UnknownIssuer => CertificateError::UnknownIssuer,
        Error::EndEntityUsedAsCa => CertificateError::IssuerIsNoCa,
        Error::CaUsedAsEndEntity => CertificateError::IsCa,
        Error::RequiredEkuNotFoundContext(_) | Error::EmptyEkuExtension => {
            CertificateError::WrongUsage
        }
        Error::NameConstraintViolation
        | Error::PathLenConstraintViolated
        | Error::MaximumNameConstraintComparisonsExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumPathDepthExceeded
        | Error::MaximumSignatureChecksExceeded => CertificateError::Constraint,
        Error::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::UnsupportedCriticalExtension
        | Error::UnsupportedCertVersion => CertificateError::Unsupported,
        _ => CertificateError::Malformed,
    }
}
