//! embedded-websocket, with its blocking framer, which answers Pings and
//! Close.
#![no_std]
#![no_main]

use embedded_websocket::{
    WebSocketClient, WebSocketOptions, WebSocketSendMessageType,
    framer::{Framer, ReadResult},
};
use footprint_peers::Stub;

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(client)
}

fn client() {
    let (mut rx, mut tx, mut message) = ([0; 1024], [0; 1024], [0; 1024]);
    let mut cursor = 0;
    let mut client = WebSocketClient::new_client(Stub);
    let mut framer = Framer::new(&mut rx, &mut cursor, &mut tx, &mut client);
    let options = WebSocketOptions {
        path: "/telemetry",
        host: "192.0.2.1:8080",
        origin: "",
        sub_protocols: None,
        additional_headers: None,
    };
    if framer.connect(&mut Stub, &options).is_err() {
        return;
    }
    loop {
        let (kind, data) = match framer.read(&mut Stub, &mut message) {
            Ok(ReadResult::Text(text)) => (WebSocketSendMessageType::Text, text.as_bytes()),
            Ok(ReadResult::Binary(data)) => (WebSocketSendMessageType::Binary, data),
            Ok(ReadResult::Pong(_)) => continue,
            Ok(ReadResult::Closed) | Err(_) => return,
        };
        if framer.write(&mut Stub, kind, true, data).is_err() {
            return;
        }
    }
}
