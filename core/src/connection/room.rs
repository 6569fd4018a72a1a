//! Room in the receive buffer: where to read to, what moves, what grows and
//! what is given back.

use super::{
    config::{Config, Delivery},
    event::Span,
    receive::Receive,
};
use crate::{buffer::Buffer, frame::MAX_CONTROL_PAYLOAD};

/// The smallest receive buffer: one control frame must always fit.
pub(super) const MIN_BUFFER: usize = 2 + MAX_CONTROL_PAYLOAD + 1;

/// What an unfinished message leaves free for a control frame between its
/// fragments.
pub(super) const CONTROL_ROOM: u64 = MIN_BUFFER as u64;

/// What a growing buffer starts with, and keeps while idle.
const KEEP: usize = 4096;

/// What it grows to where the transport has more than there is room for.
/// Twice the 64 KiB that a read seldom exceeds: the less often it wraps, the
/// fewer bytes are moved to the front.
const MOST: usize = 128 << 10;

/// So many messages in a row that needed no more than [`KEEP`] give a larger
/// buffer back.
const QUIET: u8 = 64;

impl<B: Buffer> Receive<B> {
    /// Room to read into. Empty only where unprocessed events fill the
    /// buffer.
    pub(super) fn receive_buffer(&mut self, config: &Config) -> &mut [u8] {
        self.make_room(config);
        self.store.free(self.end)
    }

    #[inline]
    pub(super) fn received(&mut self, n: usize) {
        let len = self.store.bytes().len();
        self.end = len.min(self.end.saturating_add(n));
        self.filled = self.end == len;
    }

    fn make_room(&mut self, config: &Config) {
        let assembling = config.delivery == Delivery::Whole
            && self.message.as_ref().is_some_and(|m| m.inflated.is_none());
        if self.discarding {
            // What is kept of the Close frame ends at `message_end`.
            self.cursor = self.message_end;
            self.end = self.message_end;
        } else if self.cursor == self.end {
            // Nothing unprocessed: the gap is free.
            if !assembling {
                self.message_end = 0;
                self.calm();
            }
            self.cursor = self.message_end;
            self.end = self.message_end;
        }
        let wanted = match self.frame {
            Some(frame) if assembling => {
                let missing = frame.left.saturating_sub((self.end - self.cursor) as u64);
                usize::try_from(missing).unwrap_or(usize::MAX)
            }
            _ => MIN_BUFFER,
        };
        let len = self.store.bytes().len();
        if len - self.end >= wanted && !self.filled {
            return;
        }
        self.compact(assembling);
        // Grow with what arrives, not with what a header promises.
        let mut target = self
            .end
            .saturating_add(wanted)
            .min(self.end.saturating_mul(2))
            .max(KEEP);
        if self.filled {
            self.filled = false;
            target = target.max(len.saturating_mul(2).min(MOST));
        }
        // A fixed buffer stays as it is: the limits have made sure that the
        // frame fits.
        let _ = self.store.reserve(target.min(self.store.max_len()));
    }

    /// Moves the message so far and the unprocessed bytes to the front.
    fn compact(&mut self, assembling: bool) {
        let mut front = 0;
        if assembling || self.discarding {
            self.store.shift(self.message_start..self.message_end, 0);
            front = self.message_end - self.message_start;
            self.message_start = 0;
            self.message_end = front;
        }
        if self.cursor > front {
            self.store.shift(self.cursor..self.end, front);
            self.end = front + (self.end - self.cursor);
            self.cursor = front;
        }
    }

    /// Gives a large buffer back after a while of small messages.
    fn calm(&mut self) {
        if self.end > KEEP {
            self.quiet = 0;
        } else if self.store.bytes().len() > KEEP {
            self.quiet += 1;
            if self.quiet >= QUIET {
                self.quiet = 0;
                self.store.shrink(KEEP);
            }
        }
    }

    /// Drops all that was received and will be, but for `keep`. Returns
    /// where that stands now.
    pub(super) fn discard(&mut self, keep: Span) -> Span {
        let len = keep.end - keep.start;
        self.store.shift(keep.start..keep.end, 0);
        self.message = None;
        self.frame = None;
        self.discarding = true;
        self.message_start = 0;
        self.message_end = len;
        self.cursor = len;
        self.end = len;
        self.span(0, len)
    }
}
