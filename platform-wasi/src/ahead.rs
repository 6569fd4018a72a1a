//! Bytes that were read before anyone asked for them: what arrives while a
//! write waits, and what a proxy sent after its answer.

use alloc::vec::Vec;

use crate::{layer::Layer, wire::WireError};

#[derive(Debug)]
pub(crate) struct Ahead {
    //  [ taken | waiting ]
    bytes: Vec<u8>,
    start: usize,
    /// How the stream ended after these bytes.
    end: Option<Result<(), WireError>>,
    /// No more is kept.
    limit: usize,
}

/// No more is kept, whatever the largest message: what that is by default.
const LIMIT: usize = 64 << 20;

/// So much is read ahead at once.
const STEP: usize = 64 << 10;

impl Ahead {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            end: None,
            limit: LIMIT,
        }
    }

    /// Keeps no more than about the largest message takes.
    pub(crate) fn bound(&mut self, largest_message: u64) {
        let largest = usize::try_from(largest_message).unwrap_or(usize::MAX);
        self.limit = largest.clamp(STEP, LIMIT);
    }

    #[cfg(feature = "tls")]
    pub(crate) const fn is_empty(&self) -> bool {
        self.start >= self.bytes.len() && self.end.is_none()
    }

    pub(crate) const fn has_room(&self) -> bool {
        self.end.is_none() && self.bytes.len() < self.limit
    }

    /// These come before all else.
    pub(crate) fn put_back(&mut self, bytes: &[u8]) {
        let waiting = self.bytes.get(self.start..).unwrap_or_default();
        self.bytes = [bytes, waiting].concat();
        self.start = 0;
    }

    /// Reads what there is, up to the limit.
    pub(crate) fn fill(&mut self, layer: &mut Layer) {
        while self.has_room() {
            let filled = self.bytes.len();
            self.bytes.resize(filled + STEP, 0);
            let result = layer.read(self.bytes.get_mut(filled..).unwrap_or_default());
            let read = result.as_ref().ok().copied().flatten().unwrap_or_default();
            self.bytes.truncate(filled + read);
            match result {
                Ok(Some(0)) => self.end = Some(Ok(())),
                Ok(Some(_)) => {}
                Ok(None) => return,
                Err(error) => self.end = Some(Err(error)),
            }
        }
    }

    /// `None`: nothing is here, read the stream itself.
    pub(crate) fn take(&mut self, buf: &mut [u8]) -> Option<Result<usize, WireError>> {
        let waiting = self.bytes.get(self.start..).unwrap_or_default();
        if waiting.is_empty() {
            return Some(self.end.take()?.map(|()| 0));
        }
        let n = waiting.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..n), waiting.get(..n)) {
            to.copy_from_slice(from);
        }
        self.start += n;
        if self.start == self.bytes.len() {
            self.bytes = Vec::new();
            self.start = 0;
        }
        Some(Ok(n))
    }
}
