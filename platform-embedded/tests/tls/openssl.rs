//! Servers by OpenSSL, for what rustls has not, pre-shared keys; and another
//! opinion on the rest.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    process::{self, Child, Command, Stdio},
};

use embassy_futures::block_on;
use embedded_io_async::{Read, Write};
use hybi_embedded::tls::{
    Aes128GcmSha256, Aes256GcmSha384, CertificateDer, Fault, Proof, Psk, RecordFilter, Roots,
    Suite, TlsStream, trust_anchor,
};
use rcgen::PKCS_ECDSA_P256_SHA256;

use crate::{
    attacks::{CA, fault},
    rustls_server::Chain,
    tcp::{Tcp, Urandom, since_1970},
};

const KEY: [u8; 32] = *b"a random key of 32 random bytes.";
const IDENTITY: &[u8] = b"sensor 7";

/// `openssl s_server`, which sends each line back the other way round.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut child = Command::new("openssl")
            .args(["s_server", "-rev", "-accept"])
            .arg(format!("127.0.0.1:{port}"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the command openssl is needed");
        // It says ACCEPT when it listens.
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        while !line.contains("ACCEPT") {
            line.clear();
            assert!(
                output.read_line(&mut line).unwrap() > 0,
                "openssl s_server ended"
            );
        }
        Self { child, port }
    }

    fn with_psk(arguments: &[&str]) -> Self {
        let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        let all = ["-nocert", "-psk_identity", "sensor 7", "-psk", &key];
        Self::start(&[&all[..], arguments].concat())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn client<S: Suite>(server: &Server, proof: &impl Proof) -> Result<(), Fault> {
    let (mut rx, mut tx, mut out) = (vec![0; 4096], vec![0; 512], vec![0; 512]);
    let filter = RecordFilter::new(Tcp::connect(server.port), &mut out);
    let mut tls =
        TlsStream::<_, S>::open_with_suite(&filter, &mut rx, &mut tx, "localhost", proof, Urandom)
            .await
            .map_err(fault)?;
    tls.write_all(b"reviled\n").await.map_err(fault)?;
    tls.flush().await.map_err(fault)?;
    let mut back = [0; 8];
    let mut came = 0;
    while came < back.len() {
        came += tls.read(&mut back[came..]).await.map_err(fault)?;
    }
    assert_eq!(&back, b"deliver\n");
    tls.close().await.map_err(fault)
}

#[test]
fn pre_shared_keys() {
    let server = Server::with_psk(&["-ciphersuites", "TLS_AES_128_GCM_SHA256"]);
    let good = Psk::new(IDENTITY, &KEY);
    assert_eq!(block_on(client::<Aes128GcmSha256>(&server, &good)), Ok(()));

    let mut wrong = KEY;
    wrong[31] ^= 1;
    let wrong = Psk::new(IDENTITY, &wrong);
    // illegal_parameter: the binder is not right.
    assert_eq!(
        block_on(client::<Aes128GcmSha256>(&server, &wrong)),
        Err(Fault::Alert(47))
    );

    // Without a certificate it has nothing else to show.
    let unknown = Psk::new(b"sensor 8", &KEY);
    assert_eq!(
        block_on(client::<Aes128GcmSha256>(&server, &unknown)),
        Err(Fault::NothingInCommon)
    );
    let anchors = [trust_anchor(&CA).unwrap()];
    let roots = Roots::new(&anchors).at(since_1970());
    assert_eq!(
        block_on(client::<Aes128GcmSha256>(&server, &roots)),
        Err(Fault::NothingInCommon)
    );
}

#[test]
fn servers_with_a_certificate() {
    let chain = Chain::new(&[&PKCS_ECDSA_P256_SHA256, &PKCS_ECDSA_P256_SHA256]);
    let folder = env::temp_dir().join(format!("hybi-tls-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (certificate, key) = (folder.join("server.der"), folder.join("server.key"));
    fs::write(&certificate, &chain.chain[0]).unwrap();
    fs::write(&key, chain.key.serialize_pem()).unwrap();
    let start = |arguments: &[&str]| {
        let files = [
            "-cert",
            certificate.to_str().unwrap(),
            "-key",
            key.to_str().unwrap(),
        ];
        Server::start(&[&files[..], &["-certform", "DER"], arguments].concat())
    };
    let root = CertificateDer::from_slice(&chain.root);
    let anchors = [trust_anchor(&root).unwrap()];
    let roots = Roots::new(&anchors).at(since_1970());

    let server = start(&[]);
    assert_eq!(block_on(client::<Aes128GcmSha256>(&server, &roots)), Ok(()));
    assert_eq!(block_on(client::<Aes256GcmSha384>(&server, &roots)), Ok(()));
    let psk = Psk::new(IDENTITY, &KEY);
    assert_eq!(
        block_on(client::<Aes128GcmSha256>(&server, &psk)),
        Err(Fault::PskRefused)
    );
    for (arguments, fault) in [
        (&["-tls1_2"][..], Fault::NoTls13),
        (&["-curves", "X25519"], Fault::NothingInCommon),
        (
            &["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
            Fault::NothingInCommon,
        ),
    ] {
        let server = start(arguments);
        let found = block_on(client::<Aes128GcmSha256>(&server, &roots));
        assert_eq!(found, Err(fault), "{arguments:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}
