//! Servers by rustls: the chains that a client must take, the data that it
//! must carry, and what embedded-tls cannot do, each with its error.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, OnceLock},
    thread,
};

use embassy_futures::block_on;
use embedded_io_async::{Read, Write};
use hybi_embedded::tls::{
    Aes128GcmSha256, Aes256GcmSha384, CertificateDer, CertificateError, Fault, Pins, Proof,
    RecordFilter, Roots, Suite, TlsStream, trust_anchor,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, PKCS_RSA_SHA512, PublicKeyData,
    SignatureAlgorithm,
};
use rustls::{
    ServerConfig, ServerConnection, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, SupportedKxGroup, ring},
    pki_types::PrivateKeyDer,
    server::WebPkiClientVerifier,
};
use sha2::{Digest, Sha256};

use crate::{
    attacks::fault,
    tcp::{Tcp, Urandom, since_1970},
};

type Kind = &'static SignatureAlgorithm;

/// A root, and a chain below it.
pub(crate) struct Chain {
    pub(crate) root: Vec<u8>,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
}

impl Chain {
    /// Keys of these kinds, from the root down to the server's.
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        let (&first, below) = kinds.split_first().unwrap();
        let params = |name: &str, ca: bool| {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.distinguished_name.push(DnType::CommonName, name);
            if ca {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            }
            params
        };
        let root_key = key(first);
        let root = params("root", true);
        let certificate = root.self_signed(&root_key).unwrap();
        let mut issuer = Issuer::new(root, root_key);
        let mut chain = Vec::new();
        for (depth, kind) in below.iter().enumerate() {
            let last = depth + 1 == below.len();
            let params = params(&format!("certificate {depth}"), !last);
            let key = key(kind);
            let signed = params.signed_by(&key, &issuer).unwrap();
            chain.insert(0, signed.der().clone());
            issuer = Issuer::new(params, key);
        }
        Self {
            root: certificate.der().to_vec(),
            chain,
            key: KeyPair::from_pem_and_sign_algo(
                &issuer.key().serialize_pem(),
                below[below.len() - 1],
            )
            .unwrap(),
        }
    }

    fn config(
        &self,
        provider: CryptoProvider,
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), self.private_key())
            .unwrap()
    }

    fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).unwrap()
    }
}

fn key(kind: Kind) -> KeyPair {
    // ring makes no RSA keys, and each takes its time.
    static SMALL: OnceLock<String> = OnceLock::new();
    static BIG: OnceLock<String> = OnceLock::new();
    let (pem, bits) = if kind == &PKCS_RSA_SHA256 {
        (&SMALL, 2048)
    } else if kind == &PKCS_RSA_SHA512 {
        (&BIG, 4096)
    } else {
        return KeyPair::generate_for(kind).unwrap();
    };
    let pem = pem.get_or_init(|| {
        let output = Command::new("openssl")
            .args(["genpkey", "-algorithm", "RSA", "-pkeyopt"])
            .arg(format!("rsa_keygen_bits:{bits}"))
            .output()
            .expect("the command openssl is needed");
        String::from_utf8(output.stdout).unwrap()
    });
    KeyPair::from_pem_and_sign_algo(pem, kind).unwrap()
}

/// Echoes what comes on one connection, until it ends. `first` has a look at
/// the connection after the handshake.
fn serve(config: ServerConfig, first: fn(&mut ServerConnection)) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut tcp, _) = listener.accept().unwrap();
        let _ = echo(&mut tcp, config, first);
    });
    port
}

fn echo(
    tcp: &mut TcpStream,
    config: ServerConfig,
    first: fn(&mut ServerConnection),
) -> std::io::Result<()> {
    let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(tcp)?;
    }
    first(&mut connection);
    let mut stream = rustls::Stream::new(&mut connection, tcp);
    let mut buf = [0; 20_000];
    loop {
        let n = stream.read(&mut buf)?;
        if n == 0 {
            stream.conn.send_close_notify();
            return stream.flush();
        }
        stream.write_all(&buf[..n])?;
    }
}

/// Sends `data` to the server and back again.
async fn client<S: Suite>(port: u16, proof: &impl Proof, data: &[u8]) -> Result<(), Fault> {
    let (mut rx, mut tx, mut out) = (vec![0; 16_640], vec![0; 4096], vec![0; 4096]);
    let filter = RecordFilter::new(Tcp::connect(port), &mut out);
    let mut tls =
        TlsStream::<_, S>::open_with_suite(&filter, &mut rx, &mut tx, "localhost", proof, Urandom)
            .await
            .map_err(fault)?;
    let mut back = vec![0; data.len().min(8000)];
    for chunk in data.chunks(8000) {
        tls.write_all(chunk).await.map_err(fault)?;
        tls.flush().await.map_err(fault)?;
        let back = &mut back[..chunk.len()];
        let mut came = 0;
        while came < chunk.len() {
            came += tls.read(&mut back[came..]).await.map_err(fault)?;
        }
        assert_eq!(back, chunk);
    }
    tls.close().await.map_err(fault)
}

fn talk<S: Suite>(chain: &Chain, config: ServerConfig) -> Result<(), Fault> {
    let root = CertificateDer::from_slice(&chain.root);
    let anchors = [trust_anchor(&root).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let data: Vec<u8> = (0..40_000_u32).map(|i| i.to_le_bytes()[1]).collect();
    block_on(client::<S>(serve(config, |_| {}), &proof, &data))
}

pub(crate) fn modern(chain: &Chain) -> ServerConfig {
    chain.config(ring::default_provider(), &[&rustls::version::TLS13])
}

#[test]
fn chains_of_every_kind() {
    let (p256, p384) = (&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P384_SHA384);
    let (rsa, big) = (&PKCS_RSA_SHA256, &PKCS_RSA_SHA512);
    for kinds in [
        &[p256, p256][..],
        &[p256, p256, p256],
        &[p256, p256, p256, p256, p256],
        &[p384, p256],
        &[p256, p384],
        &[p384, p384, p256],
        &[rsa, rsa],
        &[rsa, p256],
        &[p256, rsa],
        &[big, big, p256],
        &[p256, big],
        &[&PKCS_ED25519, p256],
        &[p256, &PKCS_ED25519],
    ] {
        let chain = Chain::new(kinds);
        assert_eq!(
            talk::<Aes128GcmSha256>(&chain, modern(&chain)),
            Ok(()),
            "{kinds:?}"
        );
        assert_eq!(
            talk::<Aes256GcmSha384>(&chain, modern(&chain)),
            Ok(()),
            "{kinds:?}"
        );
    }
}

/// rustls checks that our alert and our records are right; this one that a
/// root of another key is not taken.
#[test]
fn another_root() {
    let chain = Chain::new(&[&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P256_SHA256]);
    let mut other = Chain::new(&[&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P256_SHA256]);
    other.chain.clone_from(&chain.chain);
    assert_eq!(
        talk::<Aes128GcmSha256>(&other, modern(&chain)),
        Err(Fault::Certificate(CertificateError::BadSignature))
    );
}

#[test]
fn a_pinned_rsa_key() {
    let chain = Chain::new(&[&PKCS_RSA_SHA256, &PKCS_RSA_SHA256]);
    let pins = [Sha256::digest(chain.key.subject_public_key_info()).into()];
    let port = serve(modern(&chain), |_| {});
    assert_eq!(
        block_on(client::<Aes128GcmSha256>(
            port,
            &Pins::new(&pins),
            b"pinned"
        )),
        Ok(())
    );
}

fn limited(
    suites: Vec<SupportedCipherSuite>,
    groups: Vec<&'static dyn SupportedKxGroup>,
) -> CryptoProvider {
    let all = ring::default_provider();
    CryptoProvider {
        cipher_suites: if suites.is_empty() {
            all.cipher_suites
        } else {
            suites
        },
        kx_groups: if groups.is_empty() {
            all.kx_groups
        } else {
            groups
        },
        ..all
    }
}

#[test]
fn what_embedded_tls_cannot_do_has_a_name() {
    use ring::{cipher_suite as suite, kx_group as group};
    let chain = Chain::new(&[&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P256_SHA256]);
    let tls13 = [&rustls::version::TLS13];
    let with = |suites, groups| chain.config(limited(suites, groups), &tls13);
    let mut short = modern(&chain);
    short.max_fragment_size = Some(200);
    for (config, fault) in [
        (
            chain.config(ring::default_provider(), &[&rustls::version::TLS12]),
            Fault::NoTls13,
        ),
        (
            with(vec![suite::TLS13_CHACHA20_POLY1305_SHA256], vec![]),
            Fault::NothingInCommon,
        ),
        (
            with(vec![suite::TLS13_AES_256_GCM_SHA384], vec![]),
            Fault::NothingInCommon,
        ),
        (with(vec![], vec![group::X25519]), Fault::NothingInCommon),
        (with(vec![], vec![group::SECP384R1]), Fault::NothingInCommon),
        // A flight in several records.
        (short, Fault::UnexpectedMessage),
    ] {
        assert_eq!(talk::<Aes128GcmSha256>(&chain, config), Err(fault));
    }

    let root = CertificateDer::from_slice(&chain.root);
    let anchors = [trust_anchor(&root).unwrap()];
    let proof = Roots::new(&anchors).at(since_1970());
    let port = serve(modern(&chain), |connection| {
        connection.refresh_traffic_keys().unwrap();
    });
    assert_eq!(
        block_on(client::<Aes128GcmSha256>(port, &proof, b"new keys")),
        Err(Fault::KeyUpdate)
    );

    // A server that wants a certificate of the client.
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&tls13)
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(chain.chain.clone(), chain.private_key())
        .unwrap();
    let port = serve(config, |_| {});
    let (mut rx, mut tx, mut out) = (vec![0; 4096], vec![0; 512], vec![0; 512]);
    let filter = RecordFilter::new(Tcp::connect(port), &mut out);
    let open = TlsStream::open(&filter, &mut rx, &mut tx, "localhost", &proof, Urandom);
    let mut tls = block_on(open).unwrap();
    let error = block_on(tls.read(&mut [0])).unwrap_err();
    assert_eq!(fault(error), Fault::SomeAlert);
}
