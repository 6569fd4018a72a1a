//! The receive path of compressed messages (RFC 7692 §6.2, §7.2.2): from
//! frames through the decompressor to whole messages or chunks.

use super::{
    config::{Config, Delivery},
    event::{MessageKind, Pending, Place},
    receive::{Frame, Message, Progress, Receive},
};
use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit, ProtocolError, ReceiveError},
    extension::{Extension, Inflated},
};

/// What was stripped from a compressed message (RFC 7692 §7.2.2).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

impl<B: Buffer> Receive<B> {
    /// Decompresses what has arrived of the present frame's payload.
    pub(super) fn continue_compressed<X: Extension>(
        &mut self,
        mut frame: Frame,
        config: &Config,
        extension: &mut X,
    ) -> Result<Progress, ReceiveError> {
        let Some(mut message) = self.message else {
            self.frame = None;
            return Ok(Progress::Frame);
        };
        loop {
            let in_tail = frame.left == 0 && frame.fin;
            if in_tail && message.tail == 0 && extension.is_final() {
                // The message ended with BFINAL: nothing was stripped.
                message.tail = TAIL.len();
            }
            let input = if in_tail {
                TAIL.get(message.tail..)
            } else {
                let arrived = self.end - self.cursor;
                let taken = usize::try_from(frame.left).map_or(arrived, |left| left.min(arrived));
                let bytes = self.store.bytes();
                bytes.get(self.cursor..self.cursor + taken)
            };
            let part = extension
                .inflate(input.unwrap_or_default())
                .map_err(|_| ProtocolError::InvalidCompressedData)?;
            if in_tail {
                message.tail += part.read;
            } else {
                self.cursor += part.read;
                frame.left -= part.read as u64;
            }
            self.take_inflated(&mut message, part, config, extension)?;
            self.message = Some(message);
            self.frame = Some(frame);
            if part.written() > 0 && config.delivery == Delivery::Chunks {
                return Ok(Progress::Event(self.chunk(message, part, false)));
            }
            if part.read > 0 || part.written() > 0 {
                continue;
            }
            // The decompressor wants more.
            if frame.left > 0 {
                return Ok(Progress::NeedMore);
            }
            self.frame = None;
            if !frame.fin {
                return Ok(Progress::Frame);
            }
            if message.tail < TAIL.len() || !extension.is_complete() {
                return Err(ProtocolError::InvalidCompressedData.into());
            }
            if message.kind == MessageKind::Text && config.validate_utf8 {
                self.utf8.finish()?;
            }
            extension.end_message();
            let event = match config.delivery {
                Delivery::Whole => Pending::Message(message.kind, Place::Inflated),
                Delivery::Chunks => self.chunk(message, part, true),
            };
            self.message = None;
            return Ok(Progress::Event(event));
        }
    }

    /// Checks and keeps what came out of the decompressor.
    fn take_inflated<X: Extension>(
        &mut self,
        message: &mut Message,
        part: Inflated,
        config: &Config,
        extension: &mut X,
    ) -> Result<(), ReceiveError> {
        let inflated = message.inflated.unwrap_or(0) + part.written() as u64;
        message.inflated = Some(inflated);
        if inflated > config.max_message_size {
            return Err(CapacityError {
                limit: Limit::Message,
                needed: inflated,
                allowed: config.max_message_size,
            }
            .into());
        }
        if message.kind == MessageKind::Text && config.validate_utf8 {
            let bytes = extension.output().get(part.start..part.end);
            self.utf8.feed(bytes.unwrap_or_default())?;
        }
        if config.delivery == Delivery::Whole {
            extension.append(part)?;
        }
        Ok(())
    }

    fn chunk(&mut self, mut message: Message, part: Inflated, last: bool) -> Pending {
        let first = !message.begun;
        message.begun = true;
        self.message = Some(message);
        Pending::Chunk {
            kind: message.kind,
            place: Place::Output(self.span(part.start, part.end)),
            first,
            last,
        }
    }
}
