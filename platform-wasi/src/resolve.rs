//! Host names to addresses, over `wasi:sockets/ip-name-lookup`.

use alloc::vec::Vec;
use core::{
    cell::RefCell,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use wasi::{
    io::poll::Pollable,
    sockets::{
        ip_name_lookup::{ResolveAddressStream, resolve_addresses},
        network::{ErrorCode, IpAddress, Network},
    },
};

use crate::{dial::AddressFamily, error::WasiError, poll};

/// A lookup on its way.
///
/// An address literal, an IPv6 one with or without brackets, is taken as it
/// is: that needs no permission to look names up.
pub(crate) struct Lookup {
    // Dropped in this order: WASI wants children gone before their parents.
    ready: Option<Pollable>,
    stream: Option<ResolveAddressStream>,
    port: u16,
    family: AddressFamily,
    found: RefCell<Vec<SocketAddr>>,
}

impl Lookup {
    pub(crate) fn start(
        network: &Network,
        host: &str,
        port: u16,
        family: AddressFamily,
    ) -> Result<Self, WasiError> {
        let literal = literal(host).map(|address| SocketAddr::new(address, port));
        let stream = match literal {
            Some(_) => None,
            None => Some(resolve_addresses(network, host).map_err(WasiError::from_lookup)?),
        };
        Ok(Self {
            ready: stream.as_ref().map(ResolveAddressStream::subscribe),
            stream,
            port,
            family,
            found: RefCell::new(literal.into_iter().collect()),
        })
    }

    /// All addresses of the family asked for, in the host's order of
    /// preference, never none; or why there are none. `None`: not yet.
    pub(crate) fn poll(&self) -> Option<Result<Vec<SocketAddr>, WasiError>> {
        let mut found = self.found.borrow_mut();
        let failure = loop {
            match self
                .stream
                .as_ref()
                .map(|stream| stream.resolve_next_address())
            {
                Some(Ok(Some(address))) => {
                    found.push(SocketAddr::new(ip_addr(address), self.port));
                }
                Some(Ok(None)) | None => break WasiError::NameNotFound,
                Some(Err(ErrorCode::WouldBlock)) => return None,
                Some(Err(code)) => break WasiError::from_lookup(code),
            }
        };
        if found.is_empty() {
            return Some(Err(failure));
        }
        found.retain(|address| self.family.allows(address));
        if found.is_empty() {
            return Some(Err(WasiError::NoAddressOf(self.family)));
        }
        Some(Ok(core::mem::take(&mut *found)))
    }

    /// Waits for more, at most until `deadline`. False: it passed.
    pub(crate) fn wait(&self, deadline: Option<Duration>) -> bool {
        match &self.ready {
            Some(ready) => poll::wait(ready, deadline),
            None => true,
        }
    }

    /// What to wait for.
    #[cfg(feature = "embedded-io-async")]
    pub(crate) fn subscribe(&self) -> Vec<Pollable> {
        let stream = self.stream.iter();
        stream.map(ResolveAddressStream::subscribe).collect()
    }
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
