//! A TCP connection over a smoltcp socket.

use core::{fmt, time::Duration};

use embedded_io::{ErrorType, Read, Write};
use hybi_core::driver::blocking::Transport;
use smoltcp::{
    iface::SocketHandle,
    phy::Device,
    socket::tcp::{self, RecvError, Socket, State},
    wire::IpEndpoint,
};

use super::{Clock, Network};
use crate::error::{ConnectError, StreamError};

/// A TCP connection over a smoltcp socket, in a network that the application
/// lends.
///
/// Dropping the stream gives the network back and leaves the socket as it is:
/// [`shutdown`](Self::shutdown) first, or abort the socket.
pub struct SmoltcpStream<'a, 's, D: ?Sized, C> {
    network: Network<'a, 's, D, C>,
    handle: SocketHandle,
}

impl<'a, 's, D: Device + ?Sized, C: Clock> SmoltcpStream<'a, 's, D, C> {
    /// Connects the TCP socket `handle` of `network` to `remote` before
    /// `deadline`, a time on the scale of the network's clock.
    ///
    /// `local_port` must differ from that of any recent connection to the
    /// same peer; take a random one from 49152 up. Nagle's algorithm is
    /// switched off: it delays small messages. Set a keep-alive or a time-out
    /// on the socket before, as needed.
    ///
    /// # Errors
    /// [`ConnectError::SocketInUse`], [`ConnectError::Unreachable`],
    /// [`ConnectError::Refused`] or [`ConnectError::TimedOut`].
    ///
    /// # Panics
    /// When `handle` is not a TCP socket of this network.
    pub fn connect(
        network: Network<'a, 's, D, C>,
        handle: SocketHandle,
        remote: impl Into<IpEndpoint>,
        local_port: u16,
        deadline: Option<Duration>,
    ) -> Result<Self, ConnectError> {
        let mut stream = Self { network, handle };
        let context = stream.network.interface.context();
        let socket = stream.network.sockets.get_mut::<Socket<'_>>(handle);
        socket
            .connect(context, remote, local_port)
            .map_err(|error| match error {
                tcp::ConnectError::InvalidState => ConnectError::SocketInUse,
                tcp::ConnectError::Unaddressable => ConnectError::Unreachable,
            })?;
        socket.set_nagle_enabled(false);
        let state = stream.wait(deadline, |socket| match socket.state() {
            State::SynSent | State::SynReceived => None,
            state => Some(state),
        });
        match state {
            Some(State::Closed | State::TimeWait) => Err(ConnectError::Refused),
            Some(_) => Ok(stream),
            None => {
                stream.socket().abort();
                stream.network.poll();
                Err(ConnectError::TimedOut)
            }
        }
    }

    /// The network, for other work between two calls.
    pub const fn network(&mut self) -> &mut Network<'a, 's, D, C> {
        &mut self.network
    }

    /// Ends our side of the connection and waits, at most until `deadline`,
    /// for the peer to have acknowledged everything. Reading goes on until
    /// the peer ends its side.
    ///
    /// # Errors
    /// [`StreamError::TimedOut`] when the deadline passed first,
    /// [`StreamError::Reset`] when the peer broke the connection off.
    pub fn shutdown(&mut self, deadline: Option<Duration>) -> Result<(), StreamError> {
        self.socket().close();
        let lost = self
            .wait(deadline, |socket| match socket.state() {
                State::FinWait1 | State::Closing | State::LastAck => None,
                _ => Some(socket.send_queue() > 0),
            })
            .ok_or(StreamError::TimedOut)?;
        if lost {
            return Err(StreamError::Reset);
        }
        Ok(())
    }

    fn socket(&mut self) -> &mut Socket<'s> {
        self.network.sockets.get_mut(self.handle)
    }

    /// Looks at the socket before each turn of the network and after it.
    fn wait<R>(
        &mut self,
        deadline: Option<Duration>,
        mut ready: impl FnMut(&mut Socket<'s>) -> Option<R>,
    ) -> Option<R> {
        let handle = self.handle;
        let mut look = |network: &mut Network<'a, 's, D, C>| ready(network.sockets.get_mut(handle));
        look(&mut self.network).or_else(|| self.network.wait(deadline, look))
    }
}

impl<D: ?Sized, C> fmt::Debug for SmoltcpStream<'_, '_, D, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmoltcpStream")
            .field("handle", &self.handle)
            .finish_non_exhaustive()
    }
}

impl<D: ?Sized, C> ErrorType for SmoltcpStream<'_, '_, D, C> {
    type Error = StreamError;
}

impl<D: Device + ?Sized, C: Clock> Read for SmoltcpStream<'_, '_, D, C> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, StreamError> {
        Ok(self.read_until(buf, None)?.unwrap_or_default())
    }
}

impl<D: Device + ?Sized, C: Clock> Write for SmoltcpStream<'_, '_, D, C> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        Ok(self.write_until(bytes, None)?.unwrap_or_default())
    }

    /// One turn of the network: sends what the window and the device take
    /// now, without waiting for the peer's acknowledgement. Later turns send
    /// the rest.
    fn flush(&mut self) -> Result<(), StreamError> {
        self.network.poll();
        Ok(())
    }
}

impl<D: Device + ?Sized, C: Clock> Transport for SmoltcpStream<'_, '_, D, C> {
    fn now(&mut self) -> Duration {
        self.network.clock.now()
    }

    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, StreamError> {
        if buf.is_empty() {
            return Ok(Some(0));
        }
        self.wait(deadline, |socket| match socket.recv_slice(buf) {
            Ok(0) => None,
            Ok(n) => Some(Ok(n)),
            Err(RecvError::Finished) => Some(Ok(0)),
            Err(RecvError::InvalidState) => Some(Err(StreamError::Reset)),
        })
        .transpose()
    }

    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, StreamError> {
        if bytes.is_empty() {
            return Ok(Some(0));
        }
        self.wait(deadline, |socket| match socket.send_slice(bytes) {
            Ok(0) => None,
            Ok(n) => Some(Ok(n)),
            Err(tcp::SendError::InvalidState) => Some(Err(StreamError::Reset)),
        })
        .transpose()
    }
}
