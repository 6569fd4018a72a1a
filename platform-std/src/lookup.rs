//! From a host's name to its addresses, with a deadline.

use core::{
    fmt,
    net::{IpAddr, SocketAddr},
};
use std::{io, net::ToSocketAddrs, sync::mpsc, thread};

use crate::dial::{DialError, Dialer};

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
    const fn allows(self, address: &SocketAddr) -> bool {
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

impl Dialer<'_> {
    pub(crate) fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, DialError> {
        let addresses = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.look_up(host.to_owned(), port)?,
        };
        self.usable(host, addresses)
    }

    /// Those of `addresses` that are of the family asked for.
    pub(crate) fn usable(
        &self,
        host: &str,
        mut addresses: Vec<SocketAddr>,
    ) -> Result<Vec<SocketAddr>, DialError> {
        addresses.retain(|address| self.family.allows(address));
        if addresses.is_empty() {
            let text = format!("{host} has no {} address", self.family);
            return Err(DialError::Resolve(io::Error::new(
                io::ErrorKind::NotFound,
                text,
            )));
        }
        log::debug!("{host} is at {addresses:?}");
        Ok(addresses)
    }

    fn look_up(&self, host: String, port: u16) -> Result<Vec<SocketAddr>, DialError> {
        let (sender, receiver) = mpsc::sync_channel(1);
        look_up_apart(host, port, move |found| {
            let _ = sender.send(found);
        })?;
        let answer = match self.left() {
            Some(left) => receiver.recv_timeout(left),
            None => receiver
                .recv()
                .map_err(|_| mpsc::RecvTimeoutError::Disconnected),
        };
        match answer {
            Ok(found) => found.map_err(DialError::Resolve),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(DialError::ResolveTimedOut),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(lookup_failed()),
        }
    }
}

/// A lookup cannot be given a deadline or called off. It has its own thread,
/// which is left behind to end when the lookup does.
pub(crate) fn look_up_apart(
    host: String,
    port: u16,
    done: impl FnOnce(io::Result<Vec<SocketAddr>>) + Send + 'static,
) -> Result<(), DialError> {
    thread::Builder::new()
        .name("hybi-lookup".into())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs();
            done(found.map(Iterator::collect));
        })
        .map_err(DialError::Resolve)?;
    Ok(())
}

/// The lookup's thread has died.
pub(crate) fn lookup_failed() -> DialError {
    DialError::Resolve(io::Error::other("the lookup failed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::Clock;
    use core::time::Duration;

    fn dialer() -> Dialer<'static> {
        let clock = Clock::new();
        Dialer {
            family: AddressFamily::Any,
            options: &[],
            clock,
            deadline: Some(clock.now() + Duration::from_secs(5)),
        }
    }

    #[test]
    fn literals_need_no_lookup_and_families_are_filtered() {
        let mut dialer = dialer();
        assert_eq!(
            dialer.resolve("::1", 9).unwrap(),
            ["[::1]:9".parse().unwrap()]
        );
        dialer.family = AddressFamily::Ipv4;
        let Err(DialError::Resolve(error)) = dialer.resolve("::1", 9) else {
            panic!("no IPv4 there")
        };
        assert_eq!(error.to_string(), "::1 has no IPv4 address");
    }

    #[test]
    fn a_name_that_does_not_exist() {
        let result = dialer().resolve("does-not-exist.invalid", 80);
        assert!(matches!(result, Err(DialError::Resolve(_))), "{result:?}");
    }
}
