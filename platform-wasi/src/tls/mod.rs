//! TLS by rustls over cryptography in pure Rust (`provider`): which roots to
//! trust, what to show the server.
//!
//! The cryptographic provider is named explicitly; the process-wide default
//! of rustls is neither read nor set, so nothing here can panic over it.
//! Randomness is that of `wasi:random`, the time for a certificate's dates
//! that of `wasi:clocks/wall-clock`.

mod clock;
mod error;
#[cfg(all(target_os = "wasi", target_env = "p2"))]
mod layer;
mod provider;
mod session;
#[cfg(all(test, not(target_os = "wasi")))]
#[expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]
mod tests;
mod verify;

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    sync::Arc,
    vec,
    vec::Vec,
};
use core::fmt;
use std::{fs, path::Path};

use rustls::{
    ClientConfig, KeyLogFile, SignatureScheme,
    client::{ResolvesClientCert, Resumption},
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    sign::CertifiedKey,
};

pub use error::{CertificateProblem, TlsError};
#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub(crate) use layer::TlsLayer;

/// TLS settings, ready to use. Cheap to clone; clones share the cache of
/// sessions to resume.
///
/// Where the environment variable `SSLKEYLOGFILE` of the component names a
/// file that it may write, session keys are appended to it, for tools such as
/// Wireshark.
#[derive(Clone)]
pub struct Tls {
    pub(crate) config: Arc<ClientConfig>,
    pub(crate) server_name: Option<String>,
}

impl Tls {
    /// Trusts the bundled roots, shows no client certificate.
    ///
    /// # Errors
    /// [`TlsError::Configuration`], where these cannot be used.
    pub fn new() -> Result<Self, TlsError> {
        Self::builder().build()
    }

    /// Other settings.
    #[must_use]
    pub const fn builder() -> TlsBuilder {
        TlsBuilder {
            roots: Roots::Bundled,
            added: Vec::new(),
            client: None,
            server_name: None,
            insecure: false,
        }
    }

    /// The name to ask for and to verify, of a server at `host`.
    pub(crate) fn name_of(&self, host: &str) -> Result<ServerName<'static>, TlsError> {
        let name = self.server_name.as_deref().unwrap_or(host);
        let name = name.trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(name.to_owned())
            .map_err(|_| TlsError::InvalidServerName(name.to_owned()))
    }
}

impl Tls {
    /// The same trust, for another peer than the one that these settings are
    /// made for: it is not shown the client certificate.
    pub(crate) fn for_another_server(&self) -> Self {
        let mut config = ClientConfig::clone(&self.config);
        config.client_auth_cert_resolver = Arc::new(NoCertificate);
        // What is resumed there was opened with the certificate.
        config.resumption = Resumption::default();
        Self {
            config: Arc::new(config),
            server_name: None,
        }
    }
}

#[derive(Debug)]
struct NoCertificate;

impl ResolvesClientCert for NoCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}

/// Which certificate authorities are trusted, besides those that were added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Roots {
    /// Mozilla's list, as it was when this crate was built. A component sees
    /// none of its host.
    #[default]
    Bundled,
    /// None but those that were added.
    Added,
}

/// Builds a [`Tls`].
pub struct TlsBuilder {
    roots: Roots,
    added: Vec<CertificateDer<'static>>,
    client: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
    server_name: Option<String>,
    insecure: bool,
}

impl TlsBuilder {
    /// Which roots to trust besides those added. Default:
    /// [`Roots::Bundled`].
    #[must_use]
    pub const fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// Trusts the certificates in `pem` too. A server's own self-signed
    /// certificate may be given: it is then accepted as it is, while its
    /// dates and its name still have to be right.
    ///
    /// # Errors
    /// [`TlsError::Configuration`], where `pem` holds no certificate or a
    /// damaged one.
    pub fn add_root_pem(mut self, pem: &[u8]) -> Result<Self, TlsError> {
        let certificates = certificates(pem, "the root certificates")?;
        self.added.extend(certificates);
        Ok(self)
    }

    /// Trusts a certificate in DER too; see
    /// [`add_root_pem`](Self::add_root_pem). Whether it can be read,
    /// [`build`](Self::build) says.
    #[must_use]
    pub fn add_root_der(mut self, der: &[u8]) -> Self {
        self.added.push(CertificateDer::from(der.to_vec()));
        self
    }

    /// Trusts the certificates in a PEM file too; see
    /// [`add_root_pem`](Self::add_root_pem).
    ///
    /// # Errors
    /// As there, and where the file cannot be read.
    pub fn add_root_file(mut self, path: impl AsRef<Path>) -> Result<Self, TlsError> {
        let path = path.as_ref();
        let certificates = certificates(&read(path)?, &path.display().to_string())?;
        self.added.extend(certificates);
        Ok(self)
    }

    /// Shows this certificate chain (the client's own first) to a server
    /// that asks for one. The key is an ECDSA one on P-256 or P-384, or an
    /// Ed25519 one; RSA keys are not offered (`build` refuses them).
    ///
    /// # Errors
    /// [`TlsError::Configuration`], where either PEM text lacks its part or
    /// the key is encrypted.
    pub fn client_certificate_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let chain = certificates(chain, "the client certificate")?;
        self.client = Some((chain, private_key(key, "the client key")?));
        Ok(self)
    }

    /// Like [`client_certificate_pem`](Self::client_certificate_pem), from
    /// files.
    ///
    /// # Errors
    /// As there, and where a file cannot be read.
    pub fn client_certificate_files(
        mut self,
        chain: impl AsRef<Path>,
        key: impl AsRef<Path>,
    ) -> Result<Self, TlsError> {
        let (chain, key) = (chain.as_ref(), key.as_ref());
        let certificates = certificates(&read(chain)?, &chain.display().to_string())?;
        let key = private_key(&read(key)?, &key.display().to_string())?;
        self.client = Some((certificates, key));
        Ok(self)
    }

    /// Asks for and verifies this name (or IP address) instead of the URL's
    /// host.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// **Dangerous**: accepts any certificate. Whoever sits on the path can
    /// then read and change everything. For tests.
    #[must_use]
    pub const fn danger_accept_any_certificate(mut self) -> Self {
        self.insecure = true;
        self
    }

    /// The finished settings.
    ///
    /// # Errors
    /// [`TlsError::Configuration`], where roots or the client certificate
    /// cannot be used.
    pub fn build(self) -> Result<Tls, TlsError> {
        let provider = Arc::new(provider::provider());
        let verifier = self.verifier(&provider)?;
        let config = ClientConfig::builder_with_details(provider, Arc::new(clock::WallClock))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Configuration(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match self.client {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config.with_client_auth_cert(chain, key).map_err(|error| {
                let text = match error {
                    rustls::Error::General(text) => text,
                    error => error.to_string(),
                };
                TlsError::Configuration(format!("the client certificate cannot be used: {text}"))
            })?,
        };
        // WebSocket over HTTP/1.1 (RFC 6455 §4.1): a server must not choose
        // HTTP/2.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if std::env::var_os("SSLKEYLOGFILE").is_some() {
            config.key_log = Arc::new(KeyLogFile::new());
        }
        Ok(Tls {
            config: Arc::new(config),
            server_name: self.server_name,
        })
    }

    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn rustls::client::danger::ServerCertVerifier>, TlsError> {
        if self.insecure {
            log::warn!(
                "TLS certificates are NOT verified: anyone on the path can read and change the traffic"
            );
            return Ok(Arc::new(verify::AcceptAny::new(Arc::clone(provider))));
        }
        let inner = verify::by_roots(self.roots, &self.added, provider)?;
        Ok(Arc::new(verify::Verifier::new(inner, self.added.clone())))
    }
}

impl fmt::Debug for TlsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the key.
        f.debug_struct("TlsBuilder")
            .field("roots", &self.roots)
            .field("added", &self.added.len())
            .field("client_certificate", &self.client.is_some())
            .field("server_name", &self.server_name)
            .field("insecure", &self.insecure)
            .finish()
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| {
        TlsError::Configuration(format!("{} cannot be read: {error}", path.display()))
    })
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| TlsError::Configuration(format!("{what}: damaged PEM: {error}")))?;
    if found.is_empty() {
        return Err(TlsError::Configuration(format!(
            "{what}: no certificate there; PEM text that begins with \
             \"-----BEGIN CERTIFICATE-----\" is needed"
        )));
    }
    Ok(found)
}

fn private_key(pem: &[u8], what: &str) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        let encrypted = String::from_utf8_lossy(pem).contains("ENCRYPTED");
        let hint = if encrypted {
            "the key is encrypted; decrypt it first, for instance with \"openssl pkey\""
        } else {
            "no usable private key there; PEM text of a PKCS #8, SEC 1 or PKCS #1 key is needed"
        };
        TlsError::Configuration(format!("{what}: {hint}"))
    })
}
