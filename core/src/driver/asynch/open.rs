//! The opening handshake over an async transport.

use embedded_io_async::{Read, Write};

use super::super::{
    Error,
    timer::{Timer, before},
};
use crate::{buffer::Buffer, entropy::Entropy, handshake::Handshake};

/// Runs an opening handshake to its end. Afterwards, also after a refusal,
/// [`Handshake::response`] has what the server said.
///
/// # Errors
/// Those of the handshake and of the transport.
///
/// Cancel safety: safe; call it again with the same handshake.
pub async fn open<T: Read + Write, C: Timer, Rx: Buffer, Tx: Buffer, E: Entropy>(
    transport: &mut T,
    timer: &mut C,
    handshake: &mut Handshake<Rx, Tx, E>,
) -> Result<(), Error<T::Error>> {
    loop {
        while !handshake.transmit().is_empty() {
            let deadline = handshake.poll_timeout();
            let write = transport.write(handshake.transmit());
            match before(write, timer, deadline)
                .await
                .map_err(Error::Transport)?
            {
                Some(0) => handshake.receive_eof(),
                Some(n) => handshake.transmitted(n),
                None => handshake.handle_timeout(timer.now()),
            }
            handshake.poll()?;
        }
        let deadline = handshake.poll_timeout();
        let flush = before(transport.flush(), timer, deadline).await;
        if flush.map_err(Error::Transport)?.is_none() {
            handshake.handle_timeout(timer.now());
        }
        if handshake.poll()? {
            return Ok(());
        }
        let deadline = handshake.poll_timeout();
        let read = transport.read(handshake.receive_buffer());
        match before(read, timer, deadline)
            .await
            .map_err(Error::Transport)?
        {
            Some(0) => handshake.receive_eof(),
            Some(n) => handshake.received(n),
            None => handshake.handle_timeout(timer.now()),
        }
    }
}
