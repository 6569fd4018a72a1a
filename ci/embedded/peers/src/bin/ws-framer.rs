//! ws-framer: Pings and Close are its user's to answer.
#![no_std]
#![no_main]

use footprint::Wire;
use footprint_peers::{fill, write_all};
use ws_framer::{WsFrame, WsRxFramer, WsTxFramer};

footprint::stop_at_panic!();

#[cortex_m_rt::entry]
fn main() -> ! {
    footprint::run(client)
}

/// Where getrandom gets its bytes.
///
/// # Safety
/// `bytes` are `len` bytes that may be written.
#[unsafe(no_mangle)]
unsafe extern "Rust" fn __getrandom_v03_custom(
    bytes: *mut u8,
    len: usize,
) -> Result<(), getrandom::Error> {
    // SAFETY: what the caller promises.
    fill(unsafe { core::slice::from_raw_parts_mut(bytes, len) });
    Ok(())
}

fn client() {
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut rx = WsRxFramer::new(&mut rx);
    let mut tx = WsTxFramer::new(true, &mut tx);
    let Some(request) = tx.http_upgrade_request("192.0.2.1:8080", "/telemetry", &[]) else {
        return;
    };
    write_all(request);
    let accept = tx.accept_key();
    loop {
        match Wire.read(rx.read_buf()) {
            0 => return,
            n => rx.advance(n),
        }
        match rx.http_response() {
            Some(Ok(response)) if response.is_websocket_accepted(&accept) => break,
            Some(_) => return,
            None => {}
        }
    }
    loop {
        while let Some(frame) = rx.next_frame() {
            let (answer, last) = match frame {
                Ok(WsFrame::Close(code, reason)) => (WsFrame::Close(code, reason), true),
                Ok(WsFrame::Ping(data)) => (WsFrame::Pong(data), false),
                Ok(WsFrame::Pong(_)) => continue,
                Ok(frame) => (frame, false),
                Err(_) => return,
            };
            match tx.frame(answer) {
                Some(bytes) => write_all(bytes),
                None => return,
            }
            if last {
                return;
            }
        }
        match Wire.read(rx.read_buf()) {
            0 => return,
            n => rx.advance(n),
        }
    }
}
