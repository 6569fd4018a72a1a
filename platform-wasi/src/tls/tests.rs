//! Whole connections with rustls over ring as the server, in memory.

use alloc::{format, string::String, sync::Arc, vec, vec::Vec};
use std::io::{self, Read, Write};

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm,
};
use rustls::{
    CipherSuite, NamedGroup, ProtocolVersion, RootCertStore, ServerConfig, ServerConnection,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};

use super::{
    CertificateProblem, Roots, Tls, TlsBuilder, TlsError,
    session::{Fault, Session},
};

static KINDS: [&SignatureAlgorithm; 3] = [
    &PKCS_ECDSA_P256_SHA256,
    &PKCS_ECDSA_P384_SHA384,
    &PKCS_ED25519,
];

/// A certificate authority, and what it has issued.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: CertificateDer<'static>,
}

impl Authority {
    fn new(kind: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(kind).unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        Self { issuer, root }
    }

    /// A certificate for `localhost`, with its key.
    fn issue(
        &self,
        kind: &'static SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) -> (CertificateDer<'static>, KeyPair) {
        let key = KeyPair::generate_for(kind).unwrap();
        let mut params = CertificateParams::new(["localhost".into()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.der().clone(), key)
    }

    fn builder(&self) -> TlsBuilder {
        Tls::builder().roots(Roots::Added).add_root_der(&self.root)
    }
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).unwrap()
}

/// The server of a connection, as the stream below the client's TLS.
struct Peer {
    server: ServerConnection,
    received: Vec<u8>,
    /// At most so many bytes pass in one call.
    step: usize,
    /// The server's stream ends, by then or after so many bytes.
    ended: bool,
    left: usize,
}

impl Peer {
    fn new(config: ServerConfig) -> Self {
        Self {
            server: ServerConnection::new(Arc::new(config)).unwrap(),
            received: Vec::new(),
            step: usize::MAX,
            ended: false,
            left: usize::MAX,
        }
    }

    /// With one certificate, for both versions of TLS.
    fn with(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Self {
        Self::new(
            ServerConfig::builder_with_provider(ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain, private(key))
                .unwrap(),
        )
    }

    fn send(&mut self, bytes: &[u8]) {
        self.server.writer().write_all(bytes).unwrap();
    }
}

impl Read for Peer {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = buf.len().min(self.step).min(self.left);
        let mut room = &mut buf[..len];
        match self.server.write_tls(&mut room)? {
            0 if self.ended => Ok(0),
            0 => Err(io::ErrorKind::WouldBlock.into()),
            n => {
                self.left -= n;
                Ok(n)
            }
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self
            .server
            .read_tls(&mut &bytes[..bytes.len().min(self.step)])?;
        // What the client did wrong goes back to it as an alert.
        let _ = self.server.process_new_packets();
        let mut buf = [0; 1024];
        while let Ok(n @ 1..) = self.server.reader().read(&mut buf) {
            self.received.extend(&buf[..n]);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn connect(tls: &Tls, peer: &mut Peer) -> Result<Session, TlsError> {
    let mut session = Session::new(tls, "localhost")?;
    loop {
        match session.handshake(peer) {
            Ok(true) => return Ok(session),
            // Nothing to wait for: the server has answered already.
            Ok(false) => assert!(peer.server.wants_write(), "stuck"),
            Err(Fault::Tls(error)) => return Err(error),
            Err(_) => unreachable!("the stream in memory does not fail"),
        }
    }
}

/// Both directions, in pieces larger and smaller than a record.
fn talk(session: &mut Session, peer: &mut Peer) {
    let text: Vec<u8> = (0..50_000u32).map(|n| n.to_le_bytes()[0]).collect();
    peer.received.clear();
    let mut left = &text[..];
    while !left.is_empty() {
        if let Some(n) = session.write(peer, left).unwrap() {
            left = &left[n..];
        }
    }
    while !session.push(peer).unwrap() {}
    assert_eq!(peer.received, text);

    let mut echoed: Vec<u8> = Vec::new();
    let mut buf = [0; 3000];
    for part in text.chunks(7000) {
        peer.send(part);
        while let Some(n) = session.read(peer, &mut buf).unwrap() {
            echoed.extend(&buf[..n]);
        }
    }
    assert_eq!(echoed, text);
}

#[test]
fn every_suite_with_every_group() {
    let authority = Authority::new(&PKCS_ECDSA_P256_SHA256);
    let mut seen = Vec::new();
    for suite in ring::ALL_CIPHER_SUITES {
        // The certificates here are ECDSA ones; RSA is tried with OpenSSL.
        if format!("{:?}", suite.suite()).contains("_RSA_") {
            continue;
        }
        for group in ring::ALL_KX_GROUPS {
            let provider = rustls::crypto::CryptoProvider {
                cipher_suites: vec![*suite],
                kx_groups: vec![*group],
                ..ring::default_provider()
            };
            let (certificate, key) = authority.issue(&PKCS_ECDSA_P384_SHA384, |_| ());
            let config = ServerConfig::builder_with_provider(provider.into())
                .with_protocol_versions(&[suite.version()])
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate], private(&key))
                .unwrap();
            // Nothing of the servers before to resume.
            let tls = authority.builder().build().unwrap();
            let mut peer = Peer::new(config);
            let mut session = connect(&tls, &mut peer)
                .unwrap_or_else(|error| panic!("{suite:?} {group:?}: {error}"));
            let server = &peer.server;
            assert_eq!(server.negotiated_cipher_suite(), Some(*suite));
            let chosen = server.negotiated_key_exchange_group().unwrap().name();
            assert_eq!(chosen, group.name());
            assert_eq!(server.alpn_protocol(), None);
            seen.push((suite.suite(), chosen));
            talk(&mut session, &mut peer);
        }
    }
    assert_eq!(seen.len(), 6 * 3);
    assert!(seen.contains(&(CipherSuite::TLS13_AES_256_GCM_SHA384, NamedGroup::secp384r1)));
}

#[test]
fn every_kind_of_certificate_on_both_sides() {
    for kind in KINDS {
        let authority = Authority::new(kind);
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let (certificate, key) = authority.issue(kind, |_| ());
            let (shown, shown_key) = authority.issue(kind, |_| ());
            let tls = authority
                .builder()
                .client_certificate_pem(
                    pem(&shown).as_bytes(),
                    shown_key.serialize_pem().as_bytes(),
                )
                .unwrap()
                .build()
                .unwrap();
            let mut roots = RootCertStore::empty();
            roots.add(authority.root.clone()).unwrap();
            let provider = Arc::new(ring::default_provider());
            let clients =
                WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
            let config = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[version])
                .unwrap()
                .with_client_cert_verifier(clients.build().unwrap())
                .with_single_cert(vec![certificate], private(&key))
                .unwrap();
            let mut peer = Peer::new(config);
            let mut session = connect(&tls, &mut peer).unwrap();
            talk(&mut session, &mut peer);
            assert_eq!(peer.server.peer_certificates(), Some(&[shown][..]));
            assert_eq!(peer.server.protocol_version(), Some(version.version));
        }
    }
}

fn pem(der: &CertificateDer<'_>) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let text = BASE64_STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

#[test]
fn byte_by_byte() {
    let authority = Authority::new(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = authority.issue(&PKCS_ECDSA_P256_SHA256, |_| ());
    let mut peer = Peer::with(vec![certificate], &key);
    peer.step = 1;
    let mut session = connect(&authority.builder().build().unwrap(), &mut peer).unwrap();
    talk(&mut session, &mut peer);
}

#[test]
fn a_long_chain_and_an_update_of_keys() {
    let root = Authority::new(&PKCS_ECDSA_P256_SHA256);
    // 40 intermediates, each with a comment of 1 KiB: 60 KiB of handshake.
    let mut chain = Vec::new();
    let (leaf, key) = root.issue(&PKCS_ECDSA_P256_SHA256, |_| ());
    chain.push(leaf);
    for _ in 0..40 {
        let (other, _) = root.issue(&PKCS_ECDSA_P256_SHA256, |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let comment = rcgen::CustomExtension::from_oid_content(&[2, 999, 1], vec![4; 1024]);
            params.custom_extensions.push(comment);
        });
        chain.push(other);
    }
    let mut peer = Peer::with(chain, &key);
    let mut session = connect(&root.builder().build().unwrap(), &mut peer).unwrap();
    assert_eq!(
        peer.server.protocol_version(),
        Some(ProtocolVersion::TLSv1_3)
    );
    for _ in 0..3 {
        // Asks for one in return.
        peer.server.refresh_traffic_keys().unwrap();
        talk(&mut session, &mut peer);
    }
}

#[test]
fn an_end_and_a_cut() {
    let authority = Authority::new(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = authority.issue(&PKCS_ECDSA_P256_SHA256, |_| ());
    let tls = authority.builder().build().unwrap();
    let mut buf = [0; 100];

    let mut peer = Peer::with(vec![certificate.clone()], &key);
    let mut session = connect(&tls, &mut peer).unwrap();
    peer.send(b"last");
    peer.server.send_close_notify();
    peer.ended = true;
    assert_eq!(session.read(&mut peer, &mut buf).unwrap(), Some(4));
    assert_eq!(session.read(&mut peer, &mut buf).unwrap(), Some(0));
    assert_eq!(session.read(&mut peer, &mut buf).unwrap(), Some(0));

    let mut peer = Peer::with(vec![certificate.clone()], &key);
    let mut session = connect(&tls, &mut peer).unwrap();
    peer.send(b"last");
    peer.ended = true;
    assert_eq!(session.read(&mut peer, &mut buf).unwrap(), Some(4));
    for _ in 0..2 {
        let cut = session.read(&mut peer, &mut buf);
        assert!(matches!(cut, Err(Fault::Cut)), "{cut:?}");
    }

    // And in the middle of a handshake.
    let mut peer = Peer::with(vec![certificate], &key);
    peer.ended = true;
    peer.left = 100;
    let mut session = Session::new(&tls, "localhost").unwrap();
    let closed = session.handshake(&mut peer);
    assert!(
        matches!(closed, Err(Fault::Tls(TlsError::Closed))),
        "{closed:?}"
    );
}

#[test]
fn close_notify_is_said_too() {
    let authority = Authority::new(&PKCS_ECDSA_P256_SHA256);
    let (certificate, key) = authority.issue(&PKCS_ECDSA_P256_SHA256, |_| ());
    let mut peer = Peer::with(vec![certificate], &key);
    let mut session = connect(&authority.builder().build().unwrap(), &mut peer).unwrap();
    session.close(&mut peer);
    assert!(!session.wants_write());
    assert_eq!(peer.server.reader().read(&mut [0]).unwrap(), 0);
}

/// A proxy on the way must not see the certificate meant for the server.
#[test]
fn another_server_is_shown_no_certificate() {
    let authority = Authority::new(&PKCS_ECDSA_P256_SHA256);
    let (shown, shown_key) = authority.issue(&PKCS_ECDSA_P256_SHA256, |_| ());
    let tls = authority
        .builder()
        .server_name("other")
        .client_certificate_pem(pem(&shown).as_bytes(), shown_key.serialize_pem().as_bytes())
        .unwrap()
        .build()
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(authority.root.clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let (certificate, key) = authority.issue(&PKCS_ECDSA_P256_SHA256, |_| ());
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider))
        .allow_unauthenticated();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(vec![certificate], private(&key))
        .unwrap();
    let mut peer = Peer::new(config);
    let mut session = connect(&tls.for_another_server(), &mut peer).unwrap();
    talk(&mut session, &mut peer);
    assert_eq!(peer.server.peer_certificates(), None);
}

#[test]
fn settings_that_cannot_be_used() {
    let refused = |result: Result<TlsBuilder, TlsError>, words: &str| {
        let error = result.err().unwrap();
        let text = format!("{error}");
        assert!(error.is_final() && text.contains(words), "{text}");
    };
    refused(Tls::builder().add_root_pem(b""), "no certificate there");
    refused(Tls::builder().add_root_file("/nowhere"), "/nowhere");
    let nothing = Tls::builder().roots(Roots::Added).build().unwrap_err();
    assert!(matches!(nothing, TlsError::Configuration(_)), "{nothing}");
    let damaged = Tls::builder().add_root_der(b"x").build().unwrap_err();
    assert!(matches!(damaged, TlsError::Configuration(_)), "{damaged}");
    // A key that is not the certificate's.
    let authority = Authority::new(&PKCS_ED25519);
    let (certificate, _) = authority.issue(&PKCS_ED25519, |_| ());
    let (_, other) = authority.issue(&PKCS_ED25519, |_| ());
    let mismatch = Tls::builder()
        .client_certificate_pem(
            pem(&certificate).as_bytes(),
            other.serialize_pem().as_bytes(),
        )
        .unwrap()
        .build()
        .unwrap_err();
    assert!(matches!(mismatch, TlsError::Configuration(_)), "{mismatch}");
}

/// Trusted as it is, but not for another name.
#[test]
fn a_server_s_own_certificate_as_a_root() {
    let own = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["other".into()]).unwrap();
    let tls = Tls::builder()
        .roots(Roots::Added)
        .add_root_der(own.cert.der())
        .add_root_der(other.cert.der())
        .build()
        .unwrap();
    let mut peer = Peer::with(vec![own.cert.der().clone()], &own.signing_key);
    talk(&mut connect(&tls, &mut peer).unwrap(), &mut peer);
    let mut peer = Peer::with(vec![other.cert.der().clone()], &other.signing_key);
    let error = connect(&tls, &mut peer).unwrap_err();
    assert!(
        matches!(
            error,
            TlsError::Certificate(CertificateProblem::WrongName { .. })
        ),
        "{error}"
    );
    let tls = Tls::builder().build().unwrap();
    let mut peer = Peer::with(vec![own.cert.der().clone()], &own.signing_key);
    let error = connect(&tls, &mut peer).unwrap_err();
    assert!(
        matches!(error, TlsError::Certificate(CertificateProblem::SelfSigned)),
        "{error}"
    );
    let tls = Tls::builder()
        .danger_accept_any_certificate()
        .build()
        .unwrap();
    let mut peer = Peer::with(vec![own.cert.der().clone()], &own.signing_key);
    talk(&mut connect(&tls, &mut peer).unwrap(), &mut peer);
}
