//! The server's opening handshake (RFC 6455 §4.1): reading it into the
//! caller's buffer, and what a caller sees of it.

use core::fmt;

use super::{HandshakeError, ResponseError};
use crate::{
    buffer::Buffer,
    error::{CapacityError, Limit},
    http::{
        BodyLength, Chunked, HeadScanner, Headers, MAX_HEADERS, ResponseHead, ScanError,
        split_once, trim,
    },
};

/// How much of a response to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseLimits {
    /// The longest head, in bytes; 16 KiB by default. Interim responses (1xx)
    /// count towards it. The receive buffer is a limit too.
    pub max_head_size: usize,
    /// The most header lines; 64 by default, and never more than 128.
    pub max_headers: usize,
    /// How much of the body of a refusal to keep, in bytes; 16 KiB by
    /// default, and never more than the receive buffer has room for. With 0
    /// the handshake ends at the head.
    pub max_body_size: usize,
}

impl ResponseLimits {
    /// The default limits.
    pub const DEFAULT: Self = Self {
        max_head_size: 16 * 1024,
        max_headers: 64,
        max_body_size: 16 * 1024,
    };
}

impl Default for ResponseLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The final response, borrowed from the receive buffer.
///
/// `Debug` shows the names of secret headers but not their values.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    pub(super) head: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) status: u16,
    pub(super) subprotocol: Option<&'a str>,
}

impl<'a> Response<'a> {
    /// The HTTP status, such as 101 or 403.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase; empty where there is none or it is not UTF-8.
    pub fn reason(&self) -> &'a str {
        // HTTP/1.1 SP status SP reason CR LF
        let line = split_once(self.head, b'\r').map_or(self.head, |(line, _)| line);
        let mut parts = line.splitn(3, |byte| *byte == b' ');
        str::from_utf8(trim(parts.nth(2).unwrap_or(&[]))).unwrap_or("")
    }

    /// All headers, in order, repeated ones included.
    pub fn headers(&self) -> Headers<'a> {
        Headers::of_head(self.head)
    }

    /// The value of the first header of this name, in any case, where it is
    /// UTF-8.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        let (_, value) = self
            .headers()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        str::from_utf8(value).ok()
    }

    /// As much of a refusal's body as arrived, fits the buffer and the
    /// limit allows; without the framing of a chunked one. Empty after 101.
    pub const fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The subprotocol that the server chose out of those offered.
    pub const fn subprotocol(&self) -> Option<&'a str> {
        self.subprotocol
    }
}

impl fmt::Debug for Response<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("reason", &self.reason())
            .field("headers", &self.headers())
            .field("body_len", &self.body.len())
            .finish()
    }
}

/// Reads one final response, skipping interim ones.
///
/// ```text
/// rx  [ head          | body, or the first frames | free        ]
///     ^0              ^head_len                   ^filled
/// ```
#[derive(Debug)]
pub(super) struct ResponseReader {
    limits: ResponseLimits,
    /// Bytes of interim responses that are gone from the buffer.
    skipped: usize,
    filled: usize,
    scanner: HeadScanner,
    final_head: Option<FinalHead>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct FinalHead {
    pub(super) head: ResponseHead,
    pub(super) len: usize,
    body: Body,
}

#[derive(Debug, Clone, Copy)]
enum Body {
    /// This many bytes, or until the transport ends.
    Plain(u64),
    Chunked(Chunked),
}

/// How much a growing buffer grows at least.
const STEP: usize = 1024;

impl ResponseReader {
    pub(super) fn new(limits: ResponseLimits, rx: &mut impl Buffer) -> Result<Self, CapacityError> {
        let reader = Self {
            limits,
            skipped: 0,
            filled: 0,
            scanner: HeadScanner::default(),
            final_head: None,
        };
        match reader.max_head_len(rx) {
            0 => Err(reader.too_long(rx)),
            most => {
                rx.reserve(most.min(STEP))?;
                Ok(reader)
            }
        }
    }

    /// The length of what has arrived and is still in the buffer.
    pub(super) const fn filled(&self) -> usize {
        self.filled
    }

    pub(super) const fn final_head(&self) -> Option<FinalHead> {
        self.final_head
    }

    /// Where the body of a refusal ends.
    pub(super) fn body_end(&self) -> usize {
        self.filled.min(self.body_limit())
    }

    /// `n` more bytes are in the buffer. True once the final response has
    /// arrived as far as it is wanted; until then there is room for more.
    pub(super) fn received(
        &mut self,
        n: usize,
        rx: &mut impl Buffer,
    ) -> Result<bool, HandshakeError> {
        let start = self.filled;
        self.filled = start.saturating_add(n).min(rx.bytes().len());
        let body_start = match self.final_head {
            Some(_) => start,
            None => match self.read_heads(rx)? {
                Some(head) => head.len,
                None => {
                    self.make_room(self.max_head_len(rx), rx)?;
                    return Ok(false);
                }
            },
        };
        Ok(self.read_body(body_start, rx))
    }

    /// Looks for the end of a head, and again after each interim one.
    fn read_heads(&mut self, rx: &mut impl Buffer) -> Result<Option<FinalHead>, HandshakeError> {
        loop {
            let max_len = self.max_head_len(rx);
            let max_headers = self.limits.max_headers.min(MAX_HEADERS);
            let bytes = rx.bytes().get(..self.filled).unwrap_or(&[]);
            let len = match self.scanner.advance(bytes, max_len, max_headers) {
                Ok(Some(len)) => len,
                Ok(None) => return Ok(None),
                Err(ScanError::Malformed(error)) => return Err(ResponseError::from(error).into()),
                Err(ScanError::TooLong) => return Err(self.too_long(rx).into()),
                Err(ScanError::TooManyHeaders) => {
                    return Err(HandshakeError::Capacity(CapacityError {
                        limit: Limit::ResponseHeaders,
                        needed: max_headers as u64 + 1,
                        allowed: max_headers as u64,
                    }));
                }
            };
            let bytes = bytes.get(..len).unwrap_or(&[]);
            #[cfg(feature = "log")]
            crate::http::trace_head("<", bytes);
            let head =
                ResponseHead::parse(bytes, self.scanner.headers()).map_err(ResponseError::from)?;
            // RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx
            // responses received prior to a final response".
            if matches!(head.status, 100 | 102..=199) {
                rx.bytes_mut().copy_within(len..self.filled, 0);
                self.filled -= len;
                self.skipped = self.skipped.saturating_add(len);
                self.scanner = HeadScanner::default();
                continue;
            }
            let body = match head.status {
                101 => Body::Plain(0),
                status => match BodyLength::of(status, Headers::of_head(bytes))
                    .map_err(ResponseError::from)?
                {
                    BodyLength::Bytes(length) => Body::Plain(length),
                    BodyLength::UntilClose => Body::Plain(u64::MAX),
                    BodyLength::Chunked => Body::Chunked(Chunked::new()),
                },
            };
            let head = FinalHead { head, len, body };
            self.final_head = Some(head);
            return Ok(Some(head));
        }
    }

    /// Whether the body is there as far as it is wanted. New bytes begin at
    /// `start`.
    fn read_body(&mut self, start: usize, rx: &mut impl Buffer) -> bool {
        let Some(head) = &mut self.final_head else {
            return false;
        };
        let complete = match &mut head.body {
            Body::Plain(_) => false,
            Body::Chunked(chunked) => {
                self.filled = chunked.decode(rx.bytes_mut(), start, self.filled);
                chunked.is_over()
            }
        };
        let most = self.body_limit();
        // A buffer that cannot grow any further ends the body too.
        complete || self.filled >= most || self.make_room(most, rx).is_err()
    }

    /// Where in the buffer the body ends at the latest.
    fn body_limit(&self) -> usize {
        let Some(head) = self.final_head else {
            return 0;
        };
        let length = match head.body {
            Body::Plain(length) => usize::try_from(length).unwrap_or(usize::MAX),
            Body::Chunked(_) => usize::MAX,
        };
        head.len
            .saturating_add(length.min(self.limits.max_body_size))
    }

    /// Makes sure that the buffer has free space, given that `most` bytes
    /// of it, more than are filled, are of use.
    fn make_room(&self, most: usize, rx: &mut impl Buffer) -> Result<(), CapacityError> {
        if self.filled < rx.bytes().len() {
            return Ok(());
        }
        let wanted = self.filled.saturating_add(STEP).min(most);
        rx.reserve(wanted.min(rx.max_len()).max(self.filled.saturating_add(1)))
    }

    fn max_head_len(&self, rx: &impl Buffer) -> usize {
        self.limits
            .max_head_size
            .saturating_sub(self.skipped)
            .min(rx.max_len())
    }

    fn too_long(&self, rx: &impl Buffer) -> CapacityError {
        let (limit, allowed) = if rx.max_len() < self.limits.max_head_size - self.skipped {
            (Limit::Buffer, rx.max_len())
        } else {
            (Limit::ResponseHead, self.limits.max_head_size)
        };
        CapacityError {
            limit,
            needed: allowed as u64 + 1,
            allowed: allowed as u64,
        }
    }
}
