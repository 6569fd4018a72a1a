//! The receive path: from bytes to whole messages, chunks and control frames.
//!
//! ```text
//!  0    message_start  message_end     cursor          end          len
//!  |  delivered | message so far |  gap  | unprocessed  |   free     |
//! ```
//! A message's first frame stays where it arrived; only later fragments are
//! moved down, over their headers and interleaved control frames (the gap).
//! When the free part runs out, everything moves to the front, once.

use super::{
    config::{Config, Delivery},
    event::{MessageKind, Pending, Place, Span},
};
use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit, ProtocolError, ReceiveError},
    extension::Extension,
    frame::{FrameHeader, MAX_CONTROL_PAYLOAD, Opcode, Utf8Validator},
};

/// The smallest receive buffer: one control frame must always fit.
pub(super) const MIN_BUFFER: usize = 2 + MAX_CONTROL_PAYLOAD + 1;

/// What an unfinished message leaves free for a control frame between its
/// fragments.
const CONTROL_ROOM: u64 = MIN_BUFFER as u64;

/// What a growing buffer starts with, and keeps while idle.
const KEEP: usize = 4096;

/// So many messages in a row that needed no more than [`KEEP`] give a larger
/// buffer back.
const QUIET: u8 = 64;

/// What one step through the received bytes found.
pub(super) enum Step {
    Event(Pending),
    Ping(Span),
    Close(Span),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    pub(super) kind: MessageKind,
    /// Bytes on the wire, those of the present frame included.
    len: u64,
    fragments: u32,
    /// In chunks: whether one was handed over.
    pub(super) begun: bool,
    /// Compressed, and so many bytes came out of it.
    pub(super) inflated: Option<u64>,
    /// How much of the stripped tail was put back.
    pub(super) tail: usize,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) left: u64,
    pub(super) fin: bool,
}

#[derive(Debug)]
pub(super) struct Receive<B> {
    pub(super) buffer: B,
    message_start: usize,
    message_end: usize,
    pub(super) cursor: usize,
    pub(super) end: usize,
    /// The unfinished message, from its first header to its last byte.
    pub(super) message: Option<Message>,
    /// The unfinished data frame.
    pub(super) frame: Option<Frame>,
    pub(super) utf8: Utf8Validator,
    /// Everything that arrives is dropped from now on.
    discarding: bool,
    quiet: u8,
}

impl<B: Buffer> Receive<B> {
    /// Takes over `buffer`, in which `start..end` was received already.
    pub(super) fn new(buffer: B, start: usize, end: usize) -> Result<Self, CapacityError> {
        if buffer.max_len() < MIN_BUFFER {
            return Err(CapacityError {
                limit: Limit::Buffer,
                needed: MIN_BUFFER as u64,
                allowed: buffer.max_len() as u64,
            });
        }
        let end = end.min(buffer.bytes().len());
        Ok(Self {
            buffer,
            message_start: 0,
            message_end: 0,
            cursor: start.min(end),
            end,
            message: None,
            frame: None,
            utf8: Utf8Validator::new(),
            discarding: false,
            quiet: 0,
        })
    }

    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        self.buffer
            .bytes()
            .get(span.start..span.end)
            .unwrap_or_default()
    }

    /// The next event in what was received, or `None`: more bytes are needed
    /// (or, before a Ping, room for its Pong).
    #[inline]
    pub(super) fn next<X: Extension>(
        &mut self,
        config: &Config,
        pong_room: bool,
        extension: &mut X,
    ) -> Result<Option<Step>, ReceiveError> {
        while !self.discarding {
            if let Some(frame) = self.frame {
                let compressed = self.message.is_some_and(|m| m.inflated.is_some());
                let progress = if compressed {
                    self.continue_compressed(frame, config, extension)
                } else {
                    self.continue_frame(frame, config)
                };
                match progress? {
                    Progress::Event(event) => return Ok(Some(Step::Event(event))),
                    Progress::NeedMore => return Ok(None),
                    Progress::Frame => continue,
                }
            }
            let unprocessed = self.span(self.cursor, self.end);
            let allow_rsv1 = extension.is_negotiated();
            let header = FrameHeader::decode(self.bytes(unprocessed), allow_rsv1)?;
            let Some((header, size)) = header else {
                return Ok(None);
            };
            if header.opcode.is_control() {
                return Ok(self.control(header, size, pong_room));
            }
            if let Some(event) = self.whole_message(header, size, config)? {
                return Ok(Some(Step::Event(event)));
            }
            self.begin_frame(header, size, config)?;
            if header.rsv1 {
                extension.begin_message();
            }
        }
        Ok(None)
    }

    /// The short way for what most messages are: one frame, all of it here,
    /// uncompressed, within the limits. `None`: the long way.
    #[inline]
    fn whole_message(
        &mut self,
        header: FrameHeader,
        size: usize,
        config: &Config,
    ) -> Result<Option<Pending>, ReceiveError> {
        let arrived = self.end - self.cursor - size;
        let len = header.payload_len;
        let short = header.fin
            && !header.rsv1
            && self.message.is_none()
            && len <= arrived as u64
            && len <= config.max_frame_size.min(config.max_message_size)
            && config.max_fragments > 0
            && config.delivery == Delivery::Whole;
        let kind = match header.opcode {
            Opcode::Text if short => MessageKind::Text,
            Opcode::Binary if short => MessageKind::Binary,
            _ => return Ok(None),
        };
        let start = self.cursor + size;
        // Not more than `arrived`, a `usize`.
        let span = self.span(start, start + usize::try_from(len).unwrap_or(arrived));
        if kind == MessageKind::Text
            && config.validate_utf8
            && core::str::from_utf8(self.bytes(span)).is_err()
        {
            return Err(ProtocolError::InvalidUtf8.into());
        }
        trace!("received {:?}, {} bytes", header.opcode, len);
        self.cursor = span.end;
        Ok(Some(Pending::Message(kind, Place::Received(span))))
    }

    #[cold]
    fn control(&mut self, header: FrameHeader, size: usize, pong_room: bool) -> Option<Step> {
        // At most 125, or the header would not exist.
        let len = usize::try_from(header.payload_len).ok()?;
        let span = self.span(self.cursor + size, self.cursor + size + len);
        if self.end < span.end || header.opcode == Opcode::Ping && !pong_room {
            return None;
        }
        self.cursor = span.end;
        trace!("received {:?}, {} bytes", header.opcode, len);
        Some(match header.opcode {
            Opcode::Ping => Step::Ping(span),
            Opcode::Pong => Step::Event(Pending::Pong(span)),
            _ => Step::Close(span),
        })
    }

    /// Checks a data frame against the order of fragments (§5.4) and the
    /// limits, all of it before anything changes, and steps over its header.
    fn begin_frame(
        &mut self,
        header: FrameHeader,
        size: usize,
        config: &Config,
    ) -> Result<(), ReceiveError> {
        let mut message = match (self.message, header.opcode) {
            (Some(message), Opcode::Continuation) => message,
            (None, Opcode::Continuation) => {
                return Err(ProtocolError::UnexpectedContinuation.into());
            }
            (Some(_), _) => return Err(ProtocolError::ExpectedContinuation.into()),
            (None, opcode) => Message {
                kind: if opcode == Opcode::Text {
                    MessageKind::Text
                } else {
                    MessageKind::Binary
                },
                len: 0,
                fragments: 0,
                begun: false,
                inflated: header.rsv1.then_some(0),
                tail: 0,
            },
        };
        let compressed = message.inflated.is_some();
        let over = |limit, needed, allowed| {
            Err(CapacityError {
                limit,
                needed,
                allowed,
            }
            .into())
        };
        if header.payload_len > config.max_frame_size {
            return over(Limit::Frame, header.payload_len, config.max_frame_size);
        }
        message.len = message.len.saturating_add(header.payload_len);
        let max_len = if compressed {
            // What counts is what comes out; but it shall come out of something.
            config
                .max_message_size
                .saturating_mul(2)
                .saturating_add(1024)
        } else {
            config.max_message_size
        };
        if message.len > max_len {
            return over(Limit::Message, message.len, max_len);
        }
        message.fragments += 1;
        if message.fragments > config.max_fragments {
            let allowed = u64::from(config.max_fragments);
            return over(Limit::Fragments, u64::from(message.fragments), allowed);
        }
        if config.delivery == Delivery::Whole && !compressed {
            let room = if header.fin { 0 } else { CONTROL_ROOM };
            let (needed, allowed) = (message.len + room, self.buffer.max_len() as u64);
            if needed > allowed {
                return over(Limit::Buffer, needed, allowed);
            }
        }
        trace!(
            "received {:?}, fin {}, {} bytes",
            header.opcode, header.fin, header.payload_len
        );
        self.cursor += size;
        if self.message.is_none() {
            self.message_start = self.cursor;
            self.message_end = self.cursor;
        }
        self.message = Some(message);
        self.frame = Some(Frame {
            left: header.payload_len,
            fin: header.fin,
        });
        Ok(())
    }

    /// Takes what has arrived of the present frame's payload.
    fn continue_frame(&mut self, frame: Frame, config: &Config) -> Result<Progress, ReceiveError> {
        let Some(mut message) = self.message else {
            self.frame = None;
            return Ok(Progress::Frame);
        };
        let arrived = self.end - self.cursor;
        let taken = usize::try_from(frame.left).map_or(arrived, |left| left.min(arrived));
        let left = frame.left - taken as u64;
        let complete = left == 0;
        let last = complete && frame.fin;
        let span = self.span(self.cursor, self.cursor + taken);
        if message.kind == MessageKind::Text && config.validate_utf8 {
            let piece = self.buffer.bytes().get(span.start..span.end);
            // §8.1: fail at once, also inside a frame.
            self.utf8.feed(piece.unwrap_or_default())?;
            if last {
                self.utf8.finish()?;
            }
        }
        self.cursor = span.end;
        self.frame = (!complete).then_some(Frame {
            left,
            fin: frame.fin,
        });
        let event = match config.delivery {
            Delivery::Whole => {
                if span.start != self.message_end {
                    self.buffer
                        .bytes_mut()
                        .copy_within(span.start..span.end, self.message_end);
                }
                self.message_end += taken;
                last.then(|| {
                    let span = self.span(self.message_start, self.message_end);
                    Pending::Message(message.kind, Place::Received(span))
                })
            }
            Delivery::Chunks => (taken > 0 || last).then(|| {
                let first = !message.begun;
                message.begun = true;
                Pending::Chunk {
                    kind: message.kind,
                    place: Place::Received(span),
                    first,
                    last,
                }
            }),
        };
        self.message = (!last).then_some(message);
        Ok(match event {
            Some(event) => Progress::Event(event),
            None if complete => Progress::Frame,
            None => Progress::NeedMore,
        })
    }

    /// Room to read into. Empty only where unprocessed events fill the
    /// buffer.
    pub(super) fn receive_buffer(&mut self, config: &Config) -> &mut [u8] {
        self.make_room(config);
        let end = self.end;
        self.buffer.bytes_mut().get_mut(end..).unwrap_or_default()
    }

    pub(super) fn received(&mut self, n: usize) {
        self.end = self.buffer.bytes().len().min(self.end.saturating_add(n));
    }

    fn make_room(&mut self, config: &Config) {
        let assembling = config.delivery == Delivery::Whole
            && self.message.is_some_and(|m| m.inflated.is_none());
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
        if self.buffer.bytes().len() - self.end >= wanted {
            return;
        }
        self.compact(assembling);
        // Grow with what arrives, not with what a header promises.
        let target = self
            .end
            .saturating_add(wanted)
            .min(self.end.saturating_mul(2))
            .max(KEEP)
            .min(self.buffer.max_len());
        // A fixed buffer stays as it is: the limits have made sure that the
        // frame fits.
        let _ = self.buffer.reserve(target);
    }

    /// Moves the message so far and the unprocessed bytes to the front.
    fn compact(&mut self, assembling: bool) {
        let bytes = self.buffer.bytes_mut();
        let mut front = 0;
        if assembling || self.discarding {
            front = self.message_end - self.message_start;
            if self.message_start > 0 {
                bytes.copy_within(self.message_start..self.message_end, 0);
            }
            self.message_start = 0;
            self.message_end = front;
        }
        if self.cursor > front {
            bytes.copy_within(self.cursor..self.end, front);
            self.end = front + (self.end - self.cursor);
            self.cursor = front;
        }
    }

    /// Gives a large buffer back after a while of small messages.
    fn calm(&mut self) {
        if self.end > KEEP {
            self.quiet = 0;
        } else if self.buffer.bytes().len() > KEEP {
            self.quiet += 1;
            if self.quiet >= QUIET {
                self.quiet = 0;
                self.buffer.shrink(KEEP);
            }
        }
    }

    /// Drops all that was received and will be, but for `keep`. Returns
    /// where that stands now.
    pub(super) fn discard(&mut self, keep: Span) -> Span {
        let len = keep.end - keep.start;
        if self.bytes(keep).len() == len {
            self.buffer.bytes_mut().copy_within(keep.start..keep.end, 0);
        }
        self.message = None;
        self.frame = None;
        self.discarding = true;
        self.message_start = 0;
        self.message_end = len;
        self.cursor = len;
        self.end = len;
        self.span(0, len)
    }

    pub(super) fn nothing(&self) -> Span {
        self.span(0, 0)
    }

    pub(super) const fn span(&self, start: usize, end: usize) -> Span {
        Span { start, end }
    }
}

pub(super) enum Progress {
    Event(Pending),
    Frame,
    NeedMore,
}
