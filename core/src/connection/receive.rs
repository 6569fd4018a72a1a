//! The receive path: from bytes to whole messages, chunks and control frames.
//!
//! ```text
//!  0    message_start  message_end     cursor          end          len
//!  |  delivered | message so far |  gap  | unprocessed  |   free     |
//! ```
//! A message's first frame stays where it arrived; only later fragments are
//! moved down, over their headers and interleaved control frames (the gap).
//! When the free part runs out, everything moves to the front, once.
//!
//! `assemble` has what happens to data frames, `inflate` that of compressed
//! ones, `room` where bytes are read to.

use super::{
    config::{Config, Delivery},
    event::{MessageKind, Pending, Place, Span},
    room::MIN_BUFFER,
};
use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit, ReceiveError},
    extension::Extension,
    frame::{FrameHeader, Opcode, Store, Utf8Validator},
};

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
    pub(super) len: u64,
    pub(super) fragments: u32,
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
    pub(super) store: Store<B>,
    pub(super) message_start: usize,
    pub(super) message_end: usize,
    pub(super) cursor: usize,
    pub(super) end: usize,
    /// The unfinished message, from its first header to its last byte.
    pub(super) message: Option<Message>,
    /// The unfinished data frame.
    pub(super) frame: Option<Frame>,
    /// Text that is not assembled in the buffer: chunks, and what comes out
    /// of the decompressor.
    pub(super) utf8: Utf8Validator,
    /// Messages below this size may take the short way.
    short: u64,
    /// Everything that arrives is dropped from now on.
    pub(super) discarding: bool,
    /// The last read took all the room there was.
    pub(super) filled: bool,
    pub(super) quiet: u8,
}

impl<B: Buffer> Receive<B> {
    /// Takes over `buffer`, in which `start..end` was received already.
    pub(super) fn new(
        buffer: B,
        start: usize,
        end: usize,
        config: &Config,
    ) -> Result<Self, CapacityError> {
        if buffer.max_len() < MIN_BUFFER {
            return Err(CapacityError {
                limit: Limit::Buffer,
                needed: MIN_BUFFER as u64,
                allowed: buffer.max_len() as u64,
            });
        }
        let end = end.min(buffer.bytes().len());
        let limit = config.max_frame_size.min(config.max_message_size);
        Ok(Self {
            store: Store::new(buffer),
            message_start: 0,
            message_end: 0,
            cursor: start.min(end),
            end,
            message: None,
            frame: None,
            utf8: Utf8Validator::new(),
            short: if config.delivery == Delivery::Whole && config.max_fragments > 0 {
                limit.saturating_add(1)
            } else {
                0
            },
            discarding: false,
            filled: false,
            quiet: 0,
        })
    }

    #[inline]
    pub(super) fn bytes(&self, span: Span) -> &[u8] {
        self.store
            .bytes()
            .get(span.start..span.end)
            .unwrap_or_default()
    }

    /// The bytes of a whole text message, which were checked.
    #[inline]
    pub(super) fn text(&self, span: Span) -> &str {
        self.store.text(span.start, span.end)
    }

    /// The short way for what most messages are: one frame, all of it here,
    /// uncompressed, within the limits. `None`: [`next`](Self::next) says
    /// what there is.
    #[inline]
    pub(super) fn whole_message(&mut self, validate_utf8: bool) -> Option<Pending> {
        if self.message.is_some() || self.discarding {
            return None;
        }
        let unprocessed = self.store.bytes().get(self.cursor..self.end)?;
        let (opcode, len, size) = FrameHeader::decode_whole(unprocessed)?;
        // Both lengths are below that of the buffer, a `usize`.
        if len >= self.short || len > (unprocessed.len() - size) as u64 {
            return None;
        }
        let start = self.cursor + size;
        let span = self.span(start, start + usize::try_from(len).ok()?);
        let kind = if opcode == Opcode::Text {
            if validate_utf8 && !self.store.check_text(span.start, span.end) {
                return None;
            }
            MessageKind::Text
        } else {
            MessageKind::Binary
        };
        trace!("received {:?}, {} bytes", opcode, len);
        self.cursor = span.end;
        Some(Pending::Message(kind, Place::Received(span)))
    }

    /// The next event in what was received, or `None`: more bytes are needed
    /// (or, before a Ping, room for its Pong).
    pub(super) fn next<X: Extension>(
        &mut self,
        config: &Config,
        pong_room: bool,
        extension: &mut X,
    ) -> Result<Option<Step>, ReceiveError> {
        while !self.discarding {
            if let Some(frame) = self.frame {
                let message = self.message.as_ref();
                let compressed = message.is_some_and(|message| message.inflated.is_some());
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
            self.begin_frame(header, size, config)?;
            if header.rsv1 {
                extension.begin_message();
            }
        }
        Ok(None)
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
