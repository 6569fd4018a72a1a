//! The send path: frames are masked while they are copied into the send
//! buffer, each of them whole, so that a control frame can always follow.
//!
//! ```text
//!  0     start              end                        len
//!  | sent | whole frames ... |          free            |
//! ```

use super::{config::Config, event::MessageKind};
use crate::{
    buffer::Buffer,
    entropy::Entropy,
    error::{CapacityError, Limit, SendError},
    extension::{self, Extension},
    frame::{
        FrameHeader, MAX_CONTROL_PAYLOAD, MAX_HEADER_SIZE, MaskingKey, Opcode, apply_mask,
        mask_into,
    },
};

/// A Close frame that carries a code and no reason.
const CLOSE_ROOM: usize = 6 + 2;

/// What data leaves free: the largest control frame, and that Close frame.
const CONTROL_ROOM: usize = 6 + MAX_CONTROL_PAYLOAD + CLOSE_ROOM;

/// The smallest send buffer: control frames, and data beside them.
pub(super) const MIN_BUFFER: usize = 256;

/// Compressing needs room for a piece of at least so many bytes.
const MIN_COMPRESSED: usize = 256;

/// What a growing buffer keeps while idle.
const KEEP: usize = 4096;

/// So many flushes in a row of no more than [`KEEP`] give a larger buffer
/// back.
const QUIET: u8 = 64;

#[derive(Debug)]
pub(super) struct Send<B> {
    buffer: B,
    start: usize,
    end: usize,
    limit: usize,
    /// The message begun in pieces, and whether it is compressed.
    message: Option<(MessageKind, bool)>,
    /// The transport takes nothing any more.
    dead: bool,
    quiet: u8,
}

impl<B: Buffer> Send<B> {
    pub(super) fn new(buffer: B, config: &Config) -> Result<Self, CapacityError> {
        let limit = if buffer.max_len() > config.max_send_buffer {
            // Growing storage is bounded by the configuration, fixed storage
            // by what there is.
            config.max_send_buffer.max(buffer.bytes().len())
        } else {
            buffer.max_len()
        };
        if limit < MIN_BUFFER {
            return Err(CapacityError {
                limit: Limit::Buffer,
                needed: MIN_BUFFER as u64,
                allowed: limit as u64,
            });
        }
        Ok(Self {
            buffer,
            start: 0,
            end: 0,
            limit,
            message: None,
            dead: false,
            quiet: 0,
        })
    }

    #[inline]
    pub(super) fn transmit(&self) -> &[u8] {
        self.buffer
            .bytes()
            .get(self.start..self.end)
            .unwrap_or_default()
    }

    #[inline]
    pub(super) fn transmitted(&mut self, n: usize) {
        self.start = self.end.min(self.start.saturating_add(n));
        if self.start == self.end {
            if self.buffer.bytes().len() > KEEP {
                self.calm();
            }
            self.start = 0;
            self.end = 0;
        }
    }

    /// Gives a large buffer back after a while of small messages.
    #[inline(never)]
    fn calm(&mut self) {
        if self.end > KEEP {
            self.quiet = 0;
            return;
        }
        self.quiet += 1;
        if self.quiet >= QUIET {
            self.quiet = 0;
            self.buffer.shrink(KEEP);
        }
    }

    /// Drops what is queued: the transport is gone.
    pub(super) fn abandon(&mut self) {
        self.dead = true;
        self.start = 0;
        self.end = 0;
    }

    pub(super) const fn is_dead(&self) -> bool {
        self.dead
    }

    pub(super) fn message(&self) -> Option<MessageKind> {
        self.message.map(|(kind, _)| kind)
    }

    /// Whether the largest Pong fits now.
    pub(super) const fn has_pong_room(&self) -> bool {
        self.limit - (self.end - self.start) >= CONTROL_ROOM
    }

    /// Queues a whole message in one frame.
    #[inline]
    pub(super) fn whole<E: Entropy, X: Extension>(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        extension: &mut X,
        entropy: &mut E,
    ) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::MessageInProgress);
        }
        let header = FrameHeader {
            fin: true,
            rsv1: false,
            opcode: kind.opcode(),
            payload_len: payload.len() as u64,
        };
        if extension.is_negotiated() && !payload.is_empty() {
            let needed = worst_case(payload.len());
            if needed <= self.limit {
                if self.free() < needed {
                    return Err(SendError::Full);
                }
                if extension.wants(payload.len())
                    && self.compressed(header, true, payload, extension, entropy)?
                {
                    return Ok(());
                }
            }
        }
        self.frame(header, payload, CONTROL_ROOM, entropy)
    }

    /// Queues the next fragment of a message: as much of `piece` as fits.
    /// `cut` moves the end of a part back to where it may end.
    pub(super) fn piece<E: Entropy, X: Extension>(
        &mut self,
        kind: MessageKind,
        piece: &[u8],
        last: bool,
        cut: impl FnOnce(usize) -> usize,
        extension: &mut X,
        entropy: &mut E,
    ) -> Result<usize, SendError> {
        let (opcode, compressed) = match self.message {
            // Only a buffer with some room is worth the trouble.
            None => {
                let possible = extension.is_negotiated()
                    && self.limit >= worst_case(MIN_COMPRESSED)
                    && !piece.is_empty();
                (kind.opcode(), possible)
            }
            Some((begun, compressed)) if begun == kind => (Opcode::Continuation, compressed),
            Some(_) => return Err(SendError::MessageInProgress),
        };
        let mut room = self.free().saturating_sub(MAX_HEADER_SIZE + CONTROL_ROOM);
        if compressed {
            // So that the worst case fits; see `extension::bound`.
            room = room.saturating_sub(128) / 8 * 7;
        }
        let taken = if piece.len() <= room {
            piece.len()
        } else {
            cut(room)
        };
        if taken == 0 && !piece.is_empty() {
            return Err(SendError::Full);
        }
        if taken == 0 && !last {
            return Ok(0);
        }
        let fin = last && taken == piece.len();
        let part = piece.get(..taken).unwrap_or_default();
        let first = self.message.is_none();
        let header = FrameHeader {
            fin,
            rsv1: false,
            opcode,
            payload_len: part.len() as u64,
        };
        // The length of an unfinished message is unknown: it may be large.
        let len = if last { piece.len() } else { usize::MAX };
        let compressed = compressed && (!first || extension.wants(len));
        let done = compressed
            && if part.is_empty() {
                self.end_compressed(header, extension, entropy)?;
                true
            } else {
                self.compressed(header, first, part, extension, entropy)?
            };
        if compressed && !done && !first {
            return Err(SendError::Compression);
        }
        if !done {
            self.frame(header, part, CONTROL_ROOM, entropy)?;
        }
        self.message = (!fin).then_some((kind, done));
        Ok(taken)
    }

    /// RFC 7692 §7.2.3.6: the last frame of a compressed message has an empty
    /// block where there is nothing more to compress.
    fn end_compressed<E: Entropy, X: Extension>(
        &mut self,
        header: FrameHeader,
        extension: &mut X,
        entropy: &mut E,
    ) -> Result<(), SendError> {
        let header = FrameHeader {
            payload_len: 1,
            ..header
        };
        self.frame(header, &[0], CONTROL_ROOM, entropy)?;
        extension.end_compressed();
        Ok(())
    }

    const fn free(&self) -> usize {
        self.limit - (self.end - self.start)
    }

    /// Encodes one frame of a compressed message behind the queue, where the
    /// room for the worst case is. False: the compressor failed, nothing was
    /// queued.
    fn compressed<E: Entropy, X: Extension>(
        &mut self,
        header: FrameHeader,
        first: bool,
        payload: &[u8],
        extension: &mut X,
        entropy: &mut E,
    ) -> Result<bool, SendError> {
        if self.dead {
            return Err(SendError::Closing);
        }
        let bound = extension::bound(payload.len());
        let size = MAX_HEADER_SIZE.saturating_add(bound);
        if self.buffer.bytes().len() - self.end < size {
            self.make_room(size)?;
        }
        // The header is written last: its size depends on what comes out.
        let guess = header.masked_size();
        let at = self.end + guess;
        let Some(out) = self.buffer.bytes_mut().get_mut(at..at + bound) else {
            return Err(SendError::Full);
        };
        let Some(mut len) = extension.compress(payload, out) else {
            return Ok(false);
        };
        if header.fin {
            // RFC 7692 §7.2.1: the flush's `00 00 FF FF` is left out.
            len = len.saturating_sub(4);
            extension.end_compressed();
        }
        let header = FrameHeader {
            rsv1: first,
            payload_len: len as u64,
            ..header
        };
        let key = MaskingKey::fresh(entropy);
        let head_size = header.masked_size();
        let bytes = self.buffer.bytes_mut();
        if head_size != guess {
            bytes.copy_within(at..at + len, self.end + head_size);
        }
        let frame = bytes.get_mut(self.end..self.end + head_size + len);
        if let Some(payload_out) = frame.and_then(|frame| header.write_masked(key, frame)) {
            apply_mask(payload_out, key);
        }
        self.end += head_size + len;
        trace!(
            "queued {:?}, fin {}, {} bytes compressed to {}",
            header.opcode,
            header.fin,
            payload.len(),
            len
        );
        Ok(true)
    }

    /// Queues a control frame. It may take the room that data leaves free,
    /// but only a Close frame takes the last of it.
    pub(super) fn control<E: Entropy>(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        entropy: &mut E,
    ) -> Result<(), SendError> {
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong);
        }
        let room = if opcode == Opcode::Close {
            0
        } else {
            CLOSE_ROOM
        };
        let header = FrameHeader {
            fin: true,
            rsv1: false,
            opcode,
            payload_len: payload.len() as u64,
        };
        self.frame(header, payload, room, entropy)
    }

    /// Encodes one frame, all or nothing, and leaves `room` bytes free.
    #[cfg_attr(feature = "std", inline(always))]
    fn frame<E: Entropy>(
        &mut self,
        header: FrameHeader,
        payload: &[u8],
        room: usize,
        entropy: &mut E,
    ) -> Result<(), SendError> {
        if self.dead {
            return Err(SendError::Closing);
        }
        let size = header.masked_size().saturating_add(payload.len());
        let needed = size.saturating_add(room);
        if self.free() < needed {
            return Err(if needed > self.limit {
                SendError::TooBig(CapacityError {
                    limit: Limit::Buffer,
                    needed: needed as u64,
                    allowed: self.limit as u64,
                })
            } else {
                SendError::Full
            });
        }
        if self.buffer.bytes().len() - self.end < size {
            self.make_room(size)?;
        }
        trace!(
            "queued {:?}, fin {}, {} bytes",
            header.opcode, header.fin, header.payload_len
        );
        let key = MaskingKey::fresh(entropy);
        let start = self.end;
        let out = self.buffer.bytes_mut().get_mut(start..start + size);
        let Some(payload_out) = out.and_then(|out| header.write_masked(key, out)) else {
            return Err(SendError::Full);
        };
        self.end = start + size;
        mask_into(payload_out, payload, key);
        Ok(())
    }

    #[cold]
    fn make_room(&mut self, size: usize) -> Result<(), SendError> {
        if self.start > 0 {
            self.buffer.bytes_mut().copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        self.buffer
            .reserve(self.end + size)
            .map_err(SendError::TooBig)
    }
}

/// What a compressed message of `len` bytes may need of the buffer.
const fn worst_case(len: usize) -> usize {
    extension::bound(len).saturating_add(MAX_HEADER_SIZE + CONTROL_ROOM)
}
