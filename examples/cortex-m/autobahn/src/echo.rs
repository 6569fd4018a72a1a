//! Messages of any size back to where they come from, as they arrive.

use hybi_core::{
    connection::{Event, MessageKind},
    driver::Error,
};
use hybi_embedded::error::StreamError;

use crate::{Client, WINDOW};

/// Sends every message back until the connection closes.
pub(crate) fn echo(
    client: &mut Client<'_, '_>,
    piece: &mut Piece,
) -> Result<(), Error<StreamError>> {
    piece.len = 0;
    loop {
        let (kind, last) = match client.receive()? {
            Event::Chunk(chunk) => {
                piece.append(chunk.data);
                (chunk.kind, chunk.last)
            }
            Event::Closed(_) => return Ok(()),
            _ => continue,
        };
        let sent = match kind {
            MessageKind::Text => client.send_text_piece(piece.text(), last),
            MessageKind::Binary => client.send_binary_piece(piece.bytes(), last),
        };
        match sent {
            Ok(()) => piece.remove(kind),
            // The peer closes meanwhile: go on to hear its Close frame.
            Err(Error::Send(_)) => piece.len = 0,
            Err(error) => return Err(error),
        }
    }
}

/// A part of a message, between the buffer that it came in and the one that
/// it leaves by. A chunk of text may end inside a character; its first bytes
/// wait here for the rest.
pub(crate) struct Piece {
    /// A chunk, at most the window long, after at most 3 bytes of a character.
    bytes: [u8; WINDOW + 3],
    len: usize,
}

impl Piece {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; _],
            len: 0,
        }
    }

    fn append(&mut self, chunk: &[u8]) {
        let end = self.len + chunk.len();
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(chunk);
            self.len = end;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The whole characters.
    fn text(&self) -> &str {
        let bytes = self.bytes();
        str::from_utf8(bytes).unwrap_or_else(|error| {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            str::from_utf8(valid).unwrap_or_default()
        })
    }

    /// Removes what was sent.
    fn remove(&mut self, kind: MessageKind) {
        let sent = match kind {
            MessageKind::Text => self.text().len(),
            MessageKind::Binary => self.len,
        };
        self.bytes.copy_within(sent..self.len, 0);
        self.len -= sent;
    }
}
