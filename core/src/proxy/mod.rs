//! Tunnels through proxies, without I/O: HTTP CONNECT (RFC 9110 §9.3.6),
//! SOCKS4 and 4a, SOCKS5 (RFC 1928) with user and password (RFC 1929).
//!
//! The same loop as for the opening handshake. Once [`Tunnel::poll`] says
//! true the transport reaches the target, and TLS or the opening handshake
//! begins on it:
//!
//! ```no_run
//! # use core::time::Duration;
//! # use hybi_core::uri::{Host, Uri};
//! # use hybi_core::proxy::{HttpConnect, Target, Tunnel, TunnelConfig};
//! # use std::{io::{Read, Write}, net::TcpStream};
//! # fn open(mut io: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
//! # let now = Duration::ZERO;
//! let uri = Uri::parse("wss://example.com/chat")?;
//! let ask = HttpConnect::new(Target::of(&uri)).credentials("user", "secret");
//! let (rx, tx) = ([0; 1024], [0; 512]);
//! let mut tunnel = Tunnel::new(ask, rx, tx, TunnelConfig::default(), now)?;
//! loop {
//!     while !tunnel.transmit().is_empty() {
//!         let n = io.write(tunnel.transmit())?;
//!         tunnel.transmitted(n);
//!     }
//!     if tunnel.poll()? {
//!         break;
//!     }
//!     match io.read(tunnel.receive_buffer())? {
//!         0 => tunnel.receive_eof(),
//!         n => tunnel.received(n),
//!     }
//!     // and tunnel.poll_timeout() says when to call handle_timeout(now)
//! }
//! assert!(tunnel.rest().is_empty(), "else these bytes come first");
//! # Ok(())
//! # }
//! ```
//!
//! | protocol | the target's name is resolved by | credentials |
//! | --- | --- | --- |
//! | [`HttpConnect`] | the proxy | Basic, or any `Proxy-Authorization` |
//! | [`Socks4`] with an address, SOCKS4 | the caller | user id |
//! | [`Socks4`] with a name, SOCKS4a | the proxy | user id |
//! | [`Socks5`] with an address | the caller | user and password |
//! | [`Socks5`] with a name ("5h") | the proxy | user and password |

use core::fmt;

use crate::uri::{Host, Uri};

mod basic;
mod error;
mod http;
mod response;
mod socks4;
mod socks5;
mod tunnel;

pub use error::{ProxyError, ProxyRequestError, ProxyResponseError, Socks4Reply, Socks5Reply};
pub use http::HttpConnect;
pub use response::ProxyResponse;
pub use socks4::Socks4;
pub use socks5::Socks5;
pub use tunnel::{Tunnel, TunnelConfig};

/// Where the tunnel shall lead: what the proxy is asked to connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    host: Host<'a>,
    port: u16,
}

impl<'a> Target<'a> {
    /// A host and a port. A name is left to the proxy to resolve.
    pub const fn new(host: Host<'a>, port: u16) -> Self {
        Self { host, port }
    }

    /// Where `uri` leads.
    pub const fn of(uri: &Uri<'a>) -> Self {
        Self::new(uri.host(), uri.port())
    }

    /// The name, where it is one that a proxy can be asked for.
    fn check(&self) -> Result<(), ProxyRequestError> {
        let Host::Name(name) = self.host else {
            return Ok(());
        };
        let is_good = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\\:[]".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_good) {
            return Err(ProxyRequestError::InvalidHost);
        }
        Ok(())
    }
}

/// `host:port`, an IPv6 address in brackets (RFC 9112 §3.2.3).
impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// What is said to a proxy and what it answers. Implemented by
/// [`HttpConnect`], [`Socks4`] and [`Socks5`], and not meant for more.
pub trait Protocol: conversation::Conversation {}

impl<T: conversation::Conversation> Protocol for T {}

mod conversation {
    use super::{ProxyError, ProxyRequestError, TunnelConfig};

    /// One exchange after another, until the tunnel is open.
    pub trait Conversation {
        /// Looks for what cannot be asked.
        fn check(&self) -> Result<(), ProxyRequestError>;

        /// Writes the message that is due now; its length. What does not fit
        /// `out` is counted only.
        fn write(&self, out: &mut [u8]) -> usize;

        /// The length of the longest message of all.
        fn longest(&self) -> usize {
            self.write(&mut [])
        }

        /// Looks at the answer, as far as it has arrived; called with the
        /// same bytes and more until it says other than [`Step::Wait`].
        fn read(&mut self, answer: &[u8], config: &TunnelConfig) -> Result<Step, ProxyError>;

        /// The length of the longest answer to take.
        fn answer_limit(&self, config: &TunnelConfig) -> usize;
    }

    /// What an answer means.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Step {
        /// It is not complete.
        Wait,
        /// It was interim and so long; the true answer follows.
        Skip(usize),
        /// It was so long, and the next message is due.
        Next(usize),
        /// It was so long, and the tunnel is open.
        Open(usize),
    }
}

#[cfg(test)]
mod tests;
