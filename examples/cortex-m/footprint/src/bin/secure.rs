//! `driver` over TLS: the server's certificate is verified up to a root.
#![no_std]
#![no_main]

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(client)
}

#[cfg(not(feature = "tls"))]
fn client() {}

#[cfg(feature = "tls")]
fn client() {
    use core::{hint::black_box, time::Duration};

    use footprint::Wire;
    use hybi_core::{
        connection::{Config, Event},
        driver::blocking::WebSocket,
        handshake::{Handshake, HandshakeConfig, Request},
    };
    use hybi_embedded::tls::{
        CertificateDer, RecordFilter, Roots,
        blocking::{Blocking, TlsStream},
        trust_anchor,
    };

    let (mut tls_rx, mut tls_tx, mut out) = ([0; 4096], [0; 768], [0; 768]);
    let (mut rx, mut tx, mut copy) = ([0; 1024], [0; 1024], [0; 1024]);
    // As if it stood in flash; how long it is does not count.
    let ca = CertificateDer::from_slice(black_box(&[]));
    let Ok(root) = trust_anchor(&ca) else {
        return;
    };
    let roots = [root];
    let proof = Roots::new(&roots).at(black_box(Duration::ZERO));
    let filter = RecordFilter::new(Blocking::new(Wire), &mut out);
    let host = "192.0.2.1";
    let tls = TlsStream::<_>::open(&filter, &mut tls_rx, &mut tls_tx, host, &proof, Wire, None);
    let Ok(tls) = tls else {
        return;
    };
    let handshake = Handshake::new(
        &Request::to("192.0.2.1:8080", "/telemetry"),
        &mut rx[..],
        &mut tx[..],
        Wire,
        HandshakeConfig::default(),
        Duration::ZERO,
    );
    let Ok(handshake) = handshake else {
        return;
    };
    let Ok(mut client) = WebSocket::connect(tls, handshake, Config::default()) else {
        return;
    };
    loop {
        let sent = match client.receive() {
            Ok(Event::Text(text)) => {
                let text = footprint::keep(&mut copy, text.as_bytes());
                client.send_text(str::from_utf8(text).unwrap_or_default())
            }
            Ok(Event::Binary(data)) => {
                let data = footprint::keep(&mut copy, data);
                client.send_binary(data)
            }
            Ok(Event::Closed(_)) | Err(_) => break,
            Ok(_) => continue,
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = client.transport_mut().close(None);
}
