//! Certificates and TLS servers for the tests.

use std::{
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread::{self, JoinHandle},
};

use hybi_std::{CloseCode, ConnectError, Event, Tls, WebSocket, builder, tls::Roots};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

pub fn authority() -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
        .distinguished_name
        .push(DnType::CommonName, "an authority of a test");
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What a server shows.
pub struct Identity {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
    pub pem: String,
    pub key_pem: String,
}

impl Identity {
    pub fn signed_by(authority: &Authority, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, authority).unwrap();
        Self::of(&certificate, &key)
    }

    pub fn self_signed(params: CertificateParams) -> Self {
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

pub fn params() -> CertificateParams {
    CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap()
}

pub fn server_config(identity: &Identity) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

pub type TlsStream = StreamOwned<ServerConnection, TcpStream>;

/// Accepts one connection and runs `serve` on it if the handshake succeeds.
pub fn serve_with<T: Send + 'static>(
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

pub fn echo(stream: TlsStream) {
    super::echo(tungstenite::accept(stream).unwrap());
}

/// Trusts `pem` and nothing else.
pub fn trusting(pem: &str) -> Tls {
    Tls::builder()
        .roots(Roots::Added)
        .add_root_pem(pem.as_bytes())
        .unwrap()
        .build()
        .unwrap()
}

pub fn try_connect(
    identity: &Identity,
    host: &str,
    tls: Tls,
) -> (Result<WebSocket, ConnectError>, JoinHandle<Option<()>>) {
    let (port, server) = serve_with(server_config(identity), echo);
    let result = builder(format!("wss://{host}:{port}/")).tls(tls).connect();
    (result, server)
}

#[track_caller]
pub fn assert_works(identity: &Identity, host: &str, tls: Tls) {
    let (result, server) = try_connect(identity, host, tls);
    let mut socket = result.unwrap();
    assert!(socket.stream().is_tls());
    socket.send_text("secret").unwrap();
    assert_eq!(socket.receive().unwrap(), Event::Text("secret"));
    assert!(socket.close(CloseCode::NORMAL, "").unwrap().clean);
    server.join().unwrap();
}
