//! What the arguments ask for, and why it was not done.

use core::fmt;

use hybi_core::{
    driver::Error,
    handshake::HandshakeError,
    uri::{Host, Uri},
};
use hybi_embedded::error::{ConnectError, StreamError};
use smoltcp::wire::Ipv4Address;

pub(crate) struct Order {
    pub(crate) address: Ipv4Address,
    pub(crate) port: u16,
    pub(crate) host: heapless::String<32>,
    pub(crate) agent: heapless::String<64>,
    /// `None`: all there are.
    pub(crate) cases: Option<(u32, u32)>,
    /// Offer permessage-deflate.
    pub(crate) deflate: bool,
}

impl Order {
    pub(crate) fn parse(mut words: &board::Arguments) -> Option<Self> {
        let (mut url, mut agent, mut cases) = (None, "hybi-cortex-m", None);
        let mut deflate = false;
        while let Some(word) = words.next().transpose().ok()? {
            match word {
                "--agent" => agent = words.next()?.ok()?,
                "--cases" => cases = Some(range(words.next()?.ok()?)?),
                "--deflate" => deflate = true,
                _ if url.is_none() => url = Some(word),
                _ => return None,
            }
        }
        let url = url?;
        let uri = Uri::parse(url).ok()?;
        let Host::Ipv4(address) = uri.host() else {
            return None;
        };
        Some(Self {
            address,
            port: uri.port(),
            host: url
                .strip_prefix("ws://")?
                .trim_end_matches('/')
                .try_into()
                .ok()?,
            agent: agent.try_into().ok()?,
            cases,
            deflate,
        })
    }
}

/// `1-7` or `7` as the first and the last.
fn range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some((first.parse().ok()?, last.parse().ok()?))
}

pub(crate) enum Failure {
    Usage,
    Connect(ConnectError),
    Client(Error<StreamError>),
    NoCount,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage => f.write_str(
                "usage: autobahn ws://ADDRESS:PORT [--agent NAME] [--cases FIRST-LAST] [--deflate]",
            ),
            Self::Connect(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::NoCount => f.write_str("the server did not say how many cases it has"),
        }
    }
}

impl From<ConnectError> for Failure {
    fn from(error: ConnectError) -> Self {
        Self::Connect(error)
    }
}

impl From<HandshakeError> for Failure {
    fn from(error: HandshakeError) -> Self {
        Self::Client(error.into())
    }
}

impl From<Error<StreamError>> for Failure {
    fn from(error: Error<StreamError>) -> Self {
        Self::Client(error)
    }
}
