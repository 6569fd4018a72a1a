//! The async driver, over `embedded-io-async`.

mod open;

use core::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};

pub use super::timer::{NoTimer, Timer};
use super::{
    Error,
    pump::{Action, Pump},
    timer::before,
};
use crate::{
    buffer::Buffer,
    close_code::CloseCode,
    connection::{Closed, Config, Connection, Event, Pending},
    entropy::Entropy,
    error::SendError,
    extension::{Extension, Plain},
    handshake::Handshake,
};
pub use open::open;

/// A WebSocket client over an async transport.
///
/// Pings are answered and the closing handshake is kept while
/// [`receive`](Self::receive) or [`close`](Self::close) runs: call one of
/// them whenever there is nothing else to do.
///
/// ```no_run
/// # use hybi_core::{close_code::CloseCode, connection::{Config, Event}, entropy::Entropy};
/// # use hybi_core::driver::{Error, asynch::{Timer, WebSocket}};
/// # use hybi_core::handshake::{Handshake, HandshakeConfig, Request};
/// # async fn talk<T>(io: T, mut timer: impl Timer, entropy: impl Entropy) -> Result<(), Error<T::Error>>
/// # where T: embedded_io_async::Read + embedded_io_async::Write {
/// let request = Request::to("example.com", "/chat");
/// let (rx, tx, now) = ([0; 1024], [0; 512], timer.now());
/// let handshake = Handshake::new(&request, rx, tx, entropy, HandshakeConfig::default(), now)?;
/// let mut socket = WebSocket::connect(io, timer, handshake, Config::default()).await?;
/// socket.send_text("hello").await?;
/// if let Event::Text(text) = socket.receive().await? {
///     println!("{text}");
/// }
/// socket.close(CloseCode::NORMAL, "").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct WebSocket<T: ErrorType, Rx, Tx, E, C = NoTimer, X = Plain> {
    transport: T,
    timer: C,
    pump: Pump<Rx, Tx, E, X, T::Error>,
}

impl<T, Rx: Buffer, Tx: Buffer, E: Entropy, C: Timer> WebSocket<T, Rx, Tx, E, C>
where
    T: Read + Write,
{
    /// Runs the opening handshake that `handshake` holds, then hands over the
    /// open connection.
    ///
    /// To see the response, or a refusal, run [`open`] and then
    /// [`new`](Self::new).
    ///
    /// # Errors
    /// Those of the handshake and of the transport.
    ///
    /// Cancel safety: dropping the future drops the transport.
    pub async fn connect(
        mut transport: T,
        mut timer: C,
        mut handshake: Handshake<Rx, Tx, E>,
        config: Config,
    ) -> Result<Self, Error<T::Error>> {
        open(&mut transport, &mut timer, &mut handshake).await?;
        let connection = Connection::from_handshake(handshake, config)?;
        Ok(Self::new(transport, timer, connection))
    }
}

impl<T, Rx: Buffer, Tx: Buffer, E: Entropy, C: Timer, X: Extension> WebSocket<T, Rx, Tx, E, C, X>
where
    T: Read + Write,
{
    /// Takes over a connection that is open already.
    pub const fn new(transport: T, timer: C, connection: Connection<Rx, Tx, E, X>) -> Self {
        Self {
            transport,
            timer,
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
    ///
    /// Cancel safety: safe. A dropped future loses nothing, if reads and writes of the
    /// transport are cancel safe themselves.
    pub async fn receive(&mut self) -> Result<Event<'_>, Error<T::Error>> {
        let pending = loop {
            if let Some(pending) = self.advance().await? {
                break pending;
            }
        };
        Ok(self.pump.event(pending))
    }

    async fn advance(&mut self) -> Result<Option<Pending>, Error<T::Error>> {
        if let Some(message) = self.pump.message() {
            return Ok(Some(message));
        }
        self.tick();
        loop {
            match self.pump.receive(None)? {
                Action::Return(pending) => return Ok(pending),
                action => self.act(action).await,
            }
        }
    }

    /// Sends a text message. What does not fit the send buffer whole goes out
    /// in several frames.
    ///
    /// # Errors
    /// [`Error::Send`]: nothing was sent. Otherwise the connection is lost.
    ///
    /// Cancel safety: a future dropped while a message goes out in several frames
    /// leaves that message unfinished; another frame never starts inside one.
    pub async fn send_text(&mut self, text: &str) -> Result<(), Error<T::Error>> {
        match self.order(|connection| connection.send_text(text)).await {
            Err(Error::Send(SendError::TooBig(_))) => self.send_text_piece(text, true).await,
            Err(error) => Err(error),
            Ok(()) => self.flush().await,
        }
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn send_binary(&mut self, data: &[u8]) -> Result<(), Error<T::Error>> {
        match self.order(|connection| connection.send_binary(data)).await {
            Err(Error::Send(SendError::TooBig(_))) => self.send_binary_piece(data, true).await,
            Err(error) => Err(error),
            Ok(()) => self.flush().await,
        }
    }

    /// Sends the next piece of a text message, in one or more frames of its
    /// own; the message ends with the piece that is `last`. Pieces before
    /// that may wait in the send buffer for [`flush`](Self::flush).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn send_text_piece(
        &mut self,
        mut piece: &str,
        last: bool,
    ) -> Result<(), Error<T::Error>> {
        loop {
            let taken = self
                .order(|connection| connection.send_text_piece(piece, last))
                .await?;
            match piece.get(taken..) {
                Some(rest) if !rest.is_empty() => piece = rest,
                _ if last => return self.flush().await,
                _ => return Ok(()),
            }
        }
    }

    /// Sends the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn send_binary_piece(
        &mut self,
        mut piece: &[u8],
        last: bool,
    ) -> Result<(), Error<T::Error>> {
        loop {
            let taken = self
                .order(|connection| connection.send_binary_piece(piece, last))
                .await?;
            match piece.get(taken..) {
                Some(rest) if !rest.is_empty() => piece = rest,
                _ if last => return self.flush().await,
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
    pub async fn queue_text(&mut self, text: &str) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.send_text(text)).await
    }

    /// Queues a binary message. Otherwise like [`queue_text`](Self::queue_text).
    ///
    /// # Errors
    /// See [`queue_text`](Self::queue_text).
    pub async fn queue_binary(&mut self, data: &[u8]) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.send_binary(data)).await
    }

    /// Sends a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn ping(&mut self, payload: &[u8]) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.ping(payload)).await?;
        self.flush().await
    }

    /// Sends a Pong that nobody asked for, with at most 125 bytes.
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub async fn pong(&mut self, payload: &[u8]) -> Result<(), Error<T::Error>> {
        self.order(|connection| connection.pong(payload)).await?;
        self.flush().await
    }

    /// Begins the closing handshake and returns; [`receive`](Self::receive)
    /// goes on with it and still hands messages over.
    ///
    /// # Errors
    /// A code or reason that may not be sent, or a lost connection.
    pub async fn start_close(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<(), Error<T::Error>> {
        let now = self.timer.now();
        self.pump.tick(now);
        self.order(|connection| connection.close(code, reason, now))
            .await?;
        self.flush().await
    }

    /// Performs the closing handshake and waits until the peer ends the
    /// transport, at most [`Config::close_timeout`] in all. Messages that
    /// still arrive are dropped; use [`start_close`](Self::start_close) to
    /// see them.
    ///
    /// # Errors
    /// A code or reason that may not be sent, or a lost connection.
    pub async fn close(
        &mut self,
        code: CloseCode,
        reason: &str,
    ) -> Result<Closed<'_>, Error<T::Error>> {
        self.start_close(code, reason).await?;
        while self.advance().await? != Some(Pending::Closed) {}
        Ok(self.pump.connection().closed())
    }

    /// Writes out what is queued.
    ///
    /// # Errors
    /// The transport failed, or the connection did.
    ///
    /// Cancel safety: safe.
    pub async fn flush(&mut self) -> Result<(), Error<T::Error>> {
        self.tick();
        while let Some(deadline) = self.pump.unsent()? {
            if self.write(deadline).await {
                break;
            }
        }
        Ok(())
    }

    /// Carries out an order, flushing first where the buffer is full.
    async fn order<V>(
        &mut self,
        mut order: impl FnMut(&mut Connection<Rx, Tx, E, X>) -> Result<V, SendError>,
    ) -> Result<V, Error<T::Error>> {
        loop {
            match order(self.pump.connection_mut()) {
                Err(SendError::Full) => self.flush().await?,
                result => return result.map_err(Error::Send),
            }
        }
    }

    /// Whether that was all.
    async fn write(&mut self, deadline: Option<Duration>) -> bool {
        let Self {
            transport,
            timer,
            pump,
        } = self;
        if !pump.transmit().is_empty() {
            let write = transport.write(pump.transmit());
            let result = before(write, timer, deadline).await;
            if !pump.wrote(result, None, || timer.now()) {
                return false;
            }
        }
        let result = before(transport.flush(), timer, deadline).await;
        pump.flushed(result, None, || timer.now())
    }

    async fn act(&mut self, action: Action) {
        let Self {
            transport,
            timer,
            pump,
        } = self;
        match action {
            Action::Write(deadline) => {
                self.write(deadline).await;
            }
            Action::AskTime => pump.closing_began(timer.now()),
            Action::Read(deadline) => {
                let read = transport.read(pump.receive_buffer());
                let result = before(read, timer, deadline).await;
                pump.read(result, None, || timer.now());
            }
            // Its caller's business.
            Action::Return(_) => {}
        }
    }

    fn tick(&mut self) {
        if self.pump.wants_time() {
            self.pump.tick(self.timer.now());
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

    /// The event that was found and not handed over yet, because a receive was
    /// dropped before the replies to it were out. It is handed over with this.
    pub fn take_undelivered(&mut self) -> Option<Event<'_>> {
        let pending = self.pump.take_pending()?;
        Some(self.pump.event(pending))
    }

    /// Gives the transport, the timer and the state machine back, to be driven
    /// by hand. What is queued goes with the machine;
    /// [`take_undelivered`](Self::take_undelivered) first.
    pub fn into_parts(self) -> (T, C, Connection<Rx, Tx, E, X>) {
        (self.transport, self.timer, self.pump.into_connection())
    }
}
