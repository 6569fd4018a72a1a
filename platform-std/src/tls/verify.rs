//! Verifying the server's certificate.

use std::sync::Arc;

use hybi_common::tls::by_store;
pub(super) use hybi_common::tls::{AcceptAny, Verifier};
use rustls::{
    RootCertStore, client::danger::ServerCertVerifier, crypto::CryptoProvider,
    pki_types::CertificateDer,
};

use super::{Roots, TlsError};

type Inner = Arc<dyn ServerCertVerifier>;

/// The verifier for `roots` and those that were added.
pub(super) fn by_roots(
    roots: Roots,
    added: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Inner, TlsError> {
    let store = match roots {
        Roots::Platform => return by_platform(added, provider),
        Roots::Bundled => bundled(),
        Roots::Added => RootCertStore::empty(),
    };
    by_store(store, added, provider).map_err(TlsError::Configuration)
}

#[cfg(any(windows, target_vendor = "apple"))]
fn by_platform(
    added: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Inner, TlsError> {
    let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(
        added.iter().cloned(),
        Arc::clone(provider),
    );
    match verifier {
        Ok(verifier) => Ok(Arc::new(verifier)),
        Err(error) => Err(TlsError::Configuration(format!(
            "the platform's verifier cannot be used: {error}"
        ))),
    }
}

#[cfg(not(any(windows, target_vendor = "apple")))]
fn by_platform(
    added: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Inner, TlsError> {
    let loaded = rustls_native_certs::load_native_certs();
    for error in &loaded.errors {
        log::debug!("a root certificate of the platform cannot be loaded: {error}");
    }
    let mut store = RootCertStore::empty();
    let (usable, _) = store.add_parsable_certificates(loaded.certs);
    if usable == 0 {
        log::info!("the platform has no root certificates: using the bundled ones");
        store = bundled();
    }
    by_store(store, added, provider).map_err(TlsError::Configuration)
}

fn bundled() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}
