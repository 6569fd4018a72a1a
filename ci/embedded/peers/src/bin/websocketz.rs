//! websocketz, which answers Pings and Close.
#![no_std]
#![no_main]

use footprint_peers::{Stub, block_on};
use websocketz::{Message, WebSocket, http::Header, next, options::ConnectOptions, send};

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(|| block_on(client()))
}

async fn client() {
    let (mut rx, mut tx, mut fragments) = ([0; 1024], [0; 1024], [0; 1024]);
    let headers = [Header {
        name: "Host",
        value: b"192.0.2.1:8080",
    }];
    let options = ConnectOptions::new_unchecked("/telemetry").with_headers(&headers);
    let client =
        WebSocket::connect::<16>(options, Stub, Stub, &mut rx, &mut tx, &mut fragments).await;
    let Ok(mut client) = client else {
        return;
    };
    while let Some(Ok(message)) = next!(client) {
        if matches!(message, Message::Text(_) | Message::Binary(_))
            && send!(client, message).is_err()
        {
            return;
        }
    }
}
