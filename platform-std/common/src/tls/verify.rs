//! Verifying the server's certificate, with rustls.

use alloc::{
    format,
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use core::{error::Error, fmt};

use rustls::{
    CertificateError, DigitallySignedStruct, Error as RustlsError, OtherError, RootCertStore,
    SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::ParsedCertificate,
};

use super::der::Outline;

/// A verifier for the roots in `store` and those that were added.
///
/// # Errors
/// What is wrong with them.
pub fn by_store(
    mut store: RootCertStore,
    added: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    for root in added {
        store
            .add(root.clone())
            .map_err(|error| format!("a root certificate cannot be used: {error}"))?;
    }
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .build()
            .map_err(|error| format!("no roots to trust: {error}"))?;
    Ok(verifier)
}

/// The verifier for the roots, and two things that it lacks: a server's own
/// certificate may be trusted as it is, and "self-signed" has its own name.
#[derive(Debug)]
pub struct Verifier {
    inner: Arc<dyn ServerCertVerifier>,
    added: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// `inner` for a chain, `added` for what is trusted as it is.
    pub const fn new(
        inner: Arc<dyn ServerCertVerifier>,
        added: Vec<CertificateDer<'static>>,
    ) -> Self {
        Self { inner, added }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        let Err(error) = self.inner.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        ) else {
            return Ok(ServerCertVerified::assertion());
        };
        let Some(outline) = Outline::parse(end_entity) else {
            return Err(error);
        };
        // The user gave this very certificate, so nobody has to vouch for
        // it. That the server holds its key, the handshake proves.
        if self.added.iter().any(|added| added == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return in_time(&outline, now);
        }
        if outline.is_self_issued() && is_about_the_issuer(&error) {
            let other = OtherError(Arc::new(SelfSigned));
            return Err(CertificateError::Other(other).into());
        }
        Err(error)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

fn in_time(outline: &Outline<'_>, now: UnixTime) -> Result<ServerCertVerified, RustlsError> {
    let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let time_of = |seconds: i64| {
        let seconds = u64::try_from(seconds).unwrap_or(0);
        UnixTime::since_unix_epoch(core::time::Duration::from_secs(seconds))
    };
    if seconds < outline.not_before {
        return Err(CertificateError::NotValidYetContext {
            time: now,
            not_before: time_of(outline.not_before),
        }
        .into());
    }
    if seconds > outline.not_after {
        return Err(CertificateError::ExpiredContext {
            time: now,
            not_after: time_of(outline.not_after),
        }
        .into());
    }
    Ok(ServerCertVerified::assertion())
}

fn is_about_the_issuer(error: &RustlsError) -> bool {
    match error {
        RustlsError::InvalidCertificate(CertificateError::UnknownIssuer) => true,
        // A self-signed certificate often calls itself an authority.
        RustlsError::InvalidCertificate(CertificateError::Other(other)) => {
            other.0.to_string().contains("CaUsedAsEndEntity")
        }
        _ => false,
    }
}

/// Carries "self-signed" through rustls's error.
#[derive(Debug)]
pub(super) struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("self-signed certificate")
    }
}

impl Error for SelfSigned {}

/// **Dangerous**: looks at nothing but the signatures of the handshake.
#[derive(Debug)]
pub struct AcceptAny {
    provider: Arc<CryptoProvider>,
}

impl AcceptAny {
    /// With the signatures that `provider` knows.
    pub const fn new(provider: Arc<CryptoProvider>) -> Self {
        Self { provider }
    }
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, RustlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, RustlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
