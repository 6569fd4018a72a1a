//! Data frames, uncompressed: their order and limits, and how their payloads
//! become messages or chunks.

use super::{
    config::{Config, Delivery},
    event::{MessageKind, Pending, Place, Span},
    receive::{Frame, Message, Progress, Receive},
    room::CONTROL_ROOM,
};
use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit, ProtocolError, ReceiveError},
    frame::{FrameHeader, Opcode},
};

impl<B: Buffer> Receive<B> {
    /// Checks a data frame against the order of fragments (§5.4) and the
    /// limits, all of it before anything changes, and steps over its header.
    pub(super) fn begin_frame(
        &mut self,
        header: FrameHeader,
        size: usize,
        config: &Config,
    ) -> Result<(), ReceiveError> {
        let (begun_len, fragments, compressed) = match (&self.message, header.opcode) {
            (Some(message), Opcode::Continuation) => {
                (message.len, message.fragments, message.inflated.is_some())
            }
            (None, Opcode::Continuation) => {
                return Err(ProtocolError::UnexpectedContinuation.into());
            }
            (Some(_), _) => return Err(ProtocolError::ExpectedContinuation.into()),
            (None, _) => (0, 0, header.rsv1),
        };
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
        let len = begun_len.saturating_add(header.payload_len);
        let max_len = if compressed {
            // What counts is what comes out; but it shall come out of something.
            config
                .max_message_size
                .saturating_mul(2)
                .saturating_add(1024)
        } else {
            config.max_message_size
        };
        if len > max_len {
            return over(Limit::Message, len, max_len);
        }
        let fragments = fragments + 1;
        if fragments > config.max_fragments {
            let allowed = u64::from(config.max_fragments);
            return over(Limit::Fragments, u64::from(fragments), allowed);
        }
        if config.delivery == Delivery::Whole && !compressed {
            let room = if header.fin { 0 } else { CONTROL_ROOM };
            let (needed, allowed) = (len + room, self.store.max_len() as u64);
            if needed > allowed {
                return over(Limit::Buffer, needed, allowed);
            }
        }
        trace!(
            "received {:?}, fin {}, {} bytes",
            header.opcode, header.fin, header.payload_len
        );
        self.cursor += size;
        if let Some(message) = &mut self.message {
            message.len = len;
            message.fragments = fragments;
        } else {
            self.message_start = self.cursor;
            self.message_end = self.cursor;
            self.store.begin_text(self.cursor);
            self.message = Some(Message {
                kind: if header.opcode == Opcode::Text {
                    MessageKind::Text
                } else {
                    MessageKind::Binary
                },
                len,
                fragments,
                begun: false,
                inflated: header.rsv1.then_some(0),
                tail: 0,
            });
        }
        self.frame = Some(Frame {
            left: header.payload_len,
            fin: header.fin,
        });
        Ok(())
    }

    /// Takes what has arrived of the present frame's payload.
    pub(super) fn continue_frame(
        &mut self,
        frame: Frame,
        config: &Config,
    ) -> Result<Progress, ReceiveError> {
        let Some(message) = &mut self.message else {
            self.frame = None;
            return Ok(Progress::Frame);
        };
        let kind = message.kind;
        let arrived = self.end - self.cursor;
        let taken = usize::try_from(frame.left).map_or(arrived, |left| left.min(arrived));
        let left = frame.left - taken as u64;
        let complete = left == 0;
        let last = complete && frame.fin;
        let span = Span {
            start: self.cursor,
            end: self.cursor + taken,
        };
        let checks = kind == MessageKind::Text && config.validate_utf8;
        self.cursor = span.end;
        self.frame = (!complete).then_some(Frame {
            left,
            fin: frame.fin,
        });
        // §8.1: text fails at once, also inside a frame.
        let event = match config.delivery {
            Delivery::Whole => {
                self.store.shift(span.start..span.end, self.message_end);
                self.message_end += taken;
                if checks {
                    self.store.extend_text(self.message_end)?;
                }
                if checks && last {
                    self.store.finish_text()?;
                }
                last.then_some(Pending::Message(
                    kind,
                    Place::Received(Span {
                        start: self.message_start,
                        end: self.message_end,
                    }),
                ))
            }
            Delivery::Chunks => {
                if checks {
                    let piece = self.store.bytes().get(span.start..span.end);
                    self.utf8.feed(piece.unwrap_or_default())?;
                }
                if checks && last {
                    self.utf8.finish()?;
                }
                (taken > 0 || last).then(|| {
                    let first = !message.begun;
                    message.begun = true;
                    Pending::Chunk {
                        kind,
                        place: Place::Received(span),
                        first,
                        last,
                    }
                })
            }
        };
        if last {
            self.message = None;
        }
        Ok(match event {
            Some(event) => Progress::Event(event),
            None if complete => Progress::Frame,
            None => Progress::NeedMore,
        })
    }
}
