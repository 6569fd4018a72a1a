//! The table of attacks: each is refused, with its own error, and before a byte
//! of the application went out where that can be.

use std::{net::TcpListener, thread};

use embassy_futures::block_on;
use embedded_io::{Read as _, Write as _};
use embedded_io_async::{Read as _, Write as _};
use hybi_embedded::tls::{
    CertificateDer, Fault, Proof, Psk, RecordFilter, Roots, TlsError, TlsStream,
    blocking::{self, Blocking, OpenError},
    trust_anchor,
};
use tls_attacks::{ATTACKS, Attack, CA_DER, PSK, PSK_IDENTITY, Report};

use crate::tcp::{Tcp, Urandom, since_1970};

pub(crate) static CA: CertificateDer<'_> = CertificateDer::from_slice(CA_DER);

/// What a client saw: whether the handshake succeeded, then how it ended.
pub(crate) type Seen = (bool, Result<(), Fault>);

pub(crate) fn against(attack: &'static Attack, client: impl FnOnce(Tcp) -> Seen) -> (Seen, Report) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        tls_attacks::serve(stream, attack)
    });
    let seen = client(Tcp::connect(port));
    let report = server.join().unwrap();
    // A client that refuses may well send an alert.
    let report = match seen.1 {
        Ok(()) => report.unwrap(),
        Err(_) => report.unwrap_or_default(),
    };
    (seen, report)
}

pub(crate) fn fault<E: std::fmt::Debug>(error: TlsError<E>) -> Fault {
    match error {
        TlsError::Tls(fault) => fault,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn block(tcp: Tcp, host: &str, proof: &impl Proof) -> Seen {
    let mut buffers = [vec![0; 4096], vec![0; 512], vec![0; 512]];
    let [rx, tx, out] = &mut buffers;
    let filter = RecordFilter::new(Blocking::new(tcp), out);
    let tls = blocking::TlsStream::open(&filter, rx, tx, host, proof, Urandom, None);
    let mut tls = match tls {
        Ok(tls) => tls,
        Err(OpenError::Failed(error)) => return (false, Err(fault(error))),
        Err(other) => panic!("{other:?}"),
    };
    let mut talk = || {
        tls.write_all(b"ping")?;
        tls.flush()?;
        let mut echo = [0; 4];
        tls.read_exact(&mut echo).map_err(|error| match error {
            embedded_io::ReadExactError::UnexpectedEof => Fault::Closed.into(),
            embedded_io::ReadExactError::Other(error) => error,
        })?;
        assert_eq!(&echo, b"ping");
        Ok(())
    };
    (
        true,
        talk()
            .map_err(fault)
            .and_then(|()| tls.close(None).map(drop).map_err(fault)),
    )
}

pub(crate) async fn wait(tcp: Tcp, host: &str, proof: &impl Proof, again: bool) -> Seen {
    let mut buffers = [vec![0; 4096], vec![0; 512], vec![0; 512]];
    let [rx, tx, out] = &mut buffers;
    let filter = RecordFilter::new(tcp, out);
    let mut tls = match TlsStream::open(&filter, rx, tx, host, proof, Urandom).await {
        Ok(tls) => tls,
        Err(error) => return (false, Err(fault(error))),
    };
    let mut talk = async || {
        tls.write_all(b"ping").await?;
        tls.flush().await?;
        let mut echo = [0; 4];
        tls.read_exact(&mut echo)
            .await
            .map_err(|error| match error {
                embedded_io_async::ReadExactError::UnexpectedEof => Fault::Closed.into(),
                embedded_io_async::ReadExactError::Other(error) => error,
            })?;
        assert_eq!(&echo, b"ping");
        if again {
            tls.read(&mut echo).await?;
        }
        Ok(())
    };
    if let Err(error) = talk().await {
        let error = fault(error);
        // A fault stays.
        assert_eq!(fault(tls.read(&mut [0]).await.unwrap_err()), error);
        assert_eq!(fault(tls.write(&[0]).await.unwrap_err()), error);
        assert_eq!(fault(tls.close().await.unwrap_err()), error);
        return (true, Err(error));
    }
    (true, tls.close().await.map_err(fault))
}

#[test]
fn every_attack_is_refused_with_its_error() {
    let roots = [trust_anchor(&CA).unwrap()];
    let roots = Roots::new(&roots).at(since_1970());
    let psk = Psk::new(PSK_IDENTITY, PSK);
    for attack in ATTACKS {
        let again = attack.name == "replay";
        let asynch = against(attack, |tcp| {
            block_on(async {
                if attack.psk {
                    wait(tcp, "localhost", &psk, again).await
                } else {
                    wait(tcp, "localhost", &roots, again).await
                }
            })
        });
        let mut all = vec![asynch];
        if !again {
            all.push(against(attack, |tcp| {
                if attack.psk {
                    block(tcp, "localhost", &psk)
                } else {
                    block(tcp, "localhost", &roots)
                }
            }));
        }
        for ((opened, result), report) in all {
            let found = result.err().map(|fault| format!("{fault:?}"));
            println!(
                "{:32} {}",
                attack.name,
                found.as_deref().unwrap_or("accepted")
            );
            assert_eq!(found.as_deref(), attack.fault, "{attack:?}");
            assert_eq!(opened, attack.later || attack.fault.is_none(), "{attack:?}");
            if !opened {
                assert_eq!(report.received, 0, "{attack:?}");
            } else if attack.fault.is_none() {
                assert_eq!(report.received, 4, "{attack:?}");
                assert!(report.close_notify, "{attack:?}");
            }
        }
    }
}
