//! What can go wrong between a component and its peer, and who can help.

use alloc::boxed::Box;
use core::{error::Error, fmt};

use embedded_io::ErrorKind;
use wasi::{io::streams::StreamError, sockets::network::ErrorCode};

use crate::dial::AddressFamily;

/// Why a connection could not be made or was lost.
///
/// The [`Display`](fmt::Display) text of the two denials names the flag of
/// wasmtime, and the line of Spin's manifest, that grants what is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WasiError {
    /// The host does not let this component use the network, or not this
    /// address.
    NetworkDenied,
    /// The host does not let this component look names up, or its resolver
    /// failed for good; WASI has one code for both.
    LookupDenied,
    /// The host name is not one.
    InvalidName,
    /// The name has no address.
    NameNotFound,
    /// The name has no address of this family.
    NoAddressOf(AddressFamily),
    /// The resolver failed for now.
    LookupFailed,
    /// Nobody listens at the address.
    Refused,
    /// No route leads to the address.
    Unreachable,
    /// The deadline passed, or the host gave up first.
    TimedOut,
    /// The host has no socket or no memory left for this component.
    Exhausted,
    /// This side has shut the stream down, or the stream failed before.
    Closed,
    /// The connection was lost, say, reset. Holds the host's own words.
    Lost(Box<str>),
    /// Anything else: the code's name in `wasi:sockets/network`.
    Other(&'static str),
}

impl WasiError {
    /// From an operation of `wasi:sockets/ip-name-lookup`.
    pub(crate) fn from_lookup(code: ErrorCode) -> Self {
        match code {
            ErrorCode::AccessDenied | ErrorCode::PermanentResolverFailure => Self::LookupDenied,
            ErrorCode::InvalidArgument => Self::InvalidName,
            ErrorCode::NameUnresolvable => Self::NameNotFound,
            ErrorCode::TemporaryResolverFailure => Self::LookupFailed,
            code => Self::from_socket(code),
        }
    }

    /// From an operation of `wasi:sockets/tcp` or `tcp-create-socket`.
    pub(crate) fn from_socket(code: ErrorCode) -> Self {
        match code {
            ErrorCode::AccessDenied => Self::NetworkDenied,
            ErrorCode::ConnectionRefused => Self::Refused,
            ErrorCode::RemoteUnreachable => Self::Unreachable,
            ErrorCode::Timeout => Self::TimedOut,
            ErrorCode::NewSocketLimit | ErrorCode::OutOfMemory => Self::Exhausted,
            ErrorCode::ConnectionReset | ErrorCode::ConnectionAborted => {
                Self::Lost(code.name().into())
            }
            code => Self::Other(code.name()),
        }
    }

    /// From an operation of `wasi:io/streams`.
    pub(crate) fn from_stream(error: StreamError) -> Self {
        match error {
            StreamError::Closed => Self::Closed,
            StreamError::LastOperationFailed(error) => {
                // The words end with the first line: wasmtime adds a
                // backtrace of its own.
                let words = error.to_debug_string();
                Self::Lost(words.lines().next().unwrap_or_default().into())
            }
        }
    }
}

impl fmt::Display for WasiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NetworkDenied => {
                "the WASI host denied the network: grant it, in wasmtime with \
                 `-S inherit-network`, in Spin with \
                 `allowed_outbound_hosts = [\"*://HOST:PORT\"]`"
            }
            Self::LookupDenied => {
                "the WASI host denied the name lookup, or its resolver failed: grant it, in \
                 wasmtime with `-S allow-ip-name-lookup`, in Spin with \
                 `allowed_outbound_hosts = [\"*://HOST:PORT\"]`, or connect to an IP address"
            }
            Self::InvalidName => "the host name is not valid",
            Self::NameNotFound => "the host name has no address",
            Self::NoAddressOf(family) => return write!(f, "the host has no {family} address"),
            Self::LookupFailed => "the name lookup failed for now: try again later",
            Self::Refused => "the connection was refused: nobody listens at this address",
            Self::Unreachable => "the address cannot be reached",
            Self::TimedOut => "the deadline passed first",
            Self::Exhausted => "the WASI host has no socket or no memory left",
            Self::Closed => "the stream is closed",
            Self::Lost(words) => return write!(f, "the connection was lost: {words}"),
            Self::Other(name) => return write!(f, "the WASI host reported `{name}`"),
        })
    }
}

impl Error for WasiError {}

impl embedded_io::Error for WasiError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NetworkDenied | Self::LookupDenied => ErrorKind::PermissionDenied,
            Self::InvalidName => ErrorKind::InvalidInput,
            Self::NameNotFound | Self::NoAddressOf(_) => ErrorKind::NotFound,
            Self::Refused => ErrorKind::ConnectionRefused,
            Self::TimedOut => ErrorKind::TimedOut,
            Self::Exhausted => ErrorKind::OutOfMemory,
            Self::Closed => ErrorKind::NotConnected,
            Self::Lost(_) => ErrorKind::ConnectionReset,
            Self::LookupFailed | Self::Unreachable | Self::Other(_) => ErrorKind::Other,
        }
    }
}
