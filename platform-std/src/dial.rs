//! From a host and a port to a connected TCP socket: Happy Eyeballs (RFC
//! 8305), all under one deadline, that of the lookup included.
//!
//! ```text
//!   name ─► addresses, families interleaved ─► attempts, 250 ms apart
//!                                              │ or as soon as one fails
//!                                              ▼
//!                     first that connects wins; the others are closed
//! ```
//!
//! The attempts are non-blocking sockets under one poll, without threads.

use core::{net::SocketAddr, time::Duration};
use std::{collections::VecDeque, io, net::TcpStream, thread};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use socket2::{Domain, Protocol, Socket, Type};

use crate::{
    lookup::AddressFamily,
    sockopt::{SocketOption, apply_all},
    wait::{Clock, timespec},
};

/// One address that was tried in vain.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// The address.
    pub address: SocketAddr,
    /// Why it did not connect. Kind `TimedOut`: it gave no answer before the
    /// connect deadline.
    pub error: io::Error,
}

/// Why there is no TCP connection.
#[derive(Debug)]
pub(crate) enum DialError {
    /// The name has no address, or none of the family asked for.
    Resolve(io::Error),
    /// The deadline passed during the lookup.
    ResolveTimedOut,
    /// Every address failed.
    Refused(Vec<Attempt>),
    /// The deadline passed before an address connected or all had failed.
    TimedOut(Vec<Attempt>),
}

/// How to dial.
#[derive(Debug)]
pub(crate) struct Dialer<'a> {
    pub(crate) family: AddressFamily,
    pub(crate) options: &'a [SocketOption],
    pub(crate) clock: Clock,
    /// On the clock's scale.
    pub(crate) deadline: Option<Duration>,
}

/// RFC 8305 §5, "Connection Attempt Delay".
pub(crate) const STAGGER: Duration = Duration::from_millis(250);

impl Dialer<'_> {
    /// `host` is a name or an address, IPv6 without brackets.
    pub(crate) fn dial(&self, host: &str, port: u16) -> Result<TcpStream, DialError> {
        let addresses = self.resolve(host, port)?;
        let stream = self.connect(&addresses)?;
        Ok(stream)
    }

    pub(crate) fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
        let mut waiting = interleave(addresses);
        let mut pending: Vec<(SocketAddr, Socket)> = Vec::new();
        let mut failed = Vec::new();
        let mut next_start = Duration::ZERO;
        loop {
            let now = self.clock.now();
            if self.deadline.is_some_and(|deadline| now >= deadline) {
                failed.extend(pending.into_iter().map(|(address, _)| unanswered(address)));
                return Err(DialError::TimedOut(failed));
            }
            if now >= next_start
                && let Some(address) = waiting.pop_front()
            {
                log::debug!("connecting to {address}");
                match self.start(address) {
                    Ok(Started::Connected(socket)) => return Ok(socket.into()),
                    Ok(Started::Pending(socket)) => {
                        pending.push((address, socket));
                        next_start = now + STAGGER;
                    }
                    Err(error) => fail(&mut failed, address, error),
                }
                continue;
            }
            if pending.is_empty() && waiting.is_empty() {
                return Err(DialError::Refused(failed));
            }
            let next = (!waiting.is_empty()).then_some(next_start);
            let until = match (next, self.deadline) {
                (Some(next), Some(deadline)) => Some(next.min(deadline)),
                (next, deadline) => next.or(deadline),
            };
            for at in ready(&pending, until.map(|until| until.saturating_sub(now)))
                .map_err(|error| DialError::Refused(vec_with(&mut failed, addresses, error)))?
            {
                let (address, socket) = pending.swap_remove(at);
                match outcome(&socket) {
                    Ok(()) => return Ok(socket.into()),
                    Err(error) => {
                        fail(&mut failed, address, error);
                        // RFC 8305 §5: a failure starts the next at once.
                        next_start = now;
                    }
                }
            }
        }
    }

    /// A socket for `address`, non-blocking, its options set.
    pub(crate) fn socket(&self, address: SocketAddr) -> io::Result<Socket> {
        let domain = Domain::for_address(address);
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        apply_all(self.options, &socket, address.is_ipv4())?;
        Ok(socket)
    }

    fn start(&self, address: SocketAddr) -> io::Result<Started> {
        let socket = self.socket(address)?;
        match socket.connect(&address.into()) {
            Ok(()) => Ok(Started::Connected(socket)),
            Err(error) if is_in_progress(&error) => Ok(Started::Pending(socket)),
            Err(error) => Err(error),
        }
    }

    /// Connects to a Unix socket.
    #[cfg(unix)]
    pub(crate) fn dial_unix(
        &self,
        path: &std::path::Path,
    ) -> Result<std::os::unix::net::UnixStream, io::Error> {
        let address = socket2::SockAddr::unix(path)?;
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        loop {
            match socket.connect(&address) {
                Ok(()) => return Ok(socket.into()),
                // The server's queue is full. Nothing tells when there is
                // room again, so ask again.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => match Errno::from_io_error(&error) {
                    Some(Errno::INPROGRESS | Errno::ALREADY) => {}
                    Some(Errno::ISCONN) => return Ok(socket.into()),
                    _ => return Err(error),
                },
            }
            if self.left().is_some_and(|left| left.is_zero()) {
                return Err(io::ErrorKind::TimedOut.into());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn left(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_sub(self.clock.now()))
    }
}

enum Started {
    Connected(Socket),
    Pending(Socket),
}

fn is_in_progress(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
        || Errno::from_io_error(error) == Some(Errno::INPROGRESS)
}

/// Whether a socket that a poll reported has connected.
fn outcome(socket: &Socket) -> io::Result<()> {
    match socket.take_error()? {
        Some(error) => Err(error),
        None => socket.peer_addr().map(drop),
    }
}

/// The attempt that the deadline ended.
pub(crate) fn unanswered(address: SocketAddr) -> Attempt {
    Attempt {
        address,
        error: io::Error::new(io::ErrorKind::TimedOut, "no answer in time"),
    }
}

pub(crate) fn fail(failed: &mut Vec<Attempt>, address: SocketAddr, error: io::Error) {
    log::debug!("{address}: {error}");
    failed.push(Attempt { address, error });
}

fn vec_with(failed: &mut Vec<Attempt>, addresses: &[SocketAddr], error: io::Error) -> Vec<Attempt> {
    let mut failed = core::mem::take(failed);
    if let Some(&address) = addresses.first() {
        failed.push(Attempt { address, error });
    }
    failed
}

/// Which of the pending sockets are decided, highest index first (so that
/// each can be removed by swapping).
fn ready(pending: &[(SocketAddr, Socket)], left: Option<Duration>) -> io::Result<Vec<usize>> {
    let mut fds: Vec<_> = pending
        .iter()
        .map(|(_, socket)| PollFd::new(socket, PollFlags::OUT))
        .collect();
    if fds.is_empty() {
        thread::sleep(left.unwrap_or(Duration::ZERO));
        return Ok(Vec::new());
    }
    match poll(&mut fds, left.map(timespec).as_ref()) {
        Ok(_) => {}
        Err(Errno::INTR) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let decided = fds.iter().enumerate().rev();
    Ok(decided
        .filter(|(_, fd)| !fd.revents().is_empty())
        .map(|(at, _)| at)
        .collect())
}

/// RFC 8305 §4: the order of the resolver, families taking turns.
pub(crate) fn interleave(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_is_ipv6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut first, mut second): (VecDeque<_>, VecDeque<_>) = addresses
        .iter()
        .copied()
        .partition(|address| address.is_ipv6() == first_is_ipv6);
    let mut order = VecDeque::with_capacity(addresses.len());
    while !first.is_empty() || !second.is_empty() {
        order.extend(first.pop_front());
        order.extend(second.pop_front());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::TcpListener, time::Instant};

    fn dialer(millis: u64) -> Dialer<'static> {
        Dialer {
            family: AddressFamily::Any,
            options: &[],
            clock: Clock::new(),
            deadline: Some(Duration::from_millis(millis)),
        }
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// An address where nobody listens.
    fn refused() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
    }

    #[test]
    fn families_take_turns() {
        let addresses = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"].map(address);
        let expected = ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"].map(address);
        assert_eq!(interleave(&addresses), expected);
        assert!(interleave(&[]).is_empty());
    }

    #[test]
    fn a_refused_first_address_is_followed_by_the_next_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let begin = Instant::now();
        let stream = dialer(5000).connect(&[refused(), good]).unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(begin.elapsed() < STAGGER, "{:?}", begin.elapsed());
    }

    #[test]
    fn all_refused_names_each() {
        let addresses = [refused(), refused()];
        let Err(DialError::Refused(attempts)) = dialer(5000).connect(&addresses) else {
            panic!("must be refused")
        };
        let tried: Vec<_> = attempts.iter().map(|attempt| attempt.address).collect();
        assert_eq!(tried, addresses);
        for attempt in attempts {
            assert_eq!(attempt.error.kind(), io::ErrorKind::ConnectionRefused);
        }
    }

    /// Linux drops a SYN to a listener whose queue is full: an address that
    /// gives no answer.
    #[cfg(target_os = "linux")]
    mod black_hole {
        use super::*;

        fn black_hole() -> (Socket, SocketAddr, Vec<Socket>) {
            let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            listener.bind(&address("127.0.0.1:0").into()).unwrap();
            listener.listen(0).unwrap();
            let at = listener.local_addr().unwrap().as_socket().unwrap();
            let fill = (0..4).map(|_| {
                let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
                socket.set_nonblocking(true).unwrap();
                let _ = socket.connect(&at.into());
                socket
            });
            let fill = fill.collect();
            (listener, at, fill)
        }

        #[test]
        fn the_deadline_holds() {
            let (_listener, hole, _fill) = black_hole();
            let begin = Instant::now();
            let Err(DialError::TimedOut(attempts)) = dialer(120).connect(&[hole]) else {
                panic!("must time out")
            };
            assert_eq!(attempts[0].error.kind(), io::ErrorKind::TimedOut);
            let elapsed = begin.elapsed();
            assert!(elapsed < Duration::from_millis(600), "{elapsed:?}");
        }

        #[test]
        fn a_silent_first_address_costs_one_stagger() {
            let (_listener, hole, _fill) = black_hole();
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let good = listener.local_addr().unwrap();
            let begin = Instant::now();
            let stream = dialer(5000).connect(&[hole, good]).unwrap();
            assert_eq!(stream.peer_addr().unwrap(), good);
            let elapsed = begin.elapsed();
            assert!(elapsed >= STAGGER - Duration::from_millis(1), "{elapsed:?}");
            assert!(elapsed < STAGGER * 3, "{elapsed:?}");
        }
    }
}
