//! `driver`, with permessage-deflate: it receives compressed messages through
//! a window of 1 KiB and sends uncompressed ones.
#![no_std]
#![no_main]

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(client)
}

#[cfg(not(feature = "deflate"))]
fn client() {}

#[cfg(feature = "deflate")]
fn client() {
    use core::time::Duration;

    use footprint::Wire;
    use hybi_core::{
        connection::{Config, Connection, Event},
        driver::blocking::{WebSocket, open},
        extension::{
            NoCompressor,
            deflate::{DeflateOffer, Inflate, PerMessageDeflate},
        },
        handshake::{Handshake, HandshakeConfig, Request},
    };

    let (mut rx, mut tx, mut copy) = ([0; 1024], [0; 1024], [0; 1024]);
    let (mut window, mut message) = ([0; 1024], [0; 1024]);
    let offers = [DeflateOffer {
        server_max_window_bits: Some(10),
        ..DeflateOffer::default()
    }];
    let request = Request::to("192.0.2.1:8080", "/telemetry").deflate(&offers);
    let config = HandshakeConfig::default();
    let handshake = Handshake::new(
        &request,
        &mut rx[..],
        &mut tx[..],
        Wire,
        config,
        Duration::ZERO,
    );
    let Ok(mut handshake) = handshake else {
        return;
    };
    if open(&mut Wire, &mut handshake).is_err() {
        return;
    }
    let extension = handshake.deflate().and_then(|params| {
        let inflate = Inflate::new(params.server_max_window_bits, &mut window[..]).ok()?;
        Some(PerMessageDeflate::new(
            params,
            inflate,
            &mut message[..],
            NoCompressor,
        ))
    });
    let connection = Connection::from_handshake_with(handshake, Config::default(), extension);
    let Ok(connection) = connection else {
        return;
    };
    let mut client = WebSocket::new(Wire, connection);
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
            Ok(Event::Closed(_)) | Err(_) => return,
            Ok(_) => continue,
        };
        if sent.is_err() {
            return;
        }
    }
}
