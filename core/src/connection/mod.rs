//! An open connection: every rule of RFC 6455 for a client, without I/O.

mod assemble;
mod closing;
mod config;
mod event;
mod found;
mod inflate;
mod keepalive;
mod orders;
mod poll;
mod receive;
mod room;
mod send;

use core::time::Duration;

use closing::Closing;
pub use config::{Config, Delivery};
#[cfg(feature = "embedded-io")]
pub(crate) use event::Pending;
pub use event::{Chunk, Closed, Event, Initiator, MessageKind};
pub use found::Found;
pub use keepalive::Keepalive;
use keepalive::Pinger;
use receive::Receive;
use send::Send;

use crate::{
    buffer::Buffer,
    entropy::Entropy,
    error::{CapacityError, ReceiveError, Timeout},
    extension::{Extension, Plain},
    handshake::{Handshake, HandshakeError},
};

/// The states of RFC 6455 §4.1 and §7 after the opening handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum State {
    /// Messages may go both ways.
    Open,
    /// A Close frame was sent or received.
    Closing,
    /// Over.
    Closed,
}

/// A WebSocket connection after the opening handshake, seen from the client.
///
/// `Rx` and `Tx` are [`Buffer`]s. With [`Delivery::Whole`] the receive buffer
/// must hold the largest message; a message of several frames needs 128 bytes
/// more, for control frames between them. It has at least 128 bytes, the send
/// buffer at least 256; 147 bytes of that are kept for headers and control
/// frames.
///
/// The loop that drives it stands on the [crate's page](crate).
#[derive(Debug)]
pub struct Connection<Rx, Tx, E, X = Plain> {
    config: Config,
    receive: Receive<Rx>,
    send: Send<Tx>,
    entropy: E,
    extension: X,
    closing: Closing,
    /// When a byte last arrived, as far as the clock was told.
    active: Option<Duration>,
    /// Bytes arrived since the clock was last told.
    fresh: bool,
    pinger: Pinger,
    subprotocol: Option<usize>,
}

impl<Rx: Buffer, Tx: Buffer, E: Entropy> Connection<Rx, Tx, E> {
    /// A connection on a transport on which something else has done the
    /// opening handshake, without an extension. `rx` and `tx` are taken as
    /// empty.
    ///
    /// Bytes that came after the response head go into
    /// [`receive_buffer`](Self::receive_buffer) first.
    ///
    /// # Errors
    /// [`CapacityError`] where a buffer is smaller than the minimum.
    pub fn new(rx: Rx, tx: Tx, entropy: E, config: Config) -> Result<Self, CapacityError> {
        Self::with_extension(rx, tx, entropy, config, Plain)
    }

    /// Takes over from an opening handshake that has succeeded. What came
    /// after the response head stays where it is and becomes the first frame.
    ///
    /// # Errors
    /// Why the handshake failed, [`HandshakeError::Unfinished`],
    /// [`HandshakeError::MissingExtension`], or a buffer smaller than the
    /// minimum.
    pub fn from_handshake(
        handshake: Handshake<Rx, Tx, E>,
        config: Config,
    ) -> Result<Self, HandshakeError> {
        Self::from_handshake_with(handshake, config, Plain)
    }
}

impl<Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension> Connection<Rx, Tx, E, X> {
    /// Like [`new`](Connection::new), with an extension that was negotiated.
    ///
    /// # Errors
    /// [`CapacityError`] where a buffer is smaller than the minimum.
    pub fn with_extension(
        rx: Rx,
        tx: Tx,
        entropy: E,
        config: Config,
        extension: X,
    ) -> Result<Self, CapacityError> {
        Self::with_received(rx, (0, 0), tx, entropy, config, extension)
    }

    /// Like [`from_handshake`](Connection::from_handshake), with what it
    /// takes to do the extension that the handshake negotiated.
    ///
    /// # Errors
    /// See [`from_handshake`](Connection::from_handshake).
    pub fn from_handshake_with(
        handshake: Handshake<Rx, Tx, E>,
        config: Config,
        extension: X,
    ) -> Result<Self, HandshakeError> {
        let parts = handshake.into_parts()?;
        if parts.extension.is_some() && !extension.is_negotiated() {
            return Err(HandshakeError::MissingExtension);
        }
        let received = (parts.start, parts.end);
        let (rx, tx) = (parts.rx, parts.tx);
        let mut connection =
            Self::with_received(rx, received, tx, parts.entropy, config, extension)?;
        connection.subprotocol = parts.subprotocol;
        Ok(connection)
    }

    /// With bytes `received.0..received.1` of `rx` received already.
    fn with_received(
        rx: Rx,
        received: (usize, usize),
        tx: Tx,
        entropy: E,
        config: Config,
        extension: X,
    ) -> Result<Self, CapacityError> {
        Ok(Self {
            receive: Receive::new(rx, received.0, received.1, &config)?,
            send: Send::new(tx, &config)?,
            entropy,
            extension,
            closing: Closing::new(),
            active: None,
            fresh: true,
            pinger: Pinger::default(),
            subprotocol: None,
            config,
        })
    }

    /// Bytes to write to the transport. Empty: nothing waits.
    #[inline]
    pub fn transmit(&self) -> &[u8] {
        self.send.transmit()
    }

    /// Tells that the transport took the first `n` bytes of
    /// [`transmit`](Self::transmit).
    #[inline]
    pub fn transmitted(&mut self, n: usize) {
        self.send.transmitted(n);
    }

    /// Where to read from the transport to. Empty only while events wait in
    /// [`poll_event`](Self::poll_event); never read into an empty slice, its
    /// zero bytes look like the end of the stream.
    pub fn receive_buffer(&mut self) -> &mut [u8] {
        self.receive.receive_buffer(&self.config)
    }

    /// Tells that the first `n` bytes of
    /// [`receive_buffer`](Self::receive_buffer) were filled.
    #[inline]
    pub fn received(&mut self, n: usize) {
        self.receive.received(n);
        self.fresh = true;
    }

    /// Tells that the transport ended. What was received before is still
    /// handed over.
    pub fn receive_eof(&mut self) {
        self.closing.eof = true;
    }

    /// Tells that the transport takes no more bytes. What was received, and
    /// can still be until [`Config::close_timeout`] has passed, is handed
    /// over; nothing more is sent.
    pub fn transmit_failed(&mut self, now: Duration) {
        self.send.abandon();
        self.closing.start_deadline(now, self.config.close_timeout);
    }

    /// Tells that the transport did not take the queued bytes within
    /// [`Config::write_timeout`]: the connection fails.
    pub fn transmit_timed_out(&mut self, now: Duration) {
        self.fail(ReceiveError::Timeout(Timeout::Write), now);
    }

    /// The extension, such as `deflate::PerMessageDeflate`.
    pub const fn extension(&self) -> &X {
        &self.extension
    }

    /// The extension, for its own settings.
    pub const fn extension_mut(&mut self) -> &mut X {
        &mut self.extension
    }

    /// The place of the negotiated subprotocol in the list that the request
    /// offered, from 0.
    pub const fn subprotocol_index(&self) -> Option<usize> {
        self.subprotocol
    }

    /// Which state the connection is in.
    pub const fn state(&self) -> State {
        self.closing.state()
    }

    /// Counts the closing deadline from `now`: it was found with a clock that
    /// was behind.
    #[cfg(feature = "embedded-io")]
    pub(crate) fn restart_deadline(&mut self, now: Duration) {
        self.closing
            .restart_deadline(now, self.config.close_timeout);
    }

    /// Why the connection failed, before
    /// [`poll_event`](Self::poll_event) returns it.
    pub const fn failure(&self) -> Option<ReceiveError> {
        self.closing.failure()
    }

    /// The limits and deadlines.
    pub const fn config(&self) -> &Config {
        &self.config
    }
}
