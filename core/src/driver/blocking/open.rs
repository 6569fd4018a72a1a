//! The opening handshake over a blocking transport.

use super::super::{Error, transport::Transport};
use crate::{buffer::Buffer, entropy::Entropy, handshake::Handshake};

/// Runs an opening handshake to its end. Afterwards, also after a refusal,
/// [`Handshake::response`] has what the server said.
///
/// # Errors
/// Those of the handshake and of the transport.
pub fn open<T: Transport, Rx: Buffer, Tx: Buffer, E: Entropy>(
    transport: &mut T,
    handshake: &mut Handshake<Rx, Tx, E>,
) -> Result<(), Error<T::Error>> {
    loop {
        while !handshake.transmit().is_empty() {
            let deadline = handshake.poll_timeout();
            match transport
                .write_until(handshake.transmit(), deadline)
                .map_err(Error::Transport)?
            {
                Some(0) => handshake.receive_eof(),
                Some(n) => handshake.transmitted(n),
                None => handshake.handle_timeout(transport.now()),
            }
            handshake.poll()?;
        }
        let deadline = handshake.poll_timeout();
        if transport
            .flush_until(deadline)
            .map_err(Error::Transport)?
            .is_none()
        {
            handshake.handle_timeout(transport.now());
        }
        if handshake.poll()? {
            return Ok(());
        }
        let deadline = handshake.poll_timeout();
        match transport
            .read_until(handshake.receive_buffer(), deadline)
            .map_err(Error::Transport)?
        {
            Some(0) => handshake.receive_eof(),
            Some(n) => handshake.received(n),
            None => handshake.handle_timeout(transport.now()),
        }
    }
}
