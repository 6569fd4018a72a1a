//! Storage for received bytes that knows which of them are text.

use core::ops::Range;

use super::super::utf8::{Utf8Validator, is_utf8, to_str};
use crate::{
    buffer::Buffer,
    error::{CapacityError, ProtocolError},
};

/// A buffer, and the one text in it that was checked.
///
/// What holds between calls: the bytes `start..end` of the buffer went through `utf8`, in this
/// order, and have not changed since; what `utf8` keeps is all that is unfinished at their end.
/// Where `whole`, they are valid UTF-8. Every method that could change one of them forgets them.
#[derive(Debug)]
pub(crate) struct Store<B> {
    buffer: B,
    start: usize,
    end: usize,
    utf8: Utf8Validator,
    whole: bool,
}

impl<B: Buffer> Store<B> {
    pub(crate) const fn new(buffer: B) -> Self {
        Self {
            buffer,
            start: 0,
            end: 0,
            utf8: Utf8Validator::new(),
            whole: false,
        }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    pub(crate) fn max_len(&self) -> usize {
        self.buffer.max_len()
    }

    /// See [`Buffer::reserve`].
    pub(crate) fn reserve(&mut self, len: usize) -> Result<(), CapacityError> {
        // It "keeps its contents": so does every `Steady` buffer, and no other counts.
        self.buffer.reserve(len)
    }

    /// See [`Buffer::shrink`].
    pub(crate) fn shrink(&mut self, keep: usize) {
        self.forget();
        self.buffer.shrink(keep);
    }

    /// The bytes from `start` on, to be written.
    #[inline]
    pub(crate) fn free(&mut self, start: usize) -> &mut [u8] {
        if start < self.end {
            self.forget();
        }
        self.buffer.bytes_mut().get_mut(start..).unwrap_or_default()
    }

    /// Moves bytes to `to`. The text goes with them where all of it is among them.
    pub(crate) fn shift(&mut self, from: Range<usize>, to: usize) {
        let bytes = self.buffer.bytes_mut();
        if from.start == to || from.start > from.end || from.end > bytes.len() || to > from.start {
            return;
        }
        let len = from.end - from.start;
        bytes.copy_within(from.clone(), to);
        if from.start <= self.start && self.end <= from.end {
            self.start = to + (self.start - from.start);
            self.end = to + (self.end - from.start);
        } else if self.start < to + len && to < self.end {
            self.forget();
        }
    }

    /// No text is known any more.
    fn forget(&mut self) {
        self.begin_text(0);
    }

    /// A text begins at `start`, with nothing of it here.
    pub(crate) fn begin_text(&mut self, start: usize) {
        (self.start, self.end) = (start, start);
        self.utf8 = Utf8Validator::new();
        self.whole = false;
    }

    /// Checks the text on to `end`.
    pub(crate) fn extend_text(&mut self, end: usize) -> Result<(), ProtocolError> {
        self.whole = false;
        let more = self.buffer.bytes().get(self.end..end);
        let checked = more.map_or(Err(ProtocolError::InvalidUtf8), |more| self.utf8.feed(more));
        match checked {
            Ok(()) => self.end = end,
            Err(_) => self.forget(),
        }
        checked
    }

    /// The text ends here: not inside a code point.
    pub(crate) fn finish_text(&mut self) -> Result<(), ProtocolError> {
        let checked = self.utf8.finish();
        match checked {
            Ok(()) => self.whole = true,
            Err(_) => self.forget(),
        }
        checked
    }

    /// Whether these bytes are a text. It is the one that is known then.
    #[inline]
    pub(crate) fn check_text(&mut self, start: usize, end: usize) -> bool {
        self.begin_text(start);
        let text = self.buffer.bytes().get(start..end).is_some_and(is_utf8);
        if text {
            self.end = end;
            self.whole = true;
        }
        text
    }

    /// These bytes as text: without a look at them where it is the one that is known. Empty where
    /// they are no text.
    #[inline]
    pub(crate) fn text(&self, start: usize, end: usize) -> &str {
        let bytes = self.buffer.bytes().get(start..end).unwrap_or_default();
        let known = self.whole && (start, end) == (self.start, self.end);
        if known && B::steadiness().is_known() {
            // SAFETY: `whole`, so these bytes are valid UTF-8; a `Steady` buffer lends the bytes
            // that it lent when they were checked.
            unsafe { core::str::from_utf8_unchecked(bytes) }
        } else {
            to_str(bytes)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(text: &str) -> Store<[u8; 32]> {
        let mut store = Store::new([0; 32]);
        store.free(0)[..text.len()].copy_from_slice(text.as_bytes());
        store
    }

    #[test]
    fn a_text_is_known_as_long_as_nothing_touches_it() {
        let mut store = store("..κόσμε..");
        assert_eq!(store.text(2, 12), "κόσμε", "looked at, as nothing is known");
        assert!(store.check_text(2, 12));
        assert!(store.whole);
        assert_eq!(store.text(2, 12), "κόσμε");
        assert_eq!(store.text(2, 3), "", "half a code point");
        assert_eq!(store.text(2, 4), "κ");
        store.free(12)[0] = 0xFF;
        assert!(store.whole);
        store.free(11)[0] = 0xFF;
        assert!(!store.whole);
        assert_eq!(store.text(2, 12), "");
        assert!(!store.check_text(2, 12));
        assert!(!store.check_text(30, 33));
    }

    #[test]
    fn a_text_moves() {
        for (from, to, whole, expected) in [
            (2..12, 0, true, (0, 10)),
            (1..20, 0, true, (1, 11)),
            (12..20, 2, false, (0, 0)),
            (13..14, 1, true, (2, 12)),
            (3..12, 0, false, (0, 0)),
            (2..11, 0, false, (0, 0)),
            (13..20, 12, true, (2, 12)),
        ] {
            let mut store = store("..κόσμε..");
            assert!(store.check_text(2, 12));
            store.shift(from.clone(), to);
            assert_eq!(store.whole, whole, "{from:?} to {to}");
            assert_eq!((store.start, store.end), expected, "{from:?} to {to}");
            if whole {
                assert_eq!(store.text(expected.0, expected.1), "κόσμε");
            }
        }
    }

    #[test]
    fn a_text_piece_by_piece() {
        let mut store = store("κόσμε");
        store.begin_text(0);
        for end in [1, 2, 5] {
            store.extend_text(end).unwrap();
            assert_eq!(store.text(0, 4), "κό");
        }
        assert!(store.finish_text().is_err(), "inside a code point");
        store.begin_text(0);
        for end in 1..=10 {
            store.extend_text(end).unwrap();
        }
        store.finish_text().unwrap();
        assert!(store.whole);
        assert_eq!(store.text(0, 10), "κόσμε");
        assert!(store.extend_text(33).is_err());
        assert!(!store.whole);
    }

    /// Storage that lends what it likes.
    #[derive(Debug)]
    struct Liar([u8; 8], core::cell::Cell<u8>);

    impl Buffer for Liar {
        fn bytes(&self) -> &[u8] {
            self.1.set(self.1.get() + 1);
            if self.1.get() > 1 {
                &[0xFF; 8]
            } else {
                &self.0
            }
        }
        fn bytes_mut(&mut self) -> &mut [u8] {
            &mut self.0
        }
        fn max_len(&self) -> usize {
            8
        }
        fn reserve(&mut self, _: usize) -> Result<(), CapacityError> {
            Ok(())
        }
    }

    #[test]
    fn storage_of_others_is_looked_at_again() {
        let mut store = Store::new(Liar([b'a'; 8], core::cell::Cell::new(0)));
        assert!(store.check_text(0, 8));
        assert!(store.whole);
        assert_eq!(store.text(0, 8), "");
    }
}
