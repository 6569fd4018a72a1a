//! Connecting by name over any stack that speaks embedded-nal-async.

use core::{
    error::Error,
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use embedded_nal_async::{AddrType, Dns, TcpConnect};
use hybi_core::driver::asynch::Timer;

use crate::race::race;

/// Connects to `host`, a name or an IP address (IPv6 with or without
/// brackets), before `deadline`, a time on the scale of `timer`.
///
/// `tcp` and `dns` may be one and the same. The connection borrows `tcp` and
/// implements `embedded_io_async`, so it goes into the async driver as it is.
/// embedded-nal gives one address for a name, so one is tried.
///
/// Some stacks wait in `flush` for the peer's acknowledgement, which costs a
/// round trip for each message; `embassy::EmbassyStream` does not.
///
/// # Errors
/// [`NalError::Lookup`] and [`NalError::Connect`] carry the stack's own error.
///
/// # Cancel safety
/// Dropping the future gives the connection up. Nothing else is lost.
pub async fn connect<'a, C: TcpConnect, D: Dns>(
    tcp: &'a C,
    dns: &D,
    host: &str,
    port: u16,
    timer: &mut impl Timer,
    deadline: Option<Duration>,
) -> Result<C::Connection<'a>, NalError<C::Error, D::Error>> {
    let attempt = async {
        let address = match literal(host) {
            Some(address) => address,
            None => dns
                .get_host_by_name(host, AddrType::Either)
                .await
                .map_err(NalError::Lookup)?,
        };
        tcp.connect(SocketAddr::new(address, port))
            .await
            .map_err(NalError::Connect)
    };
    race(attempt, timer, deadline)
        .await
        .unwrap_or(Err(NalError::TimedOut))
}

/// Why a connection could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum NalError<C, D> {
    /// The name lookup failed.
    Lookup(D),
    /// The connection failed.
    Connect(C),
    /// The deadline passed.
    TimedOut,
}

impl<C: fmt::Display, D: fmt::Debug> fmt::Display for NalError<C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Lookup errors of embedded-nal have no `Display`.
            Self::Lookup(error) => write!(f, "the name lookup failed: {error:?}"),
            Self::Connect(error) => write!(f, "the connection failed: {error}"),
            Self::TimedOut => f.write_str("the connection was not made before the deadline"),
        }
    }
}

impl<C: Error, D: fmt::Debug> Error for NalError<C, D> {}

fn literal(host: &str) -> Option<IpAddr> {
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match bracketed {
        Some(v6) => v6.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}
