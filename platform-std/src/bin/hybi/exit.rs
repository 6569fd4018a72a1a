//! Exit statuses.

use std::process::ExitCode;

use hybi_std::{CloseCode, Closed, Kind};

/// How the program ends, for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The closing handshake was completed with 1000, 1001 or no code.
    Closed = 0,
    /// The connection was lost, or an I/O error.
    Lost = 1,
    /// The command line or the URL cannot be used.
    Usage = 2,
    /// The opening handshake, a redirect or a proxy was refused.
    Refused = 3,
    /// TLS failed.
    Tls = 4,
    /// The peer broke the protocol.
    Peer = 5,
    /// A deadline passed.
    Deadline = 6,
    /// The peer closed with another code.
    Code = 7,
}

impl Exit {
    pub(crate) const fn of_error(kind: Kind) -> Self {
        match kind {
            Kind::Usage | Kind::Url => Self::Usage,
            Kind::Handshake | Kind::Redirect | Kind::Proxy => Self::Refused,
            Kind::Tls => Self::Tls,
            Kind::Protocol | Kind::Utf8 | Kind::TooBig => Self::Peer,
            Kind::Timeout => Self::Deadline,
            _ => Self::Lost,
        }
    }

    pub(crate) fn of_closed(closed: &Closed) -> Self {
        match closed.code {
            _ if !closed.clean => Self::Deadline,
            None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY) => Self::Closed,
            Some(_) => Self::Code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
