//! Sorts of errors.

use core::fmt;

/// The kind of an error, as the command line names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The caller asked for something that cannot be done.
    Usage,
    /// The URL is not one that can be opened.
    Url,
    /// The host's name has no address.
    Resolve,
    /// No address of the host accepts a connection.
    Connect,
    /// A deadline passed.
    Timeout,
    /// A proxy refused or cannot be reached.
    Proxy,
    /// TLS failed.
    Tls,
    /// The server refused the opening handshake or broke its rules.
    Handshake,
    /// A redirect cannot or may not be followed.
    Redirect,
    /// The peer broke the protocol.
    Protocol,
    /// The peer sent text that is not UTF-8.
    Utf8,
    /// The peer sent more than the limits allow.
    TooBig,
    /// The connection was lost.
    Io,
}

impl Kind {
    /// The name on the command line, such as `too_big`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Url => "url",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Handshake => "handshake",
            Self::Redirect => "redirect",
            Self::Protocol => "protocol",
            Self::Utf8 => "utf8",
            Self::TooBig => "too_big",
            Self::Io => "io",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
