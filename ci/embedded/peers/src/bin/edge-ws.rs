//! edge-ws, with edge-http for the opening handshake. It is a codec of frame
//! headers: fragments, UTF-8, Pings and Close are its user's. Pings and Close
//! are answered here; the rest is left out.
#![no_std]
#![no_main]

use core::net::{Ipv4Addr, SocketAddr};

use edge_http::{
    io::client::Connection,
    ws::{MAX_BASE64_KEY_LEN, MAX_BASE64_KEY_RESPONSE_LEN, NONCE_LEN},
};
use edge_ws::{FrameHeader, FrameType};
use footprint_peers::{Stub, block_on, fill, word};

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(|| {
        block_on(client());
    })
}

async fn client() -> Option<()> {
    let (mut buffer, mut nonce) = ([0; 1024], [0; NONCE_LEN]);
    fill(&mut nonce);
    let stack = Stub;
    let server = SocketAddr::new(Ipv4Addr::new(192, 0, 2, 1).into(), 8080);
    let mut connection: Connection<'_, _, 16> = Connection::new(&mut buffer, &stack, server);
    let mut key = [0; MAX_BASE64_KEY_LEN];
    connection
        .initiate_ws_upgrade_request(
            Some("192.0.2.1:8080"),
            None,
            "/telemetry",
            None,
            &nonce,
            &mut key,
        )
        .await
        .ok()?;
    connection.initiate_response().await.ok()?;
    let mut accept = [0; MAX_BASE64_KEY_RESPONSE_LEN];
    if !connection
        .is_ws_upgrade_accepted(&nonce, &mut accept)
        .ok()?
    {
        return None;
    }
    connection.complete().await.ok()?;
    let (mut socket, buffer) = connection.release();
    loop {
        let header = FrameHeader::recv(&mut socket).await.ok()?;
        let payload = header.recv_payload(&mut socket, buffer).await.ok()?;
        let frame_type = match header.frame_type {
            FrameType::Ping => FrameType::Pong,
            FrameType::Pong => continue,
            frame_type => frame_type,
        };
        let answer = FrameHeader {
            frame_type,
            payload_len: payload.len() as u64,
            mask_key: Some(word()),
        };
        answer.send(&mut socket).await.ok()?;
        answer.send_payload(&mut socket, payload).await.ok()?;
        if answer.frame_type == FrameType::Close {
            return None;
        }
    }
}
