//! What arrives while a write waits. A peer that writes without reading would
//! otherwise wait for this side to read, and this side for the peer.

use std::io::{self, Read};

/// Bytes that were read before anyone asked for them.
#[derive(Debug)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    start: usize,
    /// How the stream ended after these bytes.
    end: Option<io::Result<()>>,
    /// No more is kept.
    limit: usize,
}

/// No more is kept, whatever the largest message: what that is by default.
const AHEAD_LIMIT: usize = 64 << 20;

/// So much is read ahead at once.
const AHEAD_STEP: usize = 64 << 10;

impl Ahead {
    pub(super) const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            end: None,
            limit: AHEAD_LIMIT,
        }
    }

    /// Keeps no more than about the largest message takes.
    pub(super) fn bound(&mut self, largest_message: u64) {
        let largest = usize::try_from(largest_message).unwrap_or(usize::MAX);
        self.limit = largest.clamp(AHEAD_STEP, AHEAD_LIMIT);
    }

    pub(super) const fn has_room(&self) -> bool {
        self.end.is_none() && self.bytes.len() < self.limit
    }

    /// Reads what there is, up to the limit. `from` says `WouldBlock` where
    /// it would wait.
    pub(super) fn fill(&mut self, from: &mut impl Read) {
        while self.has_room() {
            let filled = self.bytes.len();
            self.bytes.resize(filled + AHEAD_STEP, 0);
            let room = self.bytes.get_mut(filled..).unwrap_or_default();
            let result = from.read(room);
            self.bytes
                .truncate(filled + result.as_ref().map_or(0, |&n| n));
            match result {
                Ok(0) => self.end = Some(Ok(())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => self.end = Some(Err(error)),
            }
        }
    }

    /// `None`: nothing is here, read the stream itself.
    pub(super) fn take(&mut self, buf: &mut [u8]) -> Option<io::Result<usize>> {
        let waiting = self.bytes.get(self.start..).unwrap_or_default();
        if waiting.is_empty() {
            return match self.end.take()? {
                Ok(()) => Some(Ok(0)),
                Err(error) => Some(Err(error)),
            };
        }
        let taken = waiting.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(waiting) {
            *to = *from;
        }
        self.start += taken;
        if self.start == self.bytes.len() {
            self.bytes = Vec::new();
            self.start = 0;
        }
        Some(Ok(taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each read gives so many bytes, or an error.
    struct Script(Vec<Result<usize, io::ErrorKind>>);

    impl Read for Script {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            match self.0.remove(0) {
                Ok(n) => {
                    buf[..n].fill(7);
                    Ok(n)
                }
                Err(kind) => Err(kind.into()),
            }
        }
    }

    #[test]
    fn bytes_come_before_the_end() {
        let mut ahead = Ahead::new();
        let mut buf = [0; 4];
        assert!(ahead.take(&mut buf).is_none());
        ahead.fill(&mut Script(vec![
            Ok(3),
            Err(io::ErrorKind::Interrupted),
            Ok(2),
            Err(io::ErrorKind::WouldBlock),
        ]));
        assert!(ahead.has_room());
        ahead.fill(&mut Script(vec![
            Ok(1),
            Err(io::ErrorKind::ConnectionReset),
        ]));
        assert!(!ahead.has_room());
        assert_eq!(ahead.take(&mut buf).unwrap().unwrap(), 4);
        assert_eq!(ahead.take(&mut buf).unwrap().unwrap(), 2);
        let error = ahead.take(&mut buf).unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert!(ahead.take(&mut buf).is_none());
    }

    #[test]
    fn there_is_a_limit() {
        let mut ahead = Ahead::new();
        let reads = AHEAD_LIMIT / AHEAD_STEP;
        ahead.fill(&mut Script(vec![Ok(AHEAD_STEP); reads]));
        assert!(!ahead.has_room());
        assert_eq!(ahead.bytes.len(), AHEAD_LIMIT);
    }

    #[test]
    fn a_small_largest_message_is_a_small_limit() {
        let mut ahead = Ahead::new();
        ahead.bound(1000);
        ahead.fill(&mut Script(vec![Ok(AHEAD_STEP)]));
        assert!(!ahead.has_room());
        ahead.bound(u64::MAX);
        assert_eq!(ahead.limit, AHEAD_LIMIT);
    }

    #[test]
    fn the_end_of_the_stream_is_kept() {
        let mut ahead = Ahead::new();
        ahead.fill(&mut Script(vec![Ok(0)]));
        assert!(!ahead.has_room());
        assert_eq!(ahead.take(&mut [0; 4]).unwrap().unwrap(), 0);
        assert!(ahead.has_room());
    }
}
