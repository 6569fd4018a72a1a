//! Chunked transfer coding (RFC 9112 §7.1), decoded in place.

/// Takes the framing out of a chunked body whose bytes arrive in pieces.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunked {
    state: State,
    /// Bytes that were no data so far.
    framing: u16,
}

/// So many bytes of framing end the body: sizes, extensions and trailers may
/// be of any length, and would never fill the buffer.
const MAX_FRAMING: u16 = 16 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In a chunk's size: what the digits say so far.
    Size { value: u64, digits: bool },
    /// In a chunk extension, which nobody uses.
    Extension { size: u64 },
    /// In a chunk: the bytes still to come.
    Data { left: u64 },
    /// Between a chunk's data and the next size.
    DataEnd,
    /// In the trailer section: bytes of the present line.
    Trailer { line: usize },
    /// The body is complete, or its framing is broken.
    End,
}

impl Chunked {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Size {
                value: 0,
                digits: false,
            },
            framing: 0,
        }
    }

    /// Whether the body is over, rightly or because its framing is broken.
    pub(crate) fn is_over(&self) -> bool {
        self.state == State::End
    }

    /// Decodes the bytes from `start` to `end` of `buffer` and leaves the
    /// data at `start`. Returns where the data ends.
    ///
    /// ```text
    /// before  [ decoded | 5 CR LF hello CR LF … ]
    ///                   ^start                  ^end
    /// after   [ decoded hello | free            ]
    ///                         ^returned
    /// ```
    pub(crate) fn decode(&mut self, buffer: &mut [u8], start: usize, end: usize) -> usize {
        let mut write = start;
        for read in start..end {
            let Some(byte) = buffer.get(read).copied() else {
                break;
            };
            if let State::Data { .. } = self.state
                && let Some(place) = buffer.get_mut(write)
            {
                *place = byte;
                write += 1;
            } else {
                self.framing = self.framing.saturating_add(1);
            }
            self.state = if self.framing > MAX_FRAMING {
                State::End
            } else {
                self.state.after(byte)
            };
        }
        write
    }
}

impl State {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (
                Self::Size {
                    value,
                    digits: true,
                },
                b'\n',
            ) => Self::sized(value),
            (
                Self::Size {
                    value,
                    digits: true,
                },
                b'\r' | b';' | b' ' | b'\t',
            ) => Self::Extension { size: value },
            (Self::Size { value, .. }, _) => match char::from(byte).to_digit(16) {
                Some(digit) if value >> 60 == 0 => Self::Size {
                    value: value << 4 | u64::from(digit),
                    digits: true,
                },
                _ => Self::End,
            },
            (Self::Extension { size }, b'\n') => Self::sized(size),
            (Self::Data { left: 1 }, _) => Self::DataEnd,
            (Self::Data { left }, _) => Self::Data { left: left - 1 },
            (Self::DataEnd, b'\n') => Self::Size {
                value: 0,
                digits: false,
            },
            (Self::DataEnd, b'\r') | (Self::Extension { .. }, _) => self,
            (Self::Trailer { line: 0 }, b'\n') => Self::End,
            (Self::Trailer { .. }, b'\n') => Self::Trailer { line: 0 },
            (Self::Trailer { .. }, b'\r') => self,
            (Self::Trailer { line }, _) => Self::Trailer {
                line: line.saturating_add(1),
            },
            (Self::DataEnd | Self::End, _) => Self::End,
        }
    }

    const fn sized(size: u64) -> Self {
        match size {
            0 => Self::Trailer { line: 0 },
            left => Self::Data { left },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &[u8], piece: usize) -> (std::vec::Vec<u8>, bool) {
        let mut buffer = std::vec![0; body.len() + 1];
        let mut chunked = Chunked::new();
        let mut end = 0;
        for piece in body.chunks(piece) {
            buffer[end..end + piece.len()].copy_from_slice(piece);
            end = chunked.decode(&mut buffer, end, end + piece.len());
        }
        buffer.truncate(end);
        (buffer, chunked.is_over())
    }

    #[test]
    fn bodies_in_pieces_of_every_size() {
        for (body, text, over) in [
            (&b"5\r\nhello\r\n0\r\n\r\n"[..], &b"hello"[..], true),
            (
                b"5;a=\"b\"\r\nhello\r\nA\r\n0123456789\r\n",
                b"hello0123456789",
                false,
            ),
            (b"1\r\na\r\n0\r\nTrailer: x\r\n\r\nafter", b"a", true),
            (b"0\r\n\r\n", b"", true),
            (b"", b"", false),
            (b"x\r\n", b"", true),
            (b"\r\n", b"", true),
            (b"2\r\nabc\r\n", b"ab", true),
            (b"fffffffffffffffff\r\nabc", b"", true),
            (b"ffffffffffffffff\r\nabc", b"abc", false),
        ] {
            for piece in 1..=body.len().max(1) {
                assert_eq!(
                    decode(body, piece),
                    (text.to_vec(), over),
                    "{body:?} by {piece}"
                );
            }
        }
    }
    #[test]
    fn framing_without_end_ends_the_body() {
        for (start, more) in [
            (&b""[..], b"0"),
            (b"1;", b"x"),
            (b"1\r\na\r\n0\r\n", b"x"),
            (b"1\r\na", b"\r"),
        ] {
            let body = [start, &more.repeat(usize::from(MAX_FRAMING))].concat();
            let (_, over) = decode(&body[..usize::from(MAX_FRAMING)], 100);
            assert!(!over, "{start:?}");
            let more = [&body[..], more].concat();
            assert!(decode(&more, 100).1, "{start:?}");
        }
    }
}
