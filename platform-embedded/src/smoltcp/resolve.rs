//! Host names to addresses, over smoltcp's DNS socket.

use core::time::Duration;

use smoltcp::{
    iface::SocketHandle,
    phy::Device,
    socket::dns::{GetQueryResultError, Socket, StartQueryError},
    wire::{DnsQueryType, IpAddress},
};

use super::{Clock, Network};
use crate::error::ConnectError;

/// The first address of `host`, a name or an IP address (IPv6 with or without
/// brackets), found before `deadline`. `dns` is a DNS socket of the network,
/// with a free slot for the query. Asks for IPv4, then, with the feature
/// `ipv6`, for IPv6.
///
/// # Errors
/// [`ConnectError::InvalidName`], [`ConnectError::NameNotFound`],
/// [`ConnectError::LookupsExhausted`] or [`ConnectError::TimedOut`].
///
/// # Panics
/// When `dns` is not a DNS socket of this network.
pub fn resolve<D: Device + ?Sized, C: Clock>(
    network: &mut Network<'_, '_, D, C>,
    dns: SocketHandle,
    host: &str,
    deadline: Option<Duration>,
) -> Result<IpAddress, ConnectError> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    if let Ok(address) = bare.unwrap_or(host).parse::<IpAddress>() {
        return Ok(address);
    }
    for family in FAMILIES {
        if let Some(address) = query(network, dns, host, family, deadline)? {
            return Ok(address);
        }
    }
    Err(ConnectError::NameNotFound)
}

const FAMILIES: &[DnsQueryType] = &[
    DnsQueryType::A,
    #[cfg(feature = "ipv6")]
    DnsQueryType::Aaaa,
];

fn query<D: Device + ?Sized, C: Clock>(
    network: &mut Network<'_, '_, D, C>,
    dns: SocketHandle,
    host: &str,
    family: &DnsQueryType,
    deadline: Option<Duration>,
) -> Result<Option<IpAddress>, ConnectError> {
    let query = network
        .sockets
        .get_mut::<Socket<'_>>(dns)
        .start_query(network.interface.context(), host, *family)
        .map_err(|error| match error {
            StartQueryError::NoFreeSlot => ConnectError::LookupsExhausted,
            StartQueryError::InvalidName | StartQueryError::NameTooLong => {
                ConnectError::InvalidName
            }
        })?;
    let answer = network.wait(deadline, |network| {
        let socket = network.sockets.get_mut::<Socket<'_>>(dns);
        match socket.get_query_result(query) {
            Ok(addresses) => Some(addresses.first().copied()),
            Err(GetQueryResultError::Failed) => Some(None),
            Err(GetQueryResultError::Pending) => None,
        }
    });
    answer.ok_or_else(|| {
        network
            .sockets
            .get_mut::<Socket<'_>>(dns)
            .cancel_query(query);
        ConnectError::TimedOut
    })
}
