//! The same client as `plain`, over the blocking driver.
#![no_std]
#![no_main]

use core::time::Duration;

use footprint::Wire;
use hybi_core::{
    connection::{Config, Event},
    driver::blocking::WebSocket,
    handshake::{Handshake, HandshakeConfig, Request},
};

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(client)
}

fn client() {
    let (mut rx, mut tx, mut copy) = ([0; 1024], [0; 1024], [0; 1024]);
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
    let Ok(mut client) = WebSocket::connect(Wire, handshake, Config::default()) else {
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
            Ok(Event::Closed(_)) | Err(_) => return,
            Ok(_) => continue,
        };
        if sent.is_err() {
            return;
        }
    }
}
