//! From a host and a port to a connected TCP socket: Happy Eyeballs (RFC
//! 8305) on tokio, in the order and with the delays of the blocking dialer.

use core::{
    future::{Future, poll_fn},
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::Poll,
};
use std::io;

use ::tokio::{
    net::{TcpSocket, TcpStream},
    sync::oneshot,
    time::Instant,
};

use super::clock::{before, later};
use crate::{
    dial::{DialError, Dialer, STAGGER, fail, interleave, unanswered},
    lookup::{look_up_apart, lookup_failed},
};

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

/// Connects to `host`, a name or an address, IPv6 without brackets. Of
/// `dialer` only the family and the options count.
pub(super) async fn dial(
    dialer: &Dialer<'_>,
    host: &str,
    port: u16,
    deadline: Option<Instant>,
) -> Result<TcpStream, DialError> {
    let addresses = resolve(dialer, host, port, deadline).await?;
    connect(dialer, &addresses, deadline).await
}

/// The addresses of `host` of the dialer's family.
pub(super) async fn resolve(
    dialer: &Dialer<'_>,
    host: &str,
    port: u16,
    deadline: Option<Instant>,
) -> Result<Vec<SocketAddr>, DialError> {
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => look_up(host, port, deadline).await?,
    };
    dialer.usable(host, addresses)
}

/// Not tokio's lookup: a runtime that shuts down would wait for it.
async fn look_up(
    host: &str,
    port: u16,
    deadline: Option<Instant>,
) -> Result<Vec<SocketAddr>, DialError> {
    let (sender, receiver) = oneshot::channel();
    look_up_apart(host.to_owned(), port, move |found| {
        let _ = sender.send(found);
    })?;
    match before(deadline, receiver).await {
        Some(Ok(found)) => found.map_err(DialError::Resolve),
        Some(Err(_)) => Err(lookup_failed()),
        None => Err(DialError::ResolveTimedOut),
    }
}

async fn connect(
    dialer: &Dialer<'_>,
    addresses: &[SocketAddr],
    deadline: Option<Instant>,
) -> Result<TcpStream, DialError> {
    let mut waiting = interleave(addresses);
    let mut pending: Vec<(SocketAddr, Connecting)> = Vec::new();
    let mut failed = Vec::new();
    let mut next_start = Some(Instant::now());
    loop {
        let now = Instant::now();
        if deadline.is_some_and(|deadline| now >= deadline) {
            failed.extend(pending.into_iter().map(|(address, _)| unanswered(address)));
            return Err(DialError::TimedOut(failed));
        }
        if next_start.is_some_and(|start| now >= start)
            && let Some(address) = waiting.pop_front()
        {
            log::debug!("connecting to {address}");
            match dialer.socket(address) {
                Ok(socket) => {
                    let socket = TcpSocket::from_std_stream(socket.into());
                    pending.push((address, Box::pin(socket.connect(address))));
                    next_start = later(now, STAGGER);
                }
                Err(error) => fail(&mut failed, address, error),
            }
            continue;
        }
        if pending.is_empty() && waiting.is_empty() {
            return Err(DialError::Refused(failed));
        }
        let next = next_start.filter(|_| !waiting.is_empty());
        let until = match (next, deadline) {
            (Some(next), Some(deadline)) => Some(next.min(deadline)),
            (next, deadline) => next.or(deadline),
        };
        match before(until, first_of(&mut pending)).await {
            Some((_, Ok(stream))) => return Ok(stream),
            Some((address, Err(error))) => {
                fail(&mut failed, address, error);
                // RFC 8305 §5: a failure starts the next at once.
                next_start = Some(Instant::now());
            }
            None => {}
        }
    }
}

/// The first of the attempts that is decided, taken out of the list.
async fn first_of(
    pending: &mut Vec<(SocketAddr, Connecting)>,
) -> (SocketAddr, io::Result<TcpStream>) {
    poll_fn(|cx| {
        for (at, (address, attempt)) in pending.iter_mut().enumerate() {
            if let Poll::Ready(result) = attempt.as_mut().poll(cx) {
                let address = *address;
                drop(pending.swap_remove(at));
                return Poll::Ready((address, result));
            }
        }
        Poll::Pending
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lookup::AddressFamily, wait};
    use std::{net::TcpListener, time::Duration};

    fn dialer() -> Dialer<'static> {
        Dialer {
            family: AddressFamily::Any,
            options: &[],
            clock: wait::Clock::new(),
            deadline: None,
        }
    }

    /// An address where nobody listens.
    fn refused() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    }

    #[::tokio::test]
    async fn a_refused_first_address_is_followed_by_the_next_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let begin = Instant::now();
        let stream = connect(&dialer(), &[refused(), good], None).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        assert!(begin.elapsed() < STAGGER, "{:?}", begin.elapsed());
    }

    #[::tokio::test]
    async fn all_refused_names_each() {
        let addresses = [refused(), refused()];
        let result = connect(&dialer(), &addresses, None).await;
        let Err(DialError::Refused(attempts)) = result else {
            panic!("must be refused")
        };
        let tried: Vec<_> = attempts.iter().map(|attempt| attempt.address).collect();
        assert_eq!(tried, addresses);
    }

    /// Linux drops a SYN to a listener whose queue is full: an address that
    /// gives no answer.
    #[cfg(target_os = "linux")]
    #[::tokio::test]
    async fn a_silent_first_address_costs_one_stagger() {
        use socket2::{Domain, Socket, Type};
        let local: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let silent = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        silent.bind(&local.into()).unwrap();
        silent.listen(0).unwrap();
        let hole = silent.local_addr().unwrap();
        let fill = (0..4).map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            let _ = socket.connect(&hole);
            socket
        });
        let _fill: Vec<_> = fill.collect();
        let hole = hole.as_socket().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let good = listener.local_addr().unwrap();
        let begin = Instant::now();
        let stream = connect(&dialer(), &[hole, good], None).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), good);
        let elapsed = begin.elapsed();
        assert!(elapsed >= STAGGER - Duration::from_millis(1), "{elapsed:?}");
        assert!(elapsed < STAGGER * 3, "{elapsed:?}");
    }
}
