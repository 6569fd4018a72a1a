//! Host names to addresses, over `wasi:sockets/ip-name-lookup`.

use alloc::vec::Vec;
use core::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use wasi::sockets::{
    ip_name_lookup::resolve_addresses,
    network::{ErrorCode, IpAddress, Network},
};

use crate::{error::WasiError, poll};

/// All addresses of `host`, in the host's order of preference. Never empty.
///
/// An address literal, an IPv6 one with or without brackets, is taken as it
/// is: that needs no permission to look names up.
pub(crate) fn resolve(
    network: &Network,
    host: &str,
    port: u16,
    deadline: Option<Duration>,
) -> Result<Vec<SocketAddr>, WasiError> {
    if let Some(address) = literal(host) {
        return Ok(Vec::from([SocketAddr::new(address, port)]));
    }
    // `ready` is declared later and so dropped earlier than its parent.
    let lookup = resolve_addresses(network, host).map_err(WasiError::from_lookup)?;
    let ready = lookup.subscribe();
    let mut addresses = Vec::new();
    let failure = loop {
        match lookup.resolve_next_address() {
            Ok(Some(address)) => addresses.push(SocketAddr::new(ip_addr(address), port)),
            Ok(None) => break WasiError::NameNotFound,
            Err(ErrorCode::WouldBlock) => {
                if !poll::wait(&ready, deadline) {
                    break WasiError::TimedOut;
                }
            }
            Err(code) => break WasiError::from_lookup(code),
        }
    };
    if addresses.is_empty() {
        return Err(failure);
    }
    Ok(addresses)
}

fn literal(host: &str) -> Option<IpAddr> {
    let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    match bracketed {
        Some(v6) => v6.parse().ok().map(IpAddr::V6),
        None => host.parse().ok(),
    }
}

fn ip_addr(address: IpAddress) -> IpAddr {
    match address {
        IpAddress::Ipv4((a, b, c, d)) => Ipv4Addr::new(a, b, c, d).into(),
        IpAddress::Ipv6((a, b, c, d, e, f, g, h)) => Ipv6Addr::new(a, b, c, d, e, f, g, h).into(),
    }
}
