//! Verifying the server's certificate.

use alloc::sync::Arc;

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
        Roots::Bundled => bundled(),
        Roots::Added => RootCertStore::empty(),
    };
    by_store(store, added, provider).map_err(TlsError::Configuration)
}

fn bundled() -> RootCertStore {
    RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    }
}
