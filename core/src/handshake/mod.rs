//! The opening handshake (RFC 6455 §4.1), without I/O.
//!
//! ```no_run
//! # use core::time::Duration;
//! # use hybi_core::{buffer::Buffer, entropy::Entropy, uri::Uri};
//! # use hybi_core::handshake::{Handshake, HandshakeConfig, Request};
//! # use std::{io::{Read, Write}, net::TcpStream};
//! # fn open(mut io: TcpStream, entropy: impl Entropy) -> Result<(), Box<dyn std::error::Error>> {
//! # let now = Duration::ZERO;
//! let uri = Uri::parse("ws://example.com/chat")?;
//! let (rx, tx) = ([0; 1024], [0; 512]);
//! let config = HandshakeConfig::default();
//! let mut handshake = Handshake::new(&Request::new(&uri), rx, tx, entropy, config, now)?;
//! loop {
//!     while !handshake.transmit().is_empty() {
//!         let n = io.write(handshake.transmit())?;
//!         handshake.transmitted(n);
//!     }
//!     if handshake.poll()? {
//!         break;
//!     }
//!     match io.read(handshake.receive_buffer())? {
//!         0 => handshake.receive_eof(),
//!         n => handshake.received(n),
//!     }
//!     // and handshake.poll_timeout() says when to call handle_timeout(now)
//! }
//! assert_eq!(handshake.response().map(|response| response.status()), Some(101));
//! # Ok(())
//! # }
//! ```

use core::{fmt, time::Duration};

mod check;
mod error;
mod key;
mod request;
mod response;
#[cfg(test)]
mod tests;
mod verify;

pub use error::{HandshakeError, RequestError, ResponseError};
pub use key::SecWebSocketKey;
pub use request::Request;
pub use response::{Response, ResponseLimits};

#[cfg(feature = "deflate")]
use crate::extension::deflate::DeflateParams;
use crate::{
    buffer::Buffer,
    entropy::Entropy,
    extension::Negotiated,
    http::{Headers, Writer, list},
};
use request::Offered;
use response::ResponseReader;
use verify::{Chosen, Expected};

/// How an opening handshake is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandshakeConfig {
    /// How much of the response to take.
    pub limits: ResponseLimits,
    /// How long the handshake may take from the `now` of
    /// [`Handshake::new`]; 10 s by default.
    pub timeout: Option<Duration>,
}

impl HandshakeConfig {
    /// The default configuration.
    pub const DEFAULT: Self = Self {
        limits: ResponseLimits::DEFAULT,
        timeout: Some(Duration::from_secs(10)),
    };
}

impl Default for HandshakeConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// An opening handshake under way.
///
/// `rx` must hold the server's response head: 512 bytes are enough for most
/// servers, and a growing buffer grows as far as the limits allow. `tx` must
/// hold the whole request, about 180 bytes besides host, path and headers.
/// Both go on to the connection, and what arrived after the head stays where
/// it is in `rx`.
pub struct Handshake<Rx, Tx, E> {
    rx: Rx,
    tx: Tx,
    entropy: E,
    reader: ResponseReader,
    accept: [u8; SecWebSocketKey::ACCEPT_LEN],
    /// The request in `tx`.
    request_len: usize,
    sent: usize,
    /// Where in `tx` the request lists its offers.
    offered: Offered,
    deadline: Option<Duration>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The final response is not complete.
    Connecting,
    /// The server switched protocols, by all the rules.
    Open(Chosen),
    Failed(HandshakeError),
}

/// What is left when the handshake is done.
#[derive(Debug)]
pub(crate) struct Parts<Rx, Tx, E> {
    pub(crate) rx: Rx,
    pub(crate) tx: Tx,
    pub(crate) entropy: E,
    /// Where in `rx` the first bytes after the response head begin,
    pub(crate) start: usize,
    /// and where they end.
    pub(crate) end: usize,
    /// Which of the offered subprotocols the server chose.
    pub(crate) subprotocol: Option<usize>,
    /// With which parameters it accepted the extension.
    pub(crate) extension: Option<Negotiated>,
}

impl<Rx: Buffer, Tx: Buffer, E: Entropy> Handshake<Rx, Tx, E> {
    /// Checks `request` and writes it to `tx`; [`transmit`](Self::transmit)
    /// has it then. `now` is the time since any fixed origin.
    ///
    /// # Errors
    /// [`HandshakeError::Request`] for a request that may not be sent, and
    /// [`HandshakeError::Capacity`] where `tx` cannot hold the request or `rx`
    /// not a single byte. Nothing was written then.
    pub fn new(
        request: &Request<'_>,
        mut rx: Rx,
        mut tx: Tx,
        mut entropy: E,
        config: HandshakeConfig,
        now: Duration,
    ) -> Result<Self, HandshakeError> {
        request.check()?;
        let mut counter = Writer::new(&mut []);
        request.write(&mut counter, &SecWebSocketKey::from_nonce([0; 16]));
        let request_len = counter.len();
        tx.reserve(request_len)?;
        let reader = ResponseReader::new(config.limits, &mut rx)?;
        let key = SecWebSocketKey::generate(&mut entropy);
        let offered = request.write(&mut Writer::new(tx.bytes_mut()), &key);
        #[cfg(feature = "log")]
        crate::http::trace_head_but(
            ">",
            tx.bytes().get(..request_len).unwrap_or(&[]),
            request.secret_headers,
        );
        Ok(Self {
            rx,
            tx,
            entropy,
            reader,
            accept: key.accept(),
            request_len,
            sent: 0,
            offered,
            deadline: config.timeout.and_then(|timeout| now.checked_add(timeout)),
            state: State::Connecting,
        })
    }

    /// The part of the request that is still to be written to the transport.
    /// Empty once all of it is, and after a failure.
    pub fn transmit(&self) -> &[u8] {
        match self.state {
            State::Connecting => self.tx.bytes().get(self.sent..self.request_len),
            _ => None,
        }
        .unwrap_or(&[])
    }

    /// The transport took the first `n` bytes of
    /// [`transmit`](Self::transmit).
    pub fn transmitted(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n).min(self.request_len);
    }

    /// Where to read the transport's next bytes to; then call
    /// [`received`](Self::received). Never empty while the handshake is under
    /// way.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        match self.state {
            State::Connecting => self.rx.bytes_mut().get_mut(self.reader.filled()..),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// The first `n` bytes of [`receive_buffer`](Self::receive_buffer) were
    /// read from the transport. Call [`poll`](Self::poll) next.
    pub fn received(&mut self, n: usize) {
        if self.state == State::Connecting {
            match self.reader.received(n, &mut self.rx) {
                Ok(false) => {}
                Ok(true) => self.state = self.judge(),
                Err(error) => self.state = State::Failed(error),
            }
        }
    }

    /// The transport ended: the server sends nothing more. Call
    /// [`poll`](Self::poll) next.
    pub fn receive_eof(&mut self) {
        self.give_up(HandshakeError::ConnectionLost);
    }

    /// The time at which to call [`handle_timeout`](Self::handle_timeout), on
    /// the scale of the `now` of [`new`](Self::new).
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.state {
            State::Connecting => self.deadline,
            _ => None,
        }
    }

    /// Looks whether the deadline has passed at `now`. May be called at any
    /// time; call [`poll`](Self::poll) next.
    pub fn handle_timeout(&mut self, now: Duration) {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            self.give_up(HandshakeError::Timeout);
        }
    }

    /// Whether the connection is open: the server's response is complete and
    /// follows all rules. False: transmit and receive more.
    ///
    /// # Errors
    /// Why there will be no connection; the same error from then on.
    pub fn poll(&self) -> Result<bool, HandshakeError> {
        match self.state {
            State::Connecting => Ok(false),
            State::Open(_) => Ok(true),
            State::Failed(error) => Err(error),
        }
    }

    /// The server's final response: after success, after a refusal, and after
    /// a failure that came when its head was already read.
    pub fn response(&self) -> Option<Response<'_>> {
        let head = self.reader.final_head()?;
        if self.state == State::Connecting {
            return None;
        }
        let bytes = self.rx.bytes();
        Some(Response {
            head: bytes.get(..head.len)?,
            body: bytes.get(head.len..self.reader.body_end())?,
            status: head.head.status,
            subprotocol: self.subprotocol(),
        })
    }

    /// What has arrived after the response head of an open connection: its
    /// first frames. They go on with the handshake to the connection; this is
    /// for who reads [frames](crate::frame) without one.
    pub fn rest(&self) -> &[u8] {
        let end = self.reader.filled();
        match (self.state, self.reader.final_head()) {
            (State::Open(_), Some(head)) => self.rx.bytes().get(head.len..end),
            _ => None,
        }
        .unwrap_or(&[])
    }

    /// The parameters with which the server accepted permessage-deflate.
    #[cfg(feature = "deflate")]
    pub fn deflate(&self) -> Option<DeflateParams> {
        match self.state {
            State::Open(chosen) => chosen.extension,
            _ => None,
        }
    }

    /// Which of the offered subprotocols the server chose, counted from 0.
    pub fn subprotocol_index(&self) -> Option<usize> {
        match self.state {
            State::Open(chosen) => chosen.subprotocol,
            _ => None,
        }
    }

    fn subprotocol(&self) -> Option<&str> {
        let chosen =
            list::tokens(self.offered(self.offered.subprotocols)).nth(self.subprotocol_index()?)?;
        str::from_utf8(chosen).ok()
    }

    /// Offers, as they stand in the request.
    fn offered(&self, (start, end): (usize, usize)) -> &[u8] {
        self.tx.bytes().get(start..end).unwrap_or(&[])
    }

    /// What a complete response means.
    fn judge(&self) -> State {
        let Some(head) = self.reader.final_head() else {
            return State::Connecting;
        };
        if head.head.status != 101 {
            return State::Failed(HandshakeError::Refused {
                status: head.head.status,
            });
        }
        if self.sent < self.request_len {
            return State::Failed(ResponseError::Premature.into());
        }
        let expected = Expected {
            accept: &self.accept,
            subprotocols: self.offered(self.offered.subprotocols),
            extensions: self.offered(self.offered.extensions),
        };
        let headers = Headers::of_head(self.rx.bytes().get(..head.len).unwrap_or(&[]));
        match verify::verify(head.head, headers, &expected) {
            Ok(chosen) => State::Open(chosen),
            Err(error) => State::Failed(error.into()),
        }
    }

    /// Nothing more will come. A refusal whose head is there is still one.
    fn give_up(&mut self, error: HandshakeError) {
        if self.state == State::Connecting {
            self.state = match self.reader.final_head() {
                Some(_) => self.judge(),
                None => State::Failed(error),
            };
        }
    }

    /// Takes an open handshake apart.
    ///
    /// # Errors
    /// [`HandshakeError::Unfinished`], or why the handshake failed.
    pub(crate) fn into_parts(self) -> Result<Parts<Rx, Tx, E>, HandshakeError> {
        match (self.state, self.reader.final_head()) {
            (State::Open(chosen), Some(head)) => Ok(Parts {
                rx: self.rx,
                tx: self.tx,
                entropy: self.entropy,
                start: head.len,
                end: self.reader.filled(),
                subprotocol: chosen.subprotocol,
                extension: chosen.extension,
            }),
            (State::Failed(error), _) => Err(error),
            _ => Err(HandshakeError::Unfinished),
        }
    }
}

impl<Rx, Tx, E> fmt::Debug for Handshake<Rx, Tx, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("state", &self.state)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
