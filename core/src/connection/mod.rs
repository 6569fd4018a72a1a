//! An open connection: every rule of RFC 6455 for a client, without I/O.

mod closing;
mod config;
mod event;
mod keepalive;
mod receive;
mod send;

use core::time::Duration;

use closing::Closing;
pub use config::{Config, Delivery};
pub(crate) use event::Pending;
use event::Place;
pub use event::{Chunk, Closed, Event, Initiator, MessageKind};
pub use keepalive::Keepalive;
use keepalive::{Due, Pinger};
use receive::{Receive, Step};
use send::Send;

use crate::{
    buffer::Buffer,
    close_code::CloseCode,
    entropy::Entropy,
    error::{CapacityError, ReceiveError, SendError, Timeout},
    extension::{Extension, Plain},
    frame::{CloseFrame, MAX_CLOSE_REASON, Opcode},
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
            receive: Receive::new(rx, received.0, received.1)?,
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

    /// The next event, or `None`: transmit, then read, or wait until
    /// [`poll_timeout`](Self::poll_timeout).
    ///
    /// `now` is the time since any fixed origin, the same for all calls; zero
    /// always, where there is no clock.
    ///
    /// # Errors
    /// The connection failed. The peer was told why, and either ended the
    /// transport or let [`Config::close_timeout`] pass: drop the transport.
    /// The same error comes back from then on.
    pub fn poll_event(&mut self, now: Duration) -> Result<Option<Event<'_>>, ReceiveError> {
        match self.poll_pending(now)? {
            Some(pending) => Ok(Some(self.event(pending))),
            None => Ok(None),
        }
    }

    /// Like [`poll_event`](Self::poll_event), borrowing nothing.
    pub(crate) fn poll_pending(&mut self, now: Duration) -> Result<Option<Pending>, ReceiveError> {
        self.note_time(now);
        if !self.closing.is_receiving() {
            return self.poll_end(now);
        }
        let pong_room = self.send.is_dead() || self.send.has_pong_room();
        match self
            .receive
            .next(&self.config, pong_room, &mut self.extension)
        {
            Ok(Some(Step::Event(event))) => {
                if let (Pending::Pong(span), Some(keepalive)) = (event, &self.config.keepalive) {
                    let payload = self.receive.bytes(span);
                    self.pinger.received(keepalive, Some(payload));
                }
                Ok(Some(event))
            }
            Ok(Some(Step::Ping(span))) => {
                // §5.5.3: "identical application data". Room was there.
                let payload = self.receive.bytes(span);
                let _ = self.send.control(Opcode::Pong, payload, &mut self.entropy);
                Ok(Some(Pending::Ping(span)))
            }
            Ok(Some(Step::Close(span))) => {
                match CloseFrame::decode(self.receive.bytes(span)).map(|frame| frame.code) {
                    Ok(code) => self.peer_closed(span, code, now),
                    Err(error) => self.fail(error.into(), now),
                }
                self.poll_end(now)
            }
            Ok(None) => {
                if self.closing.eof {
                    self.fail(ReceiveError::ConnectionLost, now);
                } else {
                    self.check_deadlines(now);
                }
                self.poll_end(now)
            }
            Err(error) => {
                self.fail(error, now);
                self.poll_end(now)
            }
        }
    }

    /// What `pending` stands for. Valid until bytes are received.
    pub(crate) fn event(&self, pending: Pending) -> Event<'_> {
        match pending {
            Pending::Message(MessageKind::Text, place) => Event::Text(text(self.bytes(place))),
            Pending::Message(MessageKind::Binary, place) => Event::Binary(self.bytes(place)),
            Pending::Chunk {
                kind,
                place,
                first,
                last,
            } => Event::Chunk(Chunk {
                kind,
                data: self.bytes(place),
                first,
                last,
            }),
            Pending::Ping(span) => Event::Ping(self.receive.bytes(span)),
            Pending::Pong(span) => Event::Pong(self.receive.bytes(span)),
            Pending::Closed => Event::Closed(self.closed()),
        }
    }

    /// How it ended, once it has.
    pub(crate) fn closed(&self) -> Closed<'_> {
        let reason = self.closing.peer_reason();
        Closed {
            code: self.closing.peer_code(),
            reason: reason.map_or("", |span| text(self.receive.bytes(span))),
            initiator: self.closing.initiator(),
            clean: self.closing.is_clean(),
        }
    }

    fn bytes(&self, place: Place) -> &[u8] {
        match place {
            Place::Received(span) => self.receive.bytes(span),
            Place::Inflated => self.extension.message(),
            Place::Output(span) => {
                let output = self.extension.output();
                output.get(span.start..span.end).unwrap_or_default()
            }
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest,
    /// on the scale of `now`. `None`: no deadline is set.
    pub fn poll_timeout(&self) -> Option<Duration> {
        if self.closing.deadline.is_some() {
            return self.closing.deadline;
        }
        let (idle, keepalive) = (self.idle_deadline(), self.keepalive_deadline());
        match (idle, keepalive) {
            (Some(idle), Some(keepalive)) => Some(idle.min(keepalive)),
            _ => idle.or(keepalive),
        }
    }

    fn idle_deadline(&self) -> Option<Duration> {
        let timeout = self.config.idle_timeout?;
        Some(self.active?.saturating_add(timeout))
    }

    fn keepalive_deadline(&self) -> Option<Duration> {
        self.pinger.deadline(self.config.keepalive.as_ref()?)
    }

    /// Looks whether a deadline has passed. What comes of it, a queued Ping or
    /// Close frame or an error, shows in the next calls.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.note_time(now);
        self.check_deadlines(now);
    }

    fn note_time(&mut self, now: Duration) {
        if self.fresh {
            self.fresh = false;
            self.active = Some(now);
            if let Some(keepalive) = &self.config.keepalive {
                self.pinger.received(keepalive, None);
            }
        }
    }

    fn check_deadlines(&mut self, now: Duration) {
        if !self.closing.is_open() {
            return;
        }
        if self.idle_deadline().is_some_and(|deadline| now >= deadline) {
            self.fail(ReceiveError::Timeout(Timeout::Idle), now);
            return;
        }
        let Some(keepalive) = &self.config.keepalive else {
            return;
        };
        match self.pinger.poll(keepalive, now) {
            Due::Nothing => {}
            Due::Ping => {
                let mut counter = [0; 4];
                let payload = self.pinger.payload(keepalive, &mut counter);
                let queued = self.send.control(Opcode::Ping, payload, &mut self.entropy);
                // Without room it is tried again, once there is some.
                if queued.is_ok() {
                    self.pinger.sent(keepalive, now);
                }
            }
            Due::Lost => self.fail(ReceiveError::Timeout(Timeout::Keepalive), now),
        }
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
    pub(crate) fn restart_deadline(&mut self, now: Duration) {
        self.closing
            .restart_deadline(now, self.config.close_timeout);
    }

    /// Why the connection failed, before
    /// [`poll_event`](Self::poll_event) returns it.
    #[cfg(feature = "embedded-io")]
    pub(crate) const fn failure(&self) -> Option<ReceiveError> {
        self.closing.failure()
    }

    /// The limits and deadlines.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Queues a text message in one frame. `text` is copied.
    ///
    /// # Errors
    /// [`SendError::Full`]: transmit first. [`SendError::TooBig`]: the send
    /// buffer can never hold it; use
    /// [`send_text_piece`](Self::send_text_piece). Nothing is queued then.
    pub fn send_text(&mut self, text: &str) -> Result<(), SendError> {
        self.send_whole(MessageKind::Text, text.as_bytes())
    }

    /// Queues a binary message in one frame. Otherwise like
    /// [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    #[inline]
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), SendError> {
        self.send_whole(MessageKind::Binary, data)
    }

    fn send_whole(&mut self, kind: MessageKind, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.send
            .whole(kind, payload, &mut self.extension, &mut self.entropy)
    }

    /// Queues the next piece of a text message as a frame of its own (§5.4):
    /// begins the message, or goes on with it. Returns how many bytes of
    /// `piece` were taken, up to a character's end; transmit, then come back
    /// with the rest. The message ends with the piece that is `last`, once
    /// all of that piece is taken.
    ///
    /// # Errors
    /// [`SendError::Full`]: not one character fits now; transmit first.
    /// [`SendError::MessageInProgress`]: a binary message is unfinished.
    pub fn send_text_piece(&mut self, piece: &str, last: bool) -> Result<usize, SendError> {
        self.check_open()?;
        self.send.piece(
            MessageKind::Text,
            piece.as_bytes(),
            last,
            |room| piece.floor_char_boundary(room),
            &mut self.extension,
            &mut self.entropy,
        )
    }

    /// Queues the next piece of a binary message. Otherwise like
    /// [`send_text_piece`](Self::send_text_piece).
    ///
    /// # Errors
    /// See [`send_text_piece`](Self::send_text_piece).
    pub fn send_binary_piece(&mut self, piece: &[u8], last: bool) -> Result<usize, SendError> {
        self.check_open()?;
        self.send.piece(
            MessageKind::Binary,
            piece,
            last,
            |room| room,
            &mut self.extension,
            &mut self.entropy,
        )
    }

    /// The kind of the message that was begun in pieces and is not finished.
    pub fn message_in_progress(&self) -> Option<MessageKind> {
        self.send.message()
    }

    /// Queues a Ping with at most 125 bytes.
    ///
    /// # Errors
    /// [`SendError::ControlTooLong`], or [`SendError::Full`]: transmit first.
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.send.control(Opcode::Ping, payload, &mut self.entropy)
    }

    /// Queues a Pong that nobody asked for (§5.5.3). Pings are answered
    /// without it.
    ///
    /// # Errors
    /// See [`ping`](Self::ping).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), SendError> {
        self.check_open()?;
        self.send.control(Opcode::Pong, payload, &mut self.entropy)
    }

    /// Begins the closing handshake (§7.1.2): queues a Close frame with
    /// `code` and at most 123 bytes of `reason`, or, with
    /// [`CloseCode::NO_STATUS`] and no reason, an empty one. Messages that
    /// arrive before the peer's Close frame are still handed over. Does
    /// nothing where the connection is closing already.
    ///
    /// # Errors
    /// [`SendError::InvalidCloseCode`], [`SendError::ControlTooLong`], or
    /// [`SendError::Full`]: transmit first.
    pub fn close(&mut self, code: CloseCode, reason: &str, now: Duration) -> Result<(), SendError> {
        if self.closing.state() != State::Open {
            return Ok(());
        }
        if reason.len() > MAX_CLOSE_REASON {
            return Err(SendError::ControlTooLong);
        }
        if code.is_sendable() {
            self.send_close(Some(code), reason)?;
        } else if code == CloseCode::NO_STATUS && reason.is_empty() {
            self.send_close(None, "")?;
        } else {
            return Err(SendError::InvalidCloseCode);
        }
        self.closing
            .close_sent(Initiator::Local, now, self.config.close_timeout);
        Ok(())
    }

    fn send_close(&mut self, code: Option<CloseCode>, reason: &str) -> Result<(), SendError> {
        let mut body = [0; MAX_CLOSE_REASON + 2];
        let code = code.map(|code| code.0.to_be_bytes());
        let bytes = code.iter().flatten().chain(reason.as_bytes());
        let mut len = 0;
        for (to, from) in body.iter_mut().zip(bytes) {
            *to = *from;
            len += 1;
        }
        let body = body.get(..len).unwrap_or_default();
        self.send.control(Opcode::Close, body, &mut self.entropy)
    }

    const fn check_open(&self) -> Result<(), SendError> {
        if self.closing.is_open() {
            Ok(())
        } else {
            Err(SendError::Closing)
        }
    }

    /// §5.5.1: answers the peer's Close frame with its code.
    fn peer_closed(&mut self, body: event::Span, code: Option<CloseCode>, now: Duration) {
        let kept = self.receive.discard(body);
        if self.closing.is_open() {
            // The room for it is always there, unless the transport is gone.
            let _ = self.send_close(code, "");
            self.closing
                .close_sent(Initiator::Peer, now, self.config.close_timeout);
        }
        self.closing.close_received(code, kept);
    }

    /// §7.1.7: fails the connection.
    fn fail(&mut self, error: ReceiveError, now: Duration) {
        let nothing = self.receive.nothing();
        self.receive.discard(nothing);
        match error.close_code() {
            Some(code) if self.closing.is_open() => {
                let _ = self.send_close(Some(code), "");
            }
            Some(_) => {}
            None => self.send.abandon(),
        }
        self.closing.fail(error, now, self.config.close_timeout);
    }

    fn poll_end(&mut self, now: Duration) -> Result<Option<Pending>, ReceiveError> {
        let sent = self.send.transmit().is_empty();
        let timeless = self.config.close_timeout.is_none();
        let end = self.closing.poll(now, sent, self.send.is_dead(), timeless);
        if end != Ok(false) {
            self.send.abandon();
        }
        Ok(end?.then_some(Pending::Closed))
    }
}

/// The receive path has checked these bytes already.
fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}
