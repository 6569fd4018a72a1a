//! A TCP connection over embassy-net.

use core::{fmt, time::Duration};

use embassy_net::{
    IpAddress, Stack,
    dns::{self, DnsQueryType},
    tcp::{self, TcpSocket},
};
use embedded_io_async::{ErrorType, Read, Write};
use hybi_core::driver::asynch::Timer as _;

use crate::{
    embassy::EmbassyTimer,
    error::{ConnectError, StreamError},
    race::race,
};

/// A TCP connection over an embassy-net stack.
///
/// It differs from the [`TcpSocket`] inside in what a message protocol needs:
/// Nagle's algorithm is off, and [`flush`](Write::flush) does not wait for the
/// peer's acknowledgement, which would cost a round trip for each message.
///
/// Dropping the stream forgets the connection without a word to the peer;
/// [`shutdown`](Self::shutdown) first.
pub struct EmbassyStream<'a> {
    socket: TcpSocket<'a>,
}

impl<'a> EmbassyStream<'a> {
    /// Connects to `host`, a name or an IP address (IPv6 with or without
    /// brackets), before `deadline`, a time on the scale of [`EmbassyTimer`].
    ///
    /// Waits for the stack to have an address first, so that a device may
    /// connect as soon as it starts. Every address of the name is tried in
    /// turn, IPv6 first where the stack has it; each attempt may take an equal
    /// share of the time that is left.
    ///
    /// `rx` and `tx` are the socket's buffers for as long as the stream lives:
    /// bytes that the peer may send ahead, and bytes that wait for its
    /// acknowledgement. The peer can send at most `rx.len()` bytes a round
    /// trip.
    ///
    /// # Errors
    /// Those of the lookup, or those of the last attempt.
    ///
    /// # Cancel safety
    /// Dropping the future gives the connection up. Nothing else is lost.
    pub async fn connect(
        stack: Stack<'a>,
        host: &str,
        port: u16,
        rx: &'a mut [u8],
        tx: &'a mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Self, ConnectError> {
        let mut stream = Self {
            socket: TcpSocket::new(stack, rx, tx),
        };
        stream.socket.set_nagle_enabled(false);
        race(
            stream.try_all(stack, host, port, deadline),
            &mut EmbassyTimer,
            deadline,
        )
        .await
        .unwrap_or(Err(ConnectError::TimedOut))?;
        Ok(stream)
    }

    async fn try_all(
        &mut self,
        stack: Stack<'a>,
        host: &str,
        port: u16,
        deadline: Option<Duration>,
    ) -> Result<(), ConnectError> {
        stack.wait_config_up().await;
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(host).parse::<IpAddress>() {
            return self.attempt(address, port, None).await;
        }
        let families = [
            #[cfg(feature = "ipv6")]
            stack.config_v6().map(|_| DnsQueryType::Aaaa),
            stack.config_v4().map(|_| DnsQueryType::A),
        ];
        let mut failure = ConnectError::Unreachable;
        let mut families = families.into_iter().flatten().peekable();
        while let Some(family) = families.next() {
            let addresses = match stack.dns_query(host, family).await {
                Ok(addresses) => addresses,
                Err(dns::Error::Failed) => {
                    failure = ConnectError::NameNotFound;
                    continue;
                }
                Err(_) => return Err(ConnectError::InvalidName),
            };
            let others = u32::from(families.peek().is_some());
            for (left, &address) in (1..=addresses.len()).rev().zip(&addresses) {
                let left = u32::try_from(left).unwrap_or(u32::MAX);
                let deadline = share(deadline, left.saturating_add(others));
                match self.attempt(address, port, deadline).await {
                    Ok(()) => return Ok(()),
                    Err(error) => failure = error,
                }
            }
        }
        Err(failure)
    }

    async fn attempt(
        &mut self,
        address: IpAddress,
        port: u16,
        deadline: Option<Duration>,
    ) -> Result<(), ConnectError> {
        let connected = self.socket.connect((address, port));
        let result = match race(connected, &mut EmbassyTimer, deadline).await {
            Some(Ok(())) => return Ok(()),
            Some(Err(tcp::ConnectError::ConnectionReset)) => ConnectError::Refused,
            Some(Err(tcp::ConnectError::NoRoute)) => ConnectError::Unreachable,
            Some(Err(tcp::ConnectError::InvalidState)) => ConnectError::SocketInUse,
            Some(Err(tcp::ConnectError::TimedOut)) | None => ConnectError::TimedOut,
        };
        // Free for the next attempt.
        self.socket.abort();
        Err(result)
    }

    /// The socket, for its settings: keep-alive, time-out, hop limit.
    pub const fn socket(&mut self) -> &mut TcpSocket<'a> {
        &mut self.socket
    }

    /// Ends our side of the connection and waits, at most until `deadline`,
    /// for the peer to have acknowledged everything. Reading goes on until
    /// the peer ends its side.
    ///
    /// # Errors
    /// [`StreamError::TimedOut`] when the deadline passed first,
    /// [`StreamError::Reset`] when the peer broke the connection off.
    ///
    /// # Cancel safety
    /// Dropping the future stops the waiting only.
    pub async fn shutdown(&mut self, deadline: Option<Duration>) -> Result<(), StreamError> {
        self.socket.close();
        match race(self.socket.flush(), &mut EmbassyTimer, deadline).await {
            Some(result) => result.map_err(reset),
            None => Err(StreamError::TimedOut),
        }
    }
}

impl fmt::Debug for EmbassyStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbassyStream")
            .field("state", &self.socket.state())
            .finish_non_exhaustive()
    }
}

impl ErrorType for EmbassyStream<'_> {
    type Error = StreamError;
}

impl Read for EmbassyStream<'_> {
    /// Cancel-safe: bytes leave the socket only when the future is done.
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, StreamError> {
        self.socket.read(buf).await.map_err(reset)
    }
}

impl Write for EmbassyStream<'_> {
    /// Cancel-safe: bytes enter the socket only when the future is done.
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        self.socket.write(bytes).await.map_err(reset)
    }

    /// Done at once: the stack sends by itself what is in the socket.
    async fn flush(&mut self) -> Result<(), StreamError> {
        Ok(())
    }
}

const fn reset(error: tcp::Error) -> StreamError {
    match error {
        tcp::Error::ConnectionReset => StreamError::Reset,
    }
}

/// The deadline of the next of `left` attempts: an equal share of the rest.
fn share(deadline: Option<Duration>, left: u32) -> Option<Duration> {
    let now = EmbassyTimer.now();
    let rest = deadline?.saturating_sub(now);
    Some(now + rest / left.max(1))
}
