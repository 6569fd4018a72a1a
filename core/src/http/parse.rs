//! Response heads (RFC 9112 §4, §5): finding the end in one pass over bytes
//! that arrive in pieces, then one run of `httparse` over the whole head.

use super::{HeadError, split_once, trim};

/// Looks for the empty line that ends a head. Keeps its place, so each byte
/// is looked at once, however small the pieces are.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct HeadScanner {
    scanned: usize,
    /// Lines that ended: the status line and the header lines.
    lines: usize,
}

/// Where the scanner stopped short of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScanError {
    Malformed(HeadError),
    /// More bytes than allowed.
    TooLong,
    /// More header lines than allowed.
    TooManyHeaders,
}

const PREFIX: &[u8] = b"HTTP/1.";
const NAME_LEN: usize = b"HTTP/".len();

impl HeadScanner {
    pub(crate) const fn new() -> Self {
        Self {
            scanned: 0,
            lines: 0,
        }
    }

    /// Goes on over `bytes`, which begin where the head begins and have only
    /// grown since. `Ok(None)`: more bytes are needed. `Ok(Some(len))`: the
    /// head is the first `len` bytes.
    ///
    /// Errors depend on the bytes alone, not on how they arrived.
    pub(crate) fn advance(
        &mut self,
        bytes: &[u8],
        max_len: usize,
        max_headers: usize,
    ) -> Result<Option<usize>, ScanError> {
        let mut previous = match self.scanned.checked_sub(1) {
            Some(last) => bytes.get(last).copied().unwrap_or(0),
            None => 0,
        };
        for byte in bytes.iter().copied().skip(self.scanned) {
            let at = self.scanned;
            if at >= max_len {
                return Err(ScanError::TooLong);
            }
            if PREFIX.get(at).is_some_and(|expected| *expected != byte) {
                return Err(ScanError::Malformed(if at < NAME_LEN {
                    HeadError::NotHttp
                } else {
                    HeadError::Version
                }));
            }
            // RFC 9112 §2.2 lets a recipient take a bare LF for a line end.
            // Whoever stands between may not, and then both see different
            // heads; so neither a bare LF nor a bare CR passes here.
            if (byte == b'\n') != (previous == b'\r') {
                return Err(ScanError::Malformed(HeadError::LineEnding));
            }
            previous = byte;
            self.scanned = at + 1;
            if byte == b'\n' {
                let line_is_empty = at
                    .checked_sub(3)
                    .and_then(|start| bytes.get(start..at))
                    .is_some_and(|before| before == b"\r\n\r");
                if line_is_empty {
                    return Ok(Some(self.scanned));
                }
                if self.lines > max_headers {
                    return Err(ScanError::TooManyHeaders);
                }
                self.lines += 1;
            }
        }
        if self.scanned >= max_len {
            return Err(ScanError::TooLong);
        }
        Ok(None)
    }

    /// The number of header lines, once the end is found.
    pub(crate) const fn headers(&self) -> usize {
        self.lines.saturating_sub(1)
    }
}

/// What the status line of a valid head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// The x of HTTP/1.x.
    pub(crate) minor_version: u8,
    pub(crate) status: u16,
}

impl ResponseHead {
    /// Checks a whole head, its empty line included, that has `headers`
    /// header lines.
    pub(crate) fn parse(head: &[u8], headers: usize) -> Result<Self, HeadError> {
        // The scratch for httparse is on the stack: small heads take little.
        match headers {
            0..=16 => Self::parse_with::<16>(head),
            17..=64 => Self::parse_with::<64>(head),
            _ => Self::parse_with::<MAX_HEADERS>(head),
        }
    }

    /// Out of line, so that only one scratch is ever on the stack.
    #[inline(never)]
    fn parse_with<const N: usize>(head: &[u8]) -> Result<Self, HeadError> {
        Self::parse_into(head, &mut [httparse::EMPTY_HEADER; N])
    }

    fn parse_into<'a>(
        head: &'a [u8],
        headers: &mut [httparse::Header<'a>],
    ) -> Result<Self, HeadError> {
        let mut response = httparse::Response::new(headers);
        let parsed = response.parse(head).map_err(|error| match error {
            httparse::Error::Version => HeadError::Version,
            httparse::Error::Status | httparse::Error::Token => HeadError::StatusLine,
            httparse::Error::NewLine => HeadError::LineEnding,
            _ => HeadError::Header,
        })?;
        match (parsed, response.version, response.code) {
            (httparse::Status::Complete(_), Some(minor_version), Some(status)) => Ok(Self {
                minor_version,
                status,
            }),
            _ => Err(HeadError::StatusLine),
        }
    }
}

/// The most header lines that a response may have, whatever the limits say.
pub(crate) const MAX_HEADERS: usize = 128;

/// How the length of a response's body is told (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLength {
    Bytes(u64),
    Chunked,
    UntilClose,
}

impl BodyLength {
    pub(crate) fn of(status: u16, headers: Headers<'_>) -> Result<Self, HeadError> {
        let mut length = Self::UntilClose;
        let mut encoded = false;
        let mut chunked = false;
        for (name, value) in headers {
            if name.eq_ignore_ascii_case("Transfer-Encoding") {
                encoded = true;
                chunked = value
                    .rsplit(|byte| *byte == b',')
                    .next()
                    .is_some_and(|last| trim(last).eq_ignore_ascii_case(b"chunked"));
            } else if name.eq_ignore_ascii_case("Content-Length") {
                let this = Self::Bytes(decimal(value).ok_or(HeadError::ContentLength)?);
                if length != Self::UntilClose && length != this {
                    return Err(HeadError::ContentLength);
                }
                length = this;
            }
        }
        Ok(match status {
            100..=199 | 204 | 304 => Self::Bytes(0),
            _ if chunked => Self::Chunked,
            _ if encoded => Self::UntilClose,
            _ => length,
        })
    }
}

/// Digits only, and at most `u64::MAX`.
fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// The header lines of a head: pairs of name and value. Values have no
/// whitespace at their ends; they are bytes because HTTP does not say that
/// they are UTF-8.
#[derive(Clone)]
pub struct Headers<'a> {
    rest: &'a [u8],
}

impl<'a> Headers<'a> {
    /// The header lines of a whole head, whose first line is skipped.
    pub(crate) fn of_head(head: &'a [u8]) -> Self {
        Self {
            rest: split_once(head, b'\n').map_or(&[], |(_, rest)| rest),
        }
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = (&'a str, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (line, rest) = split_once(self.rest, b'\n')?;
        self.rest = rest;
        let (name, value) = split_once(line.strip_suffix(b"\r")?, b':')?;
        Some((str::from_utf8(name).ok()?, trim(value)))
    }
}

impl core::fmt::Debug for Headers<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.clone() {
            let value = str::from_utf8(value).unwrap_or("(not UTF-8)");
            map.entry(&name, &super::shown(name, value));
        }
        map.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_scanner_keeps_its_place() {
        let head = b"HTTP/1.1 101 x\r\nA: b\r\nC:\r\n\r\nmore";
        let mut scanner = HeadScanner::default();
        for end in 0..head.len() - 4 {
            assert_eq!(scanner.advance(&head[..end], 99, 2), Ok(None), "{end}");
            assert_eq!(scanner.scanned, end);
        }
        assert_eq!(scanner.advance(head, 99, 2), Ok(Some(head.len() - 4)));
        assert_eq!(scanner.headers(), 2);
    }

    #[test]
    fn the_scanner_fails_at_the_first_wrong_byte() {
        for (bytes, error) in [
            (&b"S"[..], HeadError::NotHttp),
            (b"HTTQ", HeadError::NotHttp),
            (b"HTTP/2", HeadError::Version),
            (b"HTTP/1,", HeadError::Version),
            (b"HTTP/1.1\n", HeadError::LineEnding),
            (b"HTTP/1.1\rx", HeadError::LineEnding),
            (b"HTTP/1.1\r\r", HeadError::LineEnding),
            (b"HTTP/1.1\r\n\n", HeadError::LineEnding),
        ] {
            let before = &bytes[..bytes.len() - 1];
            let mut scanner = HeadScanner::default();
            assert_eq!(scanner.advance(before, 99, 9), Ok(None), "{bytes:?}");
            let result = scanner.advance(bytes, 99, 9);
            assert_eq!(result, Err(ScanError::Malformed(error)), "{bytes:?}");
        }
    }

    #[test]
    fn limits_are_exact() {
        let head = b"HTTP/1.1 101 x\r\nA: b\r\n\r\n";
        let scan =
            |max_len, max_headers| HeadScanner::default().advance(head, max_len, max_headers);
        assert_eq!(scan(head.len(), 1), Ok(Some(head.len())));
        assert_eq!(scan(head.len() - 1, 1), Err(ScanError::TooLong));
        assert_eq!(scan(head.len(), 0), Err(ScanError::TooManyHeaders));
        let mut scanner = HeadScanner::default();
        assert_eq!(scanner.advance(b"HTTP/1.1", 8, 0), Err(ScanError::TooLong));
    }

    #[test]
    fn heads_with_any_number_of_headers() {
        for headers in [0, 1, 16, 17, 64, 65, 128] {
            let mut head = b"HTTP/1.0 204\r\n".to_vec();
            head.extend(b"A: b\r\n".repeat(headers));
            head.extend(b"\r\n");
            let expected = ResponseHead {
                minor_version: 0,
                status: 204,
            };
            assert_eq!(ResponseHead::parse(&head, headers), Ok(expected));
            assert_eq!(Headers::of_head(&head).count(), headers);
        }
    }

    #[test]
    fn headers_are_trimmed_pairs() {
        let head = b"HTTP/1.1 200 OK\r\nA: b: c\r\nD:\t e \r\nF:\r\n\r\nG: h\r\n";
        let all: Vec<_> = Headers::of_head(head).collect();
        assert_eq!(all, [("A", &b"b: c"[..]), ("D", b"e"), ("F", b"")]);
        let shown = std::format!("{:?}", Headers::of_head(b"x\r\nset-cookie: a=1\r\n"));
        assert_eq!(shown, r#"{"set-cookie": "***"}"#);
        for broken in [
            &b""[..],
            b"x",
            b"x\r\n",
            b"x\r\ny",
            b"x\r\ny: z",
            b"x\r\n\xff: z\r\n",
        ] {
            assert_eq!(Headers::of_head(broken).count(), 0);
        }
    }

    #[test]
    fn body_lengths() {
        for (status, headers, expected) in [
            (200, "", Ok(BodyLength::UntilClose)),
            (200, "content-length: 07\r\n", Ok(BodyLength::Bytes(7))),
            (304, "Content-Length: 7\r\n", Ok(BodyLength::Bytes(0))),
            (
                200,
                "Content-Length: 7, 7\r\n",
                Err(HeadError::ContentLength),
            ),
            (
                200,
                "Content-Length: 0x7\r\n",
                Err(HeadError::ContentLength),
            ),
            (
                200,
                "Transfer-Encoding: gzip\r\nContent-Length: 7\r\n",
                Ok(BodyLength::UntilClose),
            ),
            (
                200,
                "Transfer-Encoding: gzip,chunked\r\n",
                Ok(BodyLength::Chunked),
            ),
            (
                200,
                "Transfer-Encoding: chunked, gzip\r\n",
                Ok(BodyLength::UntilClose),
            ),
        ] {
            let head = std::format!("HTTP/1.1 {status} x\r\n{headers}\r\n");
            let headers = Headers::of_head(head.as_bytes());
            assert_eq!(BodyLength::of(status, headers), expected, "{head}");
        }
    }
}
