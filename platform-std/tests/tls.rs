//! TLS: certificates good and bad, each refusal with its name.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::std_instead_of_core,
    reason = "these are tests"
)]

mod support;

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Instant,
};

use hybi_std::{
    CloseCode, ConnectError, Error, Event, Kind, Prepared, Tls, WebSocket, builder,
    tls::{CertificateProblem, Roots, TlsError},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::{
    RootCertStore, ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
};
use support::{accept, millis, read_frame, read_to_end};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "an authority of a test");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server shows.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    pem: String,
    key_pem: String,
}

impl Identity {
    fn signed_by(authority: &Authority, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        Self::of(&certificate, &key)
    }

    fn self_signed(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self::of(&certificate, &key)
    }

    fn of(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        }
    }
}

fn params() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

fn server_config(identity: &Identity) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

type TlsStream = StreamOwned<ServerConnection, std::net::TcpStream>;

/// Accepts connections until the listener's thread is told to end, and runs
/// `serve` for those whose handshake succeeds.
fn serve_with<T: Send + 'static>(
    config: ServerConfig,
    serve: impl FnOnce(TlsStream) -> T + Send + 'static,
) -> (u16, JoinHandle<Option<T>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                return None;
            }
        }
        Some(serve(StreamOwned::new(connection, stream)))
    });
    (port, server)
}

fn echo(stream: TlsStream) {
    support::echo(tungstenite::accept(stream).unwrap());
}

/// Trusts `pem` and nothing else.
fn trusting(pem: &str) -> Tls {
    Tls::builder()
        .roots(Roots::Added)
        .add_root_pem(pem.as_bytes())
        .unwrap()
        .build()
        .unwrap()
}

fn try_connect(
    identity: &Identity,
    host: &str,
    tls: Tls,
) -> (Result<WebSocket, ConnectError>, JoinHandle<Option<()>>) {
    let (port, server) = serve_with(server_config(identity), echo);
    let result = builder(format!("wss://{host}:{port}/")).tls(tls).connect();
    (result, server)
}

#[track_caller]
fn assert_works(identity: &Identity, host: &str, tls: Tls) {
    let (result, server) = try_connect(identity, host, tls);
    let mut socket = result.unwrap();
    assert!(socket.stream().is_tls());
    socket.send_text("secret").unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("secret"));
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
    server.join().unwrap();
}

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
fn a_big_message_over_tls() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (result, server) = try_connect(&identity, "localhost", trusting(&authority.pem()));
    let mut socket = result.unwrap();
    let data: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    socket.send_binary(&data).unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Binary(&data));
    drop(socket);
    server.join().unwrap();
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

#[test]
fn a_server_without_tls() {
    let (url, server) = support::serve(|mut stream| {
        let mut sink = [0; 512];
        let _ = stream.read(&mut sink);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        read_to_end(&mut stream);
    });
    let url = url.replace("ws://", "wss://");
    let error = builder(url).connect().unwrap_err();
    assert!(
        matches!(
            error,
            ConnectError::Tls {
                error: TlsError::NotTls,
                ..
            }
        ),
        "{error:?}"
    );
    server.join().unwrap();
}

#[test]
fn a_server_that_hangs_up_during_tls() {
    let (url, server) = support::serve(drop);
    let error = builder(url.replace("ws://", "wss://"))
        .connect()
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Tls | Kind::Io), "{error:?}");
    server.join().unwrap();
}

#[test]
fn prepared_streams_get_tls_too() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    for kind in ["tcp", "other"] {
        let (port, server) = serve_with(server_config(&identity), echo);
        let stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(millis(10))).unwrap();
        let prepared = match kind {
            "tcp" => Prepared::from(stream),
            _ => Prepared::other(stream),
        };
        let mut socket = builder("wss://localhost/")
            .tls(trusting(&authority.pem()))
            .connect_over(prepared)
            .unwrap();
        assert!(socket.stream().is_tls());
        socket.send_text(kind).unwrap();
        assert_eq!(socket.receive().unwrap(), Event::Text(kind));
        assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
        server.join().unwrap();
    }
}

/// Ends TCP without `close_notify`.
fn cut(stream: TlsStream) {
    stream.sock.shutdown(std::net::Shutdown::Write).unwrap();
    read_to_end(&mut &stream.sock);
}

#[test]
fn tls_cut_short_is_a_lost_connection() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        accept(&mut stream);
        stream.write_all(b"\x81\x05he").unwrap();
        stream.flush().unwrap();
        cut(stream);
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .connect()
        .unwrap();
    let error = socket.receive().unwrap_err();
    assert!(matches!(error, Error::Lost), "{error:?}");
    drop(socket);
    server.join().unwrap();
}

#[test]
fn tls_cut_short_after_the_closing_handshake_is_fine() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        accept(&mut stream);
        let close = read_frame(&mut stream);
        stream.write_all(b"\x88\x02\x03\xe8").unwrap();
        stream.flush().unwrap();
        cut(stream);
        close
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .connect()
        .unwrap();
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
    drop(socket);
    assert_eq!(server.join().unwrap(), Some((8, vec![0x03, 0xe8])));
}

#[test]
fn another_thread_wakes_a_receive_over_tls() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (result, server) = try_connect(&identity, "localhost", trusting(&authority.pem()));
    let mut socket = result.unwrap();
    let waker = socket.waker().unwrap();
    let other = thread::spawn(move || {
        thread::sleep(millis(100));
        let at = Instant::now();
        waker.wake();
        at
    });
    assert!(matches!(socket.receive(), Err(Error::Woken)));
    let took = Instant::now() - other.join().unwrap();
    assert!(took < millis(50), "{took:?}");
    drop(socket);
    server.join().unwrap();
}

#[test]
fn close_and_drop_over_tls_end_in_time() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let (port, server) = serve_with(server_config(&identity), |mut stream| {
        accept(&mut stream);
        read_to_end(&mut stream);
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .close_timeout(millis(200))
        .connect()
        .unwrap();
    let begin = Instant::now();
    assert!(!socket.close(CloseCode::NORMAL, "").unwrap().clean);
    support::assert_took(begin, millis(200));
    server.join().unwrap();

    // One that does not read.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let (port, server) = serve_with(server_config(&identity), move |mut stream| {
        accept(&mut stream);
        let _ = stopped.recv();
    });
    let mut socket = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority.pem()))
        .write_timeout(millis(100))
        .connect()
        .unwrap();
    while socket.send_binary(&[0; 1 << 18]).is_ok() {}
    let begin = Instant::now();
    drop(socket);
    assert!(begin.elapsed() < millis(100), "{:?}", begin.elapsed());
    stop.send(()).unwrap();
    server.join().unwrap();
}

#[test]
fn a_silent_tls_server_ends_at_the_connect_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let builder = builder(format!("wss://localhost:{port}/"))
        .tls(trusting(&authority().pem()))
        .connect_timeout(millis(150));
    let begin = Instant::now();
    let error = builder.connect().unwrap_err();
    support::assert_took(begin, millis(150));
    assert_eq!(error.kind(), Kind::Timeout);
    assert!(error.to_string().contains("TLS handshake"), "{error}");
}

#[test]
fn sessions_are_resumed_by_the_same_builder() {
    let authority = authority();
    let identity = Identity::signed_by(&authority, params());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config = Arc::new(server_config(&identity));
    let server = thread::spawn(move || {
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            accept(&mut stream);
            kinds.push(stream.conn.handshake_kind());
            assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
            read_frame(&mut stream);
            stream.write_all(b"\x88\x02\x03\xe8").unwrap();
            stream.conn.send_close_notify();
            stream.flush().unwrap();
        }
        kinds
    });
    let builder = builder(format!("wss://localhost:{port}/")).tls(trusting(&authority.pem()));
    for _ in 0..2 {
        let mut socket = builder.connect().unwrap();
        socket.close(CloseCode::NORMAL, "").unwrap();
    }
    let kinds = server.join().unwrap();
    assert_eq!(kinds[0], Some(rustls::HandshakeKind::Full));
    assert_eq!(kinds[1], Some(rustls::HandshakeKind::Resumed));
}
