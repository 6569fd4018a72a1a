//! What an HTTP proxy answered.

use core::fmt;

use crate::http::{Headers, split_once, trim};

/// An HTTP proxy's final response, borrowed from the receive buffer.
///
/// `Debug` shows the names of secret headers but not their values.
#[derive(Clone, Copy)]
pub struct ProxyResponse<'a> {
    pub(super) head: &'a [u8],
    pub(super) status: u16,
}

impl<'a> ProxyResponse<'a> {
    /// The HTTP status, such as 200 or 407.
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

    /// All headers, in order, repeated ones included; the challenges of a 407
    /// are in `Proxy-Authenticate` (RFC 9110 §11.7.1).
    pub fn headers(&self) -> Headers<'a> {
        Headers::of_head(self.head)
    }
}

impl fmt::Debug for ProxyResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyResponse")
            .field("status", &self.status)
            .field("reason", &self.reason())
            .field("headers", &self.headers())
            .finish()
    }
}
