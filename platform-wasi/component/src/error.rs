//! Errors of hybi-wasi as those of the interface.

use hybi_wasi::{ConnectError, Kind};

use crate::bindings::exports::hybi::websocket::client::{Error, ErrorKind};

pub(crate) fn of_connect(error: ConnectError) -> Error {
    Error {
        kind: kind(error.kind()),
        message: error.to_string(),
        status: error.status(),
    }
}

pub(crate) fn of_socket(error: hybi_wasi::Error) -> Error {
    Error {
        kind: kind(error.kind()),
        message: error.to_string(),
        status: None,
    }
}

/// Settings that cannot be used.
pub(crate) fn of_settings(error: impl core::fmt::Display) -> Error {
    Error {
        kind: ErrorKind::Usage,
        message: error.to_string(),
        status: None,
    }
}

const fn kind(kind: Kind) -> ErrorKind {
    match kind {
        Kind::Usage => ErrorKind::Usage,
        Kind::Url => ErrorKind::Url,
        Kind::Resolve => ErrorKind::Resolve,
        Kind::Connect => ErrorKind::Connect,
        Kind::Timeout => ErrorKind::Timeout,
        Kind::Proxy => ErrorKind::Proxy,
        Kind::Tls => ErrorKind::Tls,
        Kind::Handshake => ErrorKind::Handshake,
        Kind::Redirect => ErrorKind::Redirect,
        Kind::Protocol => ErrorKind::Protocol,
        Kind::Utf8 => ErrorKind::Utf8,
        Kind::TooBig => ErrorKind::TooBig,
        // Kinds that are added later lack a word here.
        _ => ErrorKind::Io,
    }
}
