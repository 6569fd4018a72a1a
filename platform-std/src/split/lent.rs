//! Events that are lent without the lock.

use hybi_core::connection::{Chunk, Closed as BorrowedClosed, Event, MessageKind};

/// The last event that was found, copied out of the receive buffer, so that
/// it can be lent without the lock.
#[derive(Debug, Default)]
pub(crate) struct Lent {
    text: String,
    data: Vec<u8>,
}

/// What the last event was.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Text,
    RawText,
    Binary,
    Chunk {
        kind: MessageKind,
        first: bool,
        last: bool,
    },
    Ping,
    Pong,
    Closed(BorrowedClosed<'static>),
}

/// What is kept of a buffer that a smaller event does not need.
const KEEP: usize = 64 << 10;

impl Lent {
    /// `None`: an event of no interest.
    pub(crate) fn keep(&mut self, event: &Event<'_>) -> Option<Found> {
        Some(match *event {
            Event::Text(text) => {
                self.text.clear();
                if text.len() <= KEEP {
                    self.text.shrink_to(KEEP);
                }
                self.text.push_str(text);
                Found::Text
            }
            Event::RawText(data) => {
                self.put(data);
                Found::RawText
            }
            Event::Binary(data) => {
                self.put(data);
                Found::Binary
            }
            Event::Chunk(chunk) => {
                self.put(chunk.data);
                Found::Chunk {
                    kind: chunk.kind,
                    first: chunk.first,
                    last: chunk.last,
                }
            }
            Event::Ping(payload) => {
                self.put(payload);
                Found::Ping
            }
            Event::Pong(payload) => {
                self.put(payload);
                Found::Pong
            }
            Event::Closed(closed) => {
                self.text.clear();
                self.text.push_str(closed.reason);
                Found::Closed(BorrowedClosed {
                    reason: "",
                    ..closed
                })
            }
            _ => return None,
        })
    }

    fn put(&mut self, data: &[u8]) {
        self.data.clear();
        if data.len() <= KEEP {
            self.data.shrink_to(KEEP);
        }
        self.data.extend_from_slice(data);
    }

    pub(super) fn take_text(&mut self) -> String {
        core::mem::take(&mut self.text)
    }

    pub(super) fn take_data(&mut self) -> Vec<u8> {
        core::mem::take(&mut self.data)
    }

    pub(crate) fn event(&self, found: Found) -> Event<'_> {
        match found {
            Found::Text => Event::Text(&self.text),
            Found::RawText => Event::RawText(&self.data),
            Found::Binary => Event::Binary(&self.data),
            Found::Chunk { kind, first, last } => Event::Chunk(Chunk {
                kind,
                data: &self.data,
                first,
                last,
            }),
            Found::Ping => Event::Ping(&self.data),
            Found::Pong => Event::Pong(&self.data),
            Found::Closed(closed) => Event::Closed(BorrowedClosed {
                reason: &self.text,
                ..closed
            }),
        }
    }
}
