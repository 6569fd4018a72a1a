//! A TCP connection over `wasi:sockets/tcp`.

use core::{net::SocketAddr, time::Duration};

use embedded_io::{ErrorType, Read, Write};
use hybi_core::driver::blocking::Transport;
use wasi::{
    io::{
        poll::Pollable,
        streams::{InputStream, OutputStream, StreamError},
    },
    sockets::{
        instance_network::instance_network,
        network::{
            ErrorCode, IpAddressFamily, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress,
            Network,
        },
        tcp::{ShutdownType, TcpSocket},
        tcp_create_socket::create_tcp_socket,
    },
};

use crate::{error::WasiError, poll, resolve::resolve};

/// A TCP connection whose every wait can have a deadline.
///
/// Deadlines are times on the scale of [`now`](Self::now). Each wait is one
/// `wasi:io/poll` of the socket and the deadline.
///
/// Dropping the stream ends the connection at once: bytes that the host
/// still holds may be lost. [`shutdown`](Self::shutdown) first to have them
/// delivered.
///
/// ```no_run
/// use core::time::Duration;
///
/// use hybi_core::driver::blocking::Transport;
/// use hybi_wasi::{error::WasiError, stream::WasiStream};
///
/// # fn main() -> Result<(), WasiError> {
/// let deadline = Some(WasiStream::now() + Duration::from_secs(5));
/// let mut stream = WasiStream::connect("localhost", 7000, deadline)?;
/// stream.write_until(b"hello", deadline)?;
/// let mut buf = [0; 64];
/// match stream.read_until(&mut buf, deadline)? {
///     None => { /* the deadline passed */ }
///     Some(0) => { /* the peer ended the stream */ }
///     Some(n) => { /* n bytes came */ }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WasiStream {
    // Dropped in this order: WASI wants children gone before their parents.
    readable: Pollable,
    writable: Pollable,
    input: InputStream,
    output: OutputStream,
    socket: TcpSocket,
}

impl WasiStream {
    /// Time since the origin of the host's monotonic clock.
    pub fn now() -> Duration {
        poll::now()
    }

    /// Connects to `host`, a name or an IP address (IPv6 with or without
    /// brackets), before `deadline`.
    ///
    /// Every address of the name is tried in turn; each attempt may take an
    /// equal share of the time that is left, so a silent first address does
    /// not starve the others.
    ///
    /// # Errors
    /// Those of the lookup, or those of the last attempt.
    /// [`WasiError::TimedOut`] when the deadline passed.
    pub fn connect(host: &str, port: u16, deadline: Option<Duration>) -> Result<Self, WasiError> {
        let network = instance_network();
        let addresses = resolve(&network, host, port, deadline)?;
        let mut left = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
        let mut failure = WasiError::NameNotFound;
        for address in addresses {
            match Self::attempt(&network, address, share(deadline, left)) {
                Ok(stream) => return Ok(stream),
                Err(_) if poll::passed(deadline) => return Err(WasiError::TimedOut),
                Err(error) => failure = error,
            }
            left -= 1;
        }
        Err(failure)
    }

    fn attempt(
        network: &Network,
        address: SocketAddr,
        deadline: Option<Duration>,
    ) -> Result<Self, WasiError> {
        let family = match address {
            SocketAddr::V4(_) => IpAddressFamily::Ipv4,
            SocketAddr::V6(_) => IpAddressFamily::Ipv6,
        };
        let socket = create_tcp_socket(family).map_err(WasiError::from_socket)?;
        socket
            .start_connect(network, wasi_address(address))
            .map_err(WasiError::from_socket)?;
        let (input, output) = {
            let connected = socket.subscribe();
            loop {
                match socket.finish_connect() {
                    Ok(streams) => break streams,
                    Err(ErrorCode::WouldBlock) => {
                        if !poll::wait(&connected, deadline) {
                            return Err(WasiError::TimedOut);
                        }
                    }
                    Err(code) => return Err(WasiError::from_socket(code)),
                }
            }
        };
        Ok(Self {
            readable: input.subscribe(),
            writable: output.subscribe(),
            input,
            output,
            socket,
        })
    }

    /// Waits, at most until `deadline`, for the host to have taken over all
    /// written bytes. False: the deadline passed first; the bytes stay queued.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn flush_until(&mut self, deadline: Option<Duration>) -> Result<bool, WasiError> {
        self.output.flush().map_err(WasiError::from_stream)?;
        Ok(self.permit_until(deadline)?.is_some())
    }

    /// Ends our side of the connection: waits, at most until `deadline`, for
    /// the host to have taken over all written bytes, then sends a FIN.
    /// Reading goes on until the peer ends its side. A second call does
    /// nothing.
    ///
    /// # Errors
    /// [`WasiError::TimedOut`] when the deadline passed first; the stream is
    /// still open then. Else those of the stream.
    pub fn shutdown(&mut self, deadline: Option<Duration>) -> Result<(), WasiError> {
        match self.flush_until(deadline) {
            Ok(true) | Err(WasiError::Closed) => {}
            Ok(false) => return Err(WasiError::TimedOut),
            Err(error) => return Err(error),
        }
        self.socket
            .shutdown(ShutdownType::Send)
            .map_err(WasiError::from_socket)
    }

    /// How many bytes the host takes now, at least one. `None`: the deadline
    /// passed first.
    fn permit_until(&mut self, deadline: Option<Duration>) -> Result<Option<usize>, WasiError> {
        loop {
            let permit = self.output.check_write().map_err(WasiError::from_stream)?;
            if permit > 0 {
                return Ok(Some(usize::try_from(permit).unwrap_or(usize::MAX)));
            }
            if !poll::wait(&self.writable, deadline) {
                return Ok(None);
            }
        }
    }
}

impl ErrorType for WasiStream {
    type Error = WasiError;
}

impl Read for WasiStream {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, WasiError> {
        Ok(self.read_until(buf, None)?.unwrap_or_default())
    }
}

impl Write for WasiStream {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, WasiError> {
        Ok(self.write_until(bytes, None)?.unwrap_or_default())
    }

    /// Asks the host to send what it holds, without waiting for it, as with
    /// a socket of an operating system: a peer that does not read must not
    /// block a caller with deadlines. The next write waits, at most until its
    /// deadline; so do [`flush_until`](Self::flush_until) and
    /// [`shutdown`](Self::shutdown).
    fn flush(&mut self) -> Result<(), WasiError> {
        self.output.flush().map_err(WasiError::from_stream)
    }
}

impl Transport for WasiStream {
    fn now(&mut self) -> Duration {
        poll::now()
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, WasiError> {
        if buf.is_empty() {
            return Ok(Some(0));
        }
        loop {
            // The host makes room for as much as is asked for, at once.
            let bytes = match self.input.read(buf.len().min(MAX_READ) as u64) {
                Ok(bytes) => bytes,
                Err(StreamError::Closed) => return Ok(Some(0)),
                Err(error) => return Err(WasiError::from_stream(error)),
            };
            if let Some(room) = buf.get_mut(..bytes.len())
                && !bytes.is_empty()
            {
                room.copy_from_slice(&bytes);
                return Ok(Some(bytes.len()));
            }
            if !poll::wait(&self.readable, deadline) {
                return Ok(None);
            }
        }
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, WasiError> {
        if bytes.is_empty() {
            return Ok(Some(0));
        }
        let Some(permit) = self.permit_until(deadline)? else {
            return Ok(None);
        };
        // More bytes than permitted would trap.
        let bytes = bytes.get(..permit).unwrap_or(bytes);
        self.output.write(bytes).map_err(WasiError::from_stream)?;
        Ok(Some(bytes.len()))
    }
}

/// The deadline of the next of `left` attempts: an equal share of the rest.
fn share(deadline: Option<Duration>, left: u32) -> Option<Duration> {
    let now = poll::now();
    let rest = deadline?.saturating_sub(now);
    Some(now + rest / left.max(1))
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

/// The most that one read asks for.
const MAX_READ: usize = 64 * 1024;
