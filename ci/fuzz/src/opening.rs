//! Runs an opening handshake over what a server sent.

use std::time::Duration;

use hybi_core::handshake::{Handshake, HandshakeConfig, HandshakeError, Request, SecWebSocketKey};

use crate::input::{Steps, Zeros};

/// The right `Sec-WebSocket-Accept`: the key is that of [`Zeros`].
pub fn accept() -> String {
    let accept = SecWebSocketKey::from_nonce([0; 16]).accept();
    String::from_utf8_lossy(&accept).into_owned()
}

pub type Opening = Handshake<Vec<u8>, Vec<u8>, Zeros>;

/// Sends `request` and gives `response` to the handshake in steps, then the
/// end of the stream.
pub fn open(
    request: &Request<'_>,
    mut response: &[u8],
    mut steps: Steps,
) -> Result<(Opening, Result<bool, HandshakeError>), HandshakeError> {
    let config = HandshakeConfig::default();
    let mut handshake = Handshake::new(
        request,
        Vec::new(),
        Vec::new(),
        Zeros,
        config,
        Duration::ZERO,
    )?;
    handshake.transmitted(usize::MAX);
    loop {
        match handshake.poll() {
            Ok(false) => {}
            done => return Ok((handshake, done)),
        }
        let buffer = handshake.receive_buffer();
        assert!(!buffer.is_empty(), "nothing to read into");
        let taken = steps.next().min(buffer.len()).min(response.len());
        buffer[..taken].copy_from_slice(&response[..taken]);
        response = &response[taken..];
        match taken {
            0 => handshake.receive_eof(),
            taken => handshake.received(taken),
        }
    }
}
