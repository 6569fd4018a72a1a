//! The smallest client: opening handshake, then every message back, Pings
//! answered, closing handshake kept; by hand over the state machine.
#![no_std]
#![no_main]

use core::time::Duration;

use footprint::Wire;
use hybi_core::{
    connection::{Config, Connection, Event},
    handshake::{Handshake, HandshakeConfig, Request},
};

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(client)
}

fn client() {
    let (mut rx, mut tx, mut copy) = ([0; 1024], [0; 1024], [0; 1024]);
    let mut wire = Wire;
    let now = Duration::ZERO;
    let handshake = Handshake::new(
        &Request::to("192.0.2.1:8080", "/telemetry"),
        &mut rx[..],
        &mut tx[..],
        Wire,
        HandshakeConfig::default(),
        now,
    );
    let Ok(mut handshake) = handshake else {
        return;
    };
    loop {
        while !handshake.transmit().is_empty() {
            let n = wire.write(handshake.transmit());
            handshake.transmitted(n);
        }
        match handshake.poll() {
            Ok(true) => break,
            Ok(false) => {}
            Err(_) => return,
        }
        match wire.read(handshake.receive_buffer()) {
            0 => handshake.receive_eof(),
            n => handshake.received(n),
        }
    }
    let Ok(mut connection) = Connection::from_handshake(handshake, Config::default()) else {
        return;
    };
    loop {
        match connection.poll_event(now) {
            Ok(Some(Event::Text(text))) => {
                let text = footprint::keep(&mut copy, text.as_bytes());
                let _ = connection.send_text(str::from_utf8(text).unwrap_or_default());
                continue;
            }
            Ok(Some(Event::Binary(data))) => {
                let _ = {
                    let data = footprint::keep(&mut copy, data);
                    connection.send_binary(data)
                };
                continue;
            }
            Ok(Some(Event::Closed(_))) | Err(_) => return,
            Ok(Some(_)) => continue,
            Ok(None) => {}
        }
        if !connection.transmit().is_empty() {
            let n = wire.write(connection.transmit());
            connection.transmitted(n);
            continue;
        }
        match wire.read(connection.receive_buffer()) {
            0 => connection.receive_eof(),
            n => connection.received(n),
        }
    }
}
