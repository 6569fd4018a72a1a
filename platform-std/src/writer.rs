//! A binary message as a `std::io::Write`.

use std::io;

use crate::{error::Error, websocket::WebSocket};

/// Writes one binary message piece by piece; see
/// [`WebSocket::binary_writer`].
///
/// Each write becomes a frame, so write a few KiB at a time. The message ends
/// with [`finish`](Self::finish); until then no other can be sent.
#[derive(Debug)]
#[must_use]
pub struct BinaryWriter<'a> {
    socket: &'a mut WebSocket,
}

impl<'a> BinaryWriter<'a> {
    pub(crate) const fn of(socket: &'a mut WebSocket) -> Self {
        Self { socket }
    }

    /// Ends the message and flushes it.
    ///
    /// # Errors
    /// See [`WebSocket::send_text`].
    pub fn finish(self) -> Result<(), Error> {
        self.socket.send_binary_piece(&[], true)
    }
}

impl io::Write for BinaryWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.socket.send_binary_piece(bytes, false) {
            Ok(()) => Ok(bytes.len()),
            Err(Error::Io(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.socket.flush() {
            Ok(()) => Ok(()),
            Err(Error::Io(error)) => Err(error),
            Err(error) => Err(io::Error::other(error)),
        }
    }
}
