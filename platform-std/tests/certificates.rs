//! Certificates good and bad, each refusal with its name.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::sync::Arc;

use hybi_std::{
    CloseCode, ConnectError, Kind, Tls, builder,
    tls::{CertificateProblem, Roots, TlsError},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};
use rustls::{RootCertStore, ServerConfig, crypto::ring, server::WebPkiClientVerifier};
use support::tls::{
    Authority, Identity, assert_works, authority, echo, params, serve_with, trusting, try_connect,
};

#[track_caller]
fn assert_refused(identity: &Identity, host: &str, tls: Tls) -> (CertificateProblem, String) {
    let (result, server) = try_connect(identity, host, tls);
    let error = result.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error:?}");
    assert_eq!(server.join().unwrap(), None);
    let text = error.to_string();
    match error {
        ConnectError::Tls {
            error: error @ TlsError::Certificate(_),
            ..
        } => {
            assert!(error.is_final());
            let TlsError::Certificate(problem) = error else {
                unreachable!()
            };
            (problem, text)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_good_certificate() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    assert_works(&identity, "localhost", trusting(&authority.pem()));
    assert_works(&identity, "127.0.0.1", trusting(&authority.pem()));
    // Added to the platform's roots, not instead of them.
    let tls = Tls::builder().add_root_pem(authority.pem().as_bytes());
    assert_works(&identity, "localhost", tls.unwrap().build().unwrap());
}

#[test]
fn an_expired_certificate() {
    let authority = authority();
    let mut params = params();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2021, 2, 3);
    let identity = Identity::signed_by(&authority, params);
    let (problem, text) = assert_refused(&identity, "localhost", trusting(&authority.pem()));
    let since = "2021-02-03 00:00:00 UTC".to_owned();
    assert_eq!(problem, CertificateProblem::Expired(Some(since)));
    assert!(text.contains("expired on 2021-02-03"), "{text}");
}

#[test]
fn a_certificate_of_the_future() {
    let authority = authority();
    let mut params = params();
    params.not_before = date_time_ymd(2101, 1, 1);
    params.not_after = date_time_ymd(2102, 1, 1);
    let identity = Identity::signed_by(&authority, params);
    let (problem, text) = assert_refused(&identity, "localhost", trusting(&authority.pem()));
    let from = "2101-01-01 00:00:00 UTC".to_owned();
    assert_eq!(problem, CertificateProblem::NotYetValid(Some(from)));
    assert!(text.contains("clock"), "{text}");
}

#[test]
fn a_certificate_for_another_host() {
    let authority = authority();
    let other = CertificateParams::new(["other.example".to_owned()]).unwrap();
    let identity = Identity::signed_by(&authority, other);
    let (problem, text) = assert_refused(&identity, "localhost", trusting(&authority.pem()));
    assert_eq!(
        problem,
        CertificateProblem::WrongName {
            expected: Some("localhost".into()),
            presented: vec!["other.example".into()],
        }
    );
    assert!(text.contains("it is for other.example"), "{text}");
    // Unless that is the name asked for.
    let named = Tls::builder()
        .roots(Roots::Added)
        .add_root_pem(authority.pem().as_bytes())
        .unwrap()
        .server_name("other.example");
    assert_works(&identity, "localhost", named.build().unwrap());
}

#[test]
fn an_authority_that_nobody_knows() {
    let identity = Identity::signed_by(&authority(), params());
    for roots in [Roots::Platform, Roots::Bundled] {
        let tls = Tls::builder().roots(roots).build().unwrap();
        let (problem, text) = assert_refused(&identity, "localhost", tls);
        assert_eq!(problem, CertificateProblem::UnknownIssuer);
        assert!(text.contains("not trusted"), "{text}");
    }
}

#[test]
fn a_self_signed_certificate() {
    // With and without the claim to be an authority, as tools make them.
    for is_ca in [
        IsCa::NoCa,
        IsCa::ExplicitNoCa,
        IsCa::Ca(BasicConstraints::Unconstrained),
    ] {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.is_ca = is_ca;
        let identity = Identity::self_signed(params.clone());
        let (problem, _) = assert_refused(&identity, "localhost", Tls::new().unwrap());
        assert_eq!(problem, CertificateProblem::SelfSigned);
        // The user may trust exactly this one,
        assert_works(&identity, "localhost", trusting(&identity.pem));
        // for its names only,
        let (problem, _) = assert_refused(&identity, "127.0.0.1", trusting(&identity.pem));
        assert!(matches!(problem, CertificateProblem::WrongName { .. }));
        // and only in its time.
        params.not_after = date_time_ymd(2021, 1, 1);
        let old = Identity::self_signed(params);
        let (problem, _) = assert_refused(&old, "localhost", trusting(&old.pem));
        assert!(matches!(problem, CertificateProblem::Expired(Some(_))));
    }
}

#[test]
fn a_certificate_for_clients() {
    let authority = authority();
    let mut params = params();
    params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let identity = Identity::signed_by(&authority, params);
    let (problem, _) = assert_refused(&identity, "localhost", trusting(&authority.pem()));
    assert_eq!(problem, CertificateProblem::WrongUsage);
}

#[test]
fn any_certificate_when_told_so() {
    let mut params = CertificateParams::new(["other.example".to_owned()]).unwrap();
    params.not_after = date_time_ymd(2021, 1, 1);
    let identity = Identity::self_signed(params);
    let tls = Tls::builder().danger_accept_any_certificate();
    assert_works(&identity, "127.0.0.1", tls.build().unwrap());
}

fn wants_client_certificate(identity: &Identity, authority: &Authority) -> ServerConfig {
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .unwrap();
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .unwrap()
}

#[test]
fn client_certificates() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let client = Identity::signed_by(&authority, CertificateParams::new(["me".into()]).unwrap());
    let with_client = Tls::builder()
        .roots(Roots::Added)
        .add_root_pem(authority.pem().as_bytes())
        .unwrap()
        .client_certificate_pem(client.pem.as_bytes(), client.key_pem.as_bytes())
        .unwrap()
        .build()
        .unwrap();

    let (port, server) = serve_with(wants_client_certificate(&identity, &authority), echo);
    let url = format!("wss://localhost:{port}/");
    let mut socket = builder(&url).tls(with_client).connect().unwrap();
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
    server.join().unwrap();

    let (port, server) = serve_with(wants_client_certificate(&identity, &authority), echo);
    let url = format!("wss://localhost:{port}/");
    let without = builder(&url).tls(trusting(&authority.pem())).connect();
    let error = without.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error:?}");
    let text = error.to_string();
    assert!(text.contains("client certificate"), "{text}");
    server.join().unwrap();
}

#[test]
fn settings_that_cannot_be_used_say_why() {
    let no_pem = Tls::builder().add_root_pem(b"nonsense").unwrap_err();
    assert!(no_pem.to_string().contains("BEGIN CERTIFICATE"), "{no_pem}");
    let no_file = Tls::builder().add_root_file("/no/such/file").unwrap_err();
    assert!(no_file.to_string().contains("/no/such/file"), "{no_file}");
    let identity = Identity::self_signed(params());
    let other = Identity::self_signed(params());
    let mismatch = Tls::builder()
        .client_certificate_pem(identity.pem.as_bytes(), other.key_pem.as_bytes())
        .unwrap()
        .build()
        .unwrap_err();
    assert!(mismatch.to_string().contains("client certificate"));
    let encrypted =
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let encrypted = Tls::builder()
        .client_certificate_pem(identity.pem.as_bytes(), encrypted)
        .unwrap_err();
    assert!(
        encrypted.to_string().contains("openssl pkey"),
        "{encrypted}"
    );
    assert!(Tls::builder().roots(Roots::Added).build().is_err());
}
