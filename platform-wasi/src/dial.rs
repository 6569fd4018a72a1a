//! From a host and a port to a connected socket: Happy Eyeballs (RFC 8305),
//! all under one deadline, that of the lookup included.
//!
//! ```text
//!   name ─► addresses, families interleaved ─► attempts, 250 ms apart
//!                                              │ or as soon as one fails
//!                                              ▼
//!                     first that connects wins; the others are dropped
//! ```

use alloc::{collections::VecDeque, vec::Vec};
use core::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    time::Duration,
};

use wasi::{
    io::poll::Pollable,
    sockets::{
        instance_network::instance_network,
        network::{
            ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
            Network,
        },
        tcp::TcpSocket,
        tcp_create_socket::create_tcp_socket,
    },
};

use crate::{error::WasiError, poll, resolve::Lookup, stream::WasiStream};

/// Which addresses of a name to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum AddressFamily {
    /// IPv6 and IPv4, whichever connects first.
    #[default]
    Any,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

impl AddressFamily {
    pub(crate) const fn allows(self, address: &SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Ipv4 => address.is_ipv4(),
            Self::Ipv6 => address.is_ipv6(),
        }
    }
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "IP",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// One address that was tried in vain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// Why it did not connect. [`WasiError::TimedOut`]: it gave no answer
    /// before the connect deadline.
    pub error: WasiError,
}

/// Why there is no TCP connection.
#[derive(Debug)]
pub(crate) enum DialError {
    /// The name has no address, or none of the family asked for.
    Resolve(WasiError),
    /// The deadline passed during the lookup.
    ResolveTimedOut,
    /// Every address failed.
    Refused(Vec<Attempt>),
    /// The deadline passed before an address connected or all had failed.
    TimedOut(Vec<Attempt>),
}

/// How to dial.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialer {
    pub(crate) family: AddressFamily,
    /// On the scale of [`poll::now`].
    pub(crate) deadline: Option<Duration>,
}

/// RFC 8305 §5, "Connection Attempt Delay".
const STAGGER: Duration = Duration::from_millis(250);

impl Dialer {
    pub(crate) fn dial(&self, host: &str, port: u16) -> Result<WasiStream, DialError> {
        let addresses = self.resolve(host, port)?;
        let mut race = Race::new(*self, &addresses);
        loop {
            if let Some(result) = race.step() {
                return result;
            }
            race.wait();
        }
    }

    /// The addresses of `host`, of the family asked for. Never empty.
    pub(crate) fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, DialError> {
        let lookup = self.look_up(host, port).map_err(DialError::Resolve)?;
        loop {
            if let Some(result) = lookup.poll() {
                log::debug!("{host}: {result:?}");
                return result.map_err(DialError::Resolve);
            }
            if !lookup.wait(self.deadline) {
                return Err(DialError::ResolveTimedOut);
            }
        }
    }

    pub(crate) fn look_up(&self, host: &str, port: u16) -> Result<Lookup, WasiError> {
        Lookup::start(&instance_network(), host, port, self.family)
    }
}

impl DialError {
    /// The last thing that went wrong.
    pub(crate) fn into_last(self) -> WasiError {
        match self {
            Self::Resolve(error) => error,
            Self::ResolveTimedOut | Self::TimedOut(_) => WasiError::TimedOut,
            Self::Refused(mut attempts) => {
                let last = attempts.pop();
                last.map_or(WasiError::NameNotFound, |last| last.error)
            }
        }
    }
}

/// The attempts at all addresses.
pub(crate) struct Race {
    dialer: Dialer,
    network: Network,
    waiting: VecDeque<SocketAddr>,
    pending: Vec<Pending>,
    failed: Vec<Attempt>,
    next_start: Duration,
}

impl Race {
    pub(crate) fn new(dialer: Dialer, addresses: &[SocketAddr]) -> Self {
        Self {
            dialer,
            network: instance_network(),
            waiting: interleave(addresses),
            pending: Vec::new(),
            failed: Vec::new(),
            next_start: Duration::ZERO,
        }
    }

    /// Does what can be done now. `None`: wait, and come again.
    pub(crate) fn step(&mut self) -> Option<Result<WasiStream, DialError>> {
        let now = poll::now();
        for one in core::mem::take(&mut self.pending) {
            let address = one.address;
            match one.finish() {
                Ok(stream) => return Some(Ok(stream)),
                Err(Unfinished::Waits(one)) => self.pending.push(one),
                Err(Unfinished::Failed(error)) => {
                    log::debug!("{address}: {error}");
                    self.failed.push(Attempt { address, error });
                    // RFC 8305 §5: a failure starts the next at once.
                    self.next_start = now;
                }
            }
        }
        if self.dialer.deadline.is_some_and(|deadline| now >= deadline) {
            self.failed.extend(self.pending.iter().map(|one| Attempt {
                address: one.address,
                error: WasiError::TimedOut,
            }));
            let failed = core::mem::take(&mut self.failed);
            return Some(Err(DialError::TimedOut(failed)));
        }
        while now >= self.next_start
            && let Some(address) = self.waiting.pop_front()
        {
            log::debug!("connecting to {address}");
            match Pending::start(&self.network, address) {
                Ok(started) => {
                    self.pending.push(started);
                    self.next_start = now + STAGGER;
                }
                Err(error) => {
                    log::debug!("{address}: {error}");
                    self.failed.push(Attempt { address, error });
                }
            }
        }
        if self.pending.is_empty() && self.waiting.is_empty() {
            let failed = core::mem::take(&mut self.failed);
            return Some(Err(DialError::Refused(failed)));
        }
        None
    }

    /// When to come again at the latest.
    pub(crate) fn wakes(&self) -> Option<Duration> {
        let next = (!self.waiting.is_empty()).then_some(self.next_start);
        poll::earliest(next, self.dialer.deadline)
    }

    fn wait(&self) {
        let watched: Vec<_> = self.pending.iter().map(|one| &one.connected).collect();
        let _ = poll::wait_any(&watched, self.wakes());
    }

    /// What to wait for.
    #[cfg(feature = "embedded-io-async")]
    pub(crate) fn subscribe(&self) -> Vec<Pollable> {
        let pending = self.pending.iter();
        pending.map(|one| one.socket.subscribe()).collect()
    }
}

/// An attempt on its way.
struct Pending {
    // Dropped in this order: WASI wants children gone before their parents.
    connected: Pollable,
    socket: TcpSocket,
    address: SocketAddr,
}

enum Unfinished {
    Waits(Pending),
    Failed(WasiError),
}

impl Pending {
    fn start(network: &Network, address: SocketAddr) -> Result<Self, WasiError> {
        let family = match address {
            SocketAddr::V4(_) => IpAddressFamily::Ipv4,
            SocketAddr::V6(_) => IpAddressFamily::Ipv6,
        };
        let socket = create_tcp_socket(family).map_err(WasiError::from_socket)?;
        socket
            .start_connect(network, wasi_address(address))
            .map_err(WasiError::from_socket)?;
        Ok(Self {
            connected: socket.subscribe(),
            socket,
            address,
        })
    }

    fn finish(self) -> Result<WasiStream, Unfinished> {
        match self.socket.finish_connect() {
            Ok((input, output)) => {
                drop(self.connected);
                Ok(WasiStream::of(self.socket, input, output))
            }
            Err(ErrorCode::WouldBlock) => Err(Unfinished::Waits(self)),
            Err(code) => Err(Unfinished::Failed(WasiError::from_socket(code))),
        }
    }
}

/// RFC 8305 §4: the families by turns, the host's first choice first.
fn interleave(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut all = VecDeque::new();
    while !one.is_empty() || !other.is_empty() {
        all.extend(one.pop_front());
        all.extend(other.pop_front());
    }
    all
}

fn wasi_address(address: SocketAddr) -> IpSocketAddress {
    match address {
        SocketAddr::V4(v4) => {
            let [a, b, c, d] = v4.ip().octets();
            IpSocketAddress::Ipv4(Ipv4SocketAddress {
                port: v4.port(),
                address: (a, b, c, d),
            })
        }
        SocketAddr::V6(v6) => {
            let [a, b, c, d, e, f, g, h] = v6.ip().segments();
            IpSocketAddress::Ipv6(Ipv6SocketAddress {
                port: v6.port(),
                flow_info: v6.flowinfo(),
                address: (a, b, c, d, e, f, g, h),
                scope_id: v6.scope_id(),
            })
        }
    }
}

pub(crate) fn address(address: IpSocketAddress) -> SocketAddr {
    match address {
        IpSocketAddress::Ipv4(Ipv4SocketAddress { port, address }) => {
            let (a, b, c, d) = address;
            SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), port)
        }
        IpSocketAddress::Ipv6(v6) => {
            let (a, b, c, d, e, f, g, h) = v6.address;
            let ip = Ipv6Addr::new(a, b, c, d, e, f, g, h);
            SocketAddrV6::new(ip, v6.port, v6.flow_info, v6.scope_id).into()
        }
    }
}
