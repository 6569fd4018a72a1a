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
    frame::{FrameHeader, MAX_CONTROL_PAYLOAD, MAX_HEADER_SIZE, MaskingKey, Opcode, mask_into},
};

/// A Close frame that carries a code and no reason.
const CLOSE_ROOM: usize = 6 + 2;

/// What data leaves free: the largest control frame, and that Close frame.
const CONTROL_ROOM: usize = 6 + MAX_CONTROL_PAYLOAD + CLOSE_ROOM;

/// The smallest send buffer: control frames, and data beside them.
pub(super) const MIN_BUFFER: usize = 256;

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
    /// The message begun in pieces.
    message: Option<MessageKind>,
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

    pub(super) fn transmitted(&mut self, n: usize) {
        self.start = self.end.min(self.start + n);
        if self.start == self.end {
            if self.end > KEEP {
                self.quiet = 0;
            } else if self.buffer.bytes().len() > KEEP {
                self.quiet += 1;
                if self.quiet >= QUIET {
                    self.quiet = 0;
                    self.buffer.shrink(KEEP);
                }
            }
            self.start = 0;
            self.end = 0;
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

    pub(super) const fn message(&self) -> Option<MessageKind> {
        self.message
    }

    /// Whether the largest Pong fits now.
    pub(super) const fn has_pong_room(&self) -> bool {
        self.limit - (self.end - self.start) >= CONTROL_ROOM
    }

    /// Queues a whole message in one frame.
    #[inline]
    pub(super) fn whole<E: Entropy>(
        &mut self,
        kind: MessageKind,
        payload: &[u8],
        entropy: &mut E,
    ) -> Result<(), SendError> {
        if self.message.is_some() {
            return Err(SendError::MessageInProgress);
        }
        self.frame(kind.opcode(), true, payload, CONTROL_ROOM, entropy)
    }

    /// Queues the next fragment of a message: as much of `piece` as fits.
    /// `cut` moves the end of a part back to where it may end.
    pub(super) fn piece<E: Entropy>(
        &mut self,
        kind: MessageKind,
        piece: &[u8],
        last: bool,
        cut: impl FnOnce(usize) -> usize,
        entropy: &mut E,
    ) -> Result<usize, SendError> {
        let opcode = match self.message {
            None => kind.opcode(),
            Some(begun) if begun == kind => Opcode::Continuation,
            Some(_) => return Err(SendError::MessageInProgress),
        };
        let used = self.end - self.start + MAX_HEADER_SIZE + CONTROL_ROOM;
        let room = self.limit.saturating_sub(used);
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
        self.frame(opcode, fin, part, CONTROL_ROOM, entropy)?;
        self.message = (!fin).then_some(kind);
        Ok(taken)
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
        self.frame(opcode, true, payload, room, entropy)
    }

    /// Encodes one frame, all or nothing, and leaves `room` bytes free.
    #[inline]
    fn frame<E: Entropy>(
        &mut self,
        opcode: Opcode,
        fin: bool,
        payload: &[u8],
        room: usize,
        entropy: &mut E,
    ) -> Result<(), SendError> {
        if self.dead {
            return Err(SendError::Closing);
        }
        let header = FrameHeader {
            fin,
            rsv1: false,
            opcode,
            payload_len: payload.len() as u64,
        };
        let size = header.masked_size().saturating_add(payload.len());
        let needed = size.saturating_add(room);
        if self.limit - (self.end - self.start) < needed {
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
        let (head, head_size) = header.encode_masked(MaskingKey::fresh(entropy));
        let key = MaskingKey(
            *head
                .get(..head_size)
                .and_then(<[u8]>::last_chunk)
                .unwrap_or(&[0; 4]),
        );
        let out = self.buffer.bytes_mut().get_mut(self.end..self.end + size);
        let Some((head_out, payload_out)) = out.and_then(|out| out.split_at_mut_checked(head_size))
        else {
            return Err(SendError::Full);
        };
        for (to, from) in head_out.iter_mut().zip(head) {
            *to = from;
        }
        mask_into(payload_out, payload, key);
        self.end += size;
        trace!("queued {:?}, fin {}, {} bytes", opcode, fin, payload.len());
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
