//! The host of a URI (RFC 3986 §3.2.2).

use core::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

/// The host of a [`Uri`](super::Uri). `Display` puts an IPv6 address in brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 3986 §3.2.2 closes the set")]
pub enum Host<'a> {
    /// A name to resolve, as written.
    Name(&'a str),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => write!(f, "[{address}]"),
        }
    }
}
