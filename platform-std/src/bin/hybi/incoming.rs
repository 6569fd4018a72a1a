//! A message that arrives in parts, and how far it is.

use std::time::Instant;

use hybi_std::{Event, MessageKind};

use crate::{output::Output, progress::Progress};

#[derive(Debug, Default)]
pub(crate) struct Incoming {
    pub(crate) data: Vec<u8>,
    pub(crate) progress: Option<Progress>,
}

impl Incoming {
    /// Adds a part. True: the message is whole.
    pub(crate) fn add(&mut self, part: &[u8], last: bool, output: &Output) -> bool {
        self.data.extend_from_slice(part);
        let progress = self
            .progress
            .get_or_insert_with(|| Progress::new("receiving", "a message", None));
        let now = Instant::now();
        let line = progress.advance(part.len(), now);
        if last {
            if progress.finish(now).is_some() {
                output.passing("");
            }
            self.progress = None;
        } else if let Some(line) = line {
            output.passing(&line);
        }
        last
    }
}

/// A message that is whole.
pub(crate) fn message(kind: MessageKind, data: &[u8]) -> Event<'_> {
    match kind {
        // The core has checked it, part by part.
        MessageKind::Text => Event::Text(str::from_utf8(data).unwrap_or_default()),
        MessageKind::Binary => Event::Binary(data),
    }
}
