//! Why there is no tunnel through a proxy, and what the proxy said.

use core::{error::Error as StdError, fmt};

use crate::{error::CapacityError, http::HeadError};

/// Why a tunnel through a proxy was not opened. Fatal: the same error comes
/// back from then on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProxyError {
    /// It cannot be asked for like that: the caller's fault. Nothing was
    /// written.
    Request(ProxyRequestError),
    /// A buffer or a limit of ours is too small.
    Capacity(CapacityError),
    /// An HTTP proxy answered with something else than 2xx. With 407 it
    /// wants (other) credentials, as its `Proxy-Authenticate` headers say;
    /// [`Tunnel::response`](super::Tunnel::response) has them.
    Refused {
        /// The HTTP status.
        status: u16,
    },
    /// A SOCKS4 proxy refused.
    Socks4(Socks4Reply),
    /// A SOCKS5 proxy refused, or could not connect to the target.
    Socks5(Socks5Reply),
    /// A SOCKS5 proxy takes none of the ways to authenticate that were
    /// offered (RFC 1928 §3).
    NoAcceptableMethod {
        /// Whether user and password were among them.
        with_credentials: bool,
    },
    /// A SOCKS5 proxy does not accept user and password (RFC 1929 §2).
    WrongCredentials {
        /// Its status, which is not 0.
        status: u8,
    },
    /// The proxy broke the rules of its protocol, or speaks another.
    Response(ProxyResponseError),
    /// The deadline passed.
    Timeout,
    /// The transport ended before the tunnel was open.
    ConnectionLost,
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(error) => error.fmt(f),
            Self::Capacity(error) => error.fmt(f),
            Self::Refused { status } => write!(f, "it refused with status {status}"),
            Self::Socks4(reply) => write!(f, "it answered with code {}: {reply}", reply.0),
            Self::Socks5(reply) => write!(f, "it answered with code {}: {reply}", reply.0),
            Self::NoAcceptableMethod {
                with_credentials: false,
            } => f.write_str("it wants credentials, and none were given"),
            Self::NoAcceptableMethod { .. } => {
                f.write_str("it wants another way to authenticate than user and password")
            }
            Self::WrongCredentials { status } => {
                write!(f, "it does not accept user and password (status {status})")
            }
            Self::Response(error) => error.fmt(f),
            Self::Timeout => f.write_str("it did not answer within the deadline"),
            Self::ConnectionLost => {
                f.write_str("it ended the connection before its answer was complete")
            }
        }
    }
}

impl StdError for ProxyError {}

impl From<ProxyRequestError> for ProxyError {
    fn from(error: ProxyRequestError) -> Self {
        Self::Request(error)
    }
}

impl From<CapacityError> for ProxyError {
    fn from(error: CapacityError) -> Self {
        Self::Capacity(error)
    }
}

impl From<ProxyResponseError> for ProxyError {
    fn from(error: ProxyResponseError) -> Self {
        Self::Response(error)
    }
}

/// What a proxy cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProxyRequestError {
    /// The target's name is empty or has a character that no host has.
    InvalidHost,
    /// A name of more than 255 bytes, which SOCKS cannot carry.
    HostTooLong,
    /// An IPv6 address, for which SOCKS4 and 4a have no form.
    Ipv6,
    /// The user is empty or longer than 255 bytes (RFC 1929 §2), has a colon
    /// (RFC 7617 §2), or has a control character in HTTP and a NUL in SOCKS4.
    InvalidUser,
    /// The password is longer than 255 bytes (RFC 1929 §2), or has a control
    /// character (RFC 7617 §2).
    InvalidPassword,
    /// A header that is none, or that the request sets itself.
    InvalidHeader {
        /// Which, counted from 0.
        index: usize,
    },
    /// The value for `Proxy-Authorization` has a control character.
    InvalidAuthorization,
}

impl fmt::Display for ProxyRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidHost => "the target's host has a character that no host has, or is empty",
            Self::HostTooLong => "the target's name is longer than the 255 bytes that SOCKS allows",
            Self::Ipv6 => "SOCKS4 cannot lead to an IPv6 address: use SOCKS5",
            Self::InvalidUser => {
                "the user for the proxy is empty, too long or has a character that it may not have"
            }
            Self::InvalidPassword => {
                "the password for the proxy is too long or has a character that it may not have"
            }
            Self::InvalidHeader { index } => {
                return write!(f, "header {} for the proxy may not be sent", index + 1);
            }
            Self::InvalidAuthorization => "the authorization for the proxy has a control character",
        })
    }
}

impl StdError for ProxyRequestError {}

/// How a proxy broke the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ProxyResponseError {
    /// The bytes are not the head of an HTTP/1.1 response.
    Malformed(HeadError),
    /// It answered before it had the whole question.
    Premature,
    /// Not SOCKS4: its answer begins with this byte instead of 0.
    NotSocks4(u8),
    /// Not SOCKS5: its answer begins with this byte instead of 5.
    NotSocks5(u8),
    /// It chose a way to authenticate that was not offered (RFC 1928 §3).
    Method(u8),
    /// It tells an address of a type that there is not (RFC 1928 §6).
    AddressType(u8),
}

impl fmt::Display for ProxyResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "its response cannot be read: {error}"),
            Self::Premature => f.write_str("it answered before it had the whole question"),
            Self::NotSocks4(byte) => write!(f, "it does not speak SOCKS4: {byte:#04x} for 0x00"),
            Self::NotSocks5(byte) => write!(f, "it does not speak SOCKS5: {byte:#04x} for 0x05"),
            Self::Method(method) => {
                write!(
                    f,
                    "it chose a way to authenticate that was not offered: {method:#04x}"
                )
            }
            Self::AddressType(kind) => {
                write!(f, "it answered with an address of unknown type {kind:#04x}")
            }
        }
    }
}

impl StdError for ProxyResponseError {}

impl From<HeadError> for ProxyResponseError {
    fn from(error: HeadError) -> Self {
        Self::Malformed(error)
    }
}

macro_rules! replies {
    (
        $(#[$outer:meta])* $type:ident;
        $($(#[$doc:meta])* $name:ident = $value:literal, $text:literal;)*
    ) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $type(pub u8);

        impl $type {
            $($(#[$doc])* pub const $name: Self = Self($value);)*
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self.0 {
                    $($value => $text,)*
                    _ => "unassigned",
                })
            }
        }
    };
}

replies! {
    /// The result code of a SOCKS4 proxy.
    Socks4Reply;
    /// The request is granted.
    GRANTED = 90, "granted";
    /// Rejected or failed.
    REJECTED = 91, "rejected or failed";
    /// The proxy cannot reach identd on this machine.
    NO_IDENTD = 92, "no identd on the client";
    /// identd names another user.
    IDENTD_MISMATCH = 93, "identd names another user";
}

replies! {
    /// The reply code of a SOCKS5 proxy (RFC 1928 §6).
    Socks5Reply;
    /// The connection is made.
    SUCCEEDED = 0, "succeeded";
    /// The proxy failed, for a reason of its own.
    GENERAL_FAILURE = 1, "general failure";
    /// Its rules do not allow the connection.
    NOT_ALLOWED = 2, "not allowed by its rules";
    /// No way to the target's network.
    NETWORK_UNREACHABLE = 3, "network unreachable";
    /// No way to the target.
    HOST_UNREACHABLE = 4, "host unreachable";
    /// The target refused the connection.
    CONNECTION_REFUSED = 5, "connection refused";
    /// The target is too far away.
    TTL_EXPIRED = 6, "TTL expired";
    /// The proxy does not know CONNECT.
    COMMAND_NOT_SUPPORTED = 7, "command not supported";
    /// The proxy does not know this type of address.
    ADDRESS_TYPE_NOT_SUPPORTED = 8, "address type not supported";
}
