//! The blocking driver, over `embedded-io`.

mod open;

use core::time::Duration;

pub use super::transport::Transport;
use super::{
    Error,
    pump::{Action, Pump},
};
use crate::{
    buffer::Buffer,
    close_code::CloseCode,
    connection::{Closed, Config, Connection, Event, Found, Pending},
    entropy::Entropy,
    error::SendError,
    extension::{Extension, Plain},
    handshake::Handshake,
};
pub use open::open;

/// A WebSocket client over a blocking transport.
///
/// Pings are answered and the closing handshake is kept while
/// [`receive`](Self::receive) or [`close`](Self::close) runs: call one of
/// them whenever there is nothing else to do.
///
/// ```no_run
/// # use hybi_core::{close_code::CloseCode, connection::{Config, Event}, entropy::Entropy};
/// # use hybi_core::driver::{Error, blocking::{Transport, WebSocket}};
/// # use hybi_core::handshake::{Handshake, HandshakeConfig, Request};
/// # fn talk<T: Transport>(mut io: T, entropy: impl Entropy) -> Result<(), Error<T::Error>> {
/// let request = Request::to("example.com", "/chat");
/// let (rx, tx, now) = ([0; 1024], [0; 512], io.now());
/// let handshake = Handshake::new(&request, rx, tx, entropy, HandshakeConfig::default(), now)?;
/// let mut socket = WebSocket::connect(io, handshake, Config::default())?;
/// socket.send_text("hello")?;
/// if let Event::Text(text) = socket.receive()? {
///     println!("{text}");
/// }
/// socket.close(CloseCode::NORMAL, "")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WebSocket<T: Transport, Rx, Tx, E, X = Plain> {
    transport: T,
    pump: Pump<Rx, Tx, E, X, T::Error>,
}

impl<T: Transport, Rx: Buffer, Tx: Buffer, E: Entropy> WebSocket<T, Rx, Tx, E> {
    /// Runs the opening handshake that `handshake` holds, then hands over the
    /// open connection.
    ///
    /// To see the response, or a refusal, run [`open`] and then
    /// [`new`](Self::new).
    ///
    /// # Errors
    /// Those of the handshake and of the transport.
    pub fn connect(
        mut transport: T,
        mut handshake: Handshake<Rx, Tx, E>,
        config: Config,
    ) -> Result<Self, Error<T::Error>> {
        open(&mut transport, &mut handshake)?;
        let connection = Connection::from_handshake(handshake, config)?;
        Ok(Self::new(transport, connection))
    }
}

impl<T: Transport, Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension> WebSocket<T, Rx, Tx, E, X> {
    /// Takes over a connection that is open already.
    pub const fn new(transport: T, connection: Connection<Rx, Tx, E, X>) -> Self {
        Self {
            transport,
            pump: Pump::new(connection),
        }
    }

    /// Waits for the next event. Replies to Pings and to Close are on the
    /// wire before the event is handed over. The event borrows the receive
    /// buffer.
    ///
    /// # Errors
    /// The connection failed, or was lost, or the transport failed; the peer
    /// was told where that was possible.
    pub fn receive(&mut self) -> Result<Event<'_>, Error<T::Error>> {
        let pending = loop {
            if let Some(pending) = self.advance(None)? {
                break pending;
            }
        };
        Ok(self.pump.event(pending))
    }

    /// Like [`receive`](Self::receive), but waits at most until `until`, a
    /// time on the scale of [`Transport::now`], or until something wakes the
    /// transport. `None` then.
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn receive_until(
        &mut self,
        until: Option<Duration>,
    ) -> Result<Option<Event<'_>>, Error<T::Error>> {
        match self.advance(until)? {
            Some(pending) => Ok(Some(self.pump.event(pending))),
            None => Ok(None),
        }
    }

    /// Like [`receive_until`](Self::receive_until), without a borrow in what
    /// it returns: [`Connection::found`] looks at it, before anything else is
    /// done here.
    ///
    /// # Errors
    /// See [`receive`](Self::receive).
    pub fn find_until(
        &mut self,
        until: Option<Duration>,
    ) -> Result<Option<Found>, Error<T::Error>> {
        Ok(self.advance(until)?.map(Found))
    }

    #[inline]
    fn advance(&mut self, until: Option<Duration>) -> Result<Option<Pending>, Error<T::Error>> {
        if let Some(message) = self.pump.message() {
            return Ok(Some(message));
        }
        self.tick();
        loop {
            match self.pump.receive(until)? {
                Action::Return(pending) => return Ok(pending),
                action => self.act(action, until),
            }
        }
    }

    /// Sends a text message. What does not fit the send buffer whole goes out
    /// in several frames.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent. Otherwise the connection is lost.
    pub fn send_text(&mut self, text: &str) -> Result<(), Error<T::Error>> {
        // The room is there nearly always.
        if self.pump.connection_mut().send_text(text).is_err() {
            return self.send_text_at_length(text);
        }
        self.flush()
    }

    #[cold]
    fn send_text_at_length(&mut self, text: &str) -> Result<(), Error<T::Error>> {
        match self.order(|connection| connection.send_text(text)) {
            Err(Error::Send(SendError::TooBig(_))) => self.send_text_piece(text, true),
            Err(error) => Err(error),
            Ok(()) => self.flush(),
        }
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error<T::Error>> {
        // The room is there nearly always.
        if self.pump.connection_mut().send_binary(data).is_err() {
            return self.send_binary_at_length(data);
        }
        self.flush()
    }

    #[cold]
    fn send_binary_at_length(&mut self, data: &[u8]) -> Result<(), Error<T::Error>> {
        match self.order(|connection| connection.send_binary(data)) {
            Err(Error::Send(SendError::TooBig(_))) => self.send_binary_piece(data, true),
            Err(error) => Err(error),
            Ok(()) => self.flush(),
        }
    }

    /// Sends the next piece of a text message, in one or more frames of its
    /// own; the message ends with the piece that is `last`. Pieces before
    /// that may wait in the send buffer for [`flush`](Self::flush).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_text_piece(&mut self, mut piece: &str, last: bool) -> Result<(), Error<T::Error>> {
        loop {
            let taken = self.order(|connection| connection.send_text_piece(piece, last))?;
            match piece.get(taken..) {
                Some(rest) if !rest.is_empty() => piece = rest,
                _ if last => return self.flush(),
                _ => return Ok(()),
            }
        }
    }

    /// Sends the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary_piece(
        &mut self,
        mut piece: &[u8],
        last: bool,
    ) -> Result<(), Error<T::Error>> {
        loop {
            let taken = self.order(|connection| connection.send_binary_piece(piece, last))?;
            match piece.get(taken..) {
                Some(rest) if !rest.is_empty() => piece = rest,
                _ if last => return self.flush(),
                _ => return Ok(()),
            }
        }
    }

    /// Queues a text message that goes out with the next flush, and with all
    /// else that waits, in one write if it fits.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text). A message that can never fit the
    /// send buffer is [`SendError::TooBig`].
    pub fn queue_text(&mut self, text: &str) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.send_text(text))
    }

    /// Queues a binary message. Otherwise like [`queue_text`](Self::queue_text).
    ///
    /// # Errors
    /// See [`queue_text`](Self::queue_text).
    pub fn queue_binary(&mut self, data: &[u8]) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.send_binary(data))
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.ping(payload))?;
        self.flush()
    }

    /// Sends a Pong that nobody asked for, with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.pong(payload))?;
        self.flush()
    }

    /// Begins the closing handshake and returns; [`receive`](Self::receive)
    /// goes on with it and still hands messages over.
    ///
    /// # Errors
    /// A code or reason that may not be sent, or a lost connection.
    pub fn start_close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error<T::Error>> {
        let now = self.transport.now();
        self.pump.tick(now);
        self.order(|connection| connection.close(code, reason, now))?;
        self.flush()
    }

    /// Performs the closing handshake and waits until the peer ends the
    /// transport, at most [`Config::close_timeout`] in all. Messages that
    /// still arrive are dropped; use [`start_close`](Self::start_close) to
    /// see them.
    ///
    /// # Errors
    /// A code or reason that may not be sent, or a lost connection.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<Closed<'_>, Error<T::Error>> {
        self.start_close(code, reason)?;
        while self.advance(None)? != Some(Pending::Closed) {}
        Ok(self.pump.connection().closed())
    }

    /// Writes out what is queued.
    ///
    /// # Errors
    /// The transport failed, or the connection did.
    pub fn flush(&mut self) -> Result<(), Error<T::Error>> {
        if self.pump.may_just_write() && self.write(None, None) {
            return Ok(());
        }
        self.flush_by_steps()
    }

    #[cold]
    fn flush_by_steps(&mut self) -> Result<(), Error<T::Error>> {
        self.tick();
        while let Some(deadline) = self.pump.unsent()? {
            if self.write(deadline, None) {
                break;
            }
        }
        Ok(())
    }

    /// Carries out an order, flushing first where the buffer is full.
    fn order<V>(
        &mut self,
        mut order: impl FnMut(&mut Connection<Rx, Tx, E, X>) -> Result<V, SendError>,
    ) -> Result<V, Error<T::Error>> {
        loop {
            match order(self.pump.connection_mut()) {
                Err(SendError::Full) => self.flush()?,
                result => return result.map_err(Error::Send),
            }
        }
    }

    /// Whether that was all.
    #[inline]
    fn write(&mut self, deadline: Option<Duration>, until: Option<Duration>) -> bool {
        let Self { transport, pump } = self;
        if !pump.transmit().is_empty() {
            let result = transport.write_until(pump.transmit(), deadline);
            if !pump.wrote(result, until, || transport.now()) {
                return false;
            }
        }
        let result = transport.flush_until(deadline);
        pump.flushed(result, until, || transport.now())
    }

    fn act(&mut self, action: Action, until: Option<Duration>) {
        let Self { transport, pump } = self;
        match action {
            Action::Write(deadline) => {
                self.write(deadline, until);
            }
            Action::AskTime => pump.closing_began(transport.now()),
            Action::Read(deadline) => {
                let result = transport.read_until(pump.receive_buffer(), deadline);
                pump.read(result, until, || transport.now());
            }
            // Its caller's business.
            Action::Return(_) => {}
        }
    }

    #[inline]
    fn tick(&mut self) {
        if self.pump.wants_time() {
            self.pump.tick(self.transport.now());
        }
    }

    /// The state machine.
    pub const fn connection(&self) -> &Connection<Rx, Tx, E, X> {
        self.pump.connection()
    }

    /// The state machine, for orders of its own. What they queue goes out with
    /// the next flush.
    pub const fn connection_mut(&mut self) -> &mut Connection<Rx, Tx, E, X> {
        self.pump.connection_mut()
    }

    /// The transport.
    pub const fn transport(&self) -> &T {
        &self.transport
    }

    /// The transport, for its own settings. Bytes read or written past the
    /// connection break it.
    pub const fn transport_mut(&mut self) -> &mut T {
        &mut self.transport
    }

    /// The event that was found and not handed over yet, because `until`
    /// passed before the replies to it were out. It is handed over with this.
    pub fn take_undelivered(&mut self) -> Option<Event<'_>> {
        let pending = self.pump.take_pending()?;
        Some(self.pump.event(pending))
    }

    /// Gives the transport and the state machine back, to be driven by hand.
    /// What is queued goes with the machine;
    /// [`take_undelivered`](Self::take_undelivered) first.
    pub fn into_parts(self) -> (T, Connection<Rx, Tx, E, X>) {
        (self.transport, self.pump.into_connection())
    }
}
