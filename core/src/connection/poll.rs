//! Polling: what arrived, what is due, and how it ends.

use core::time::Duration;

use super::{
    Chunk, Closed, Connection, Event, Initiator, MessageKind,
    event::{Pending, Place, Span},
    keepalive::Due,
    receive::Step,
};
use crate::{
    buffer::Buffer,
    close_code::CloseCode,
    entropy::Entropy,
    error::{ReceiveError, Timeout},
    extension::Extension,
    frame::{CloseFrame, Opcode, to_str},
};

impl<Rx: Buffer, Tx: Buffer, E: Entropy, X: Extension> Connection<Rx, Tx, E, X> {
    /// The next event, or `None`: transmit, then read, or wait until
    /// [`poll_timeout`](Self::poll_timeout).
    ///
    /// `now` is the time since any fixed origin, the same for all calls; zero
    /// always, where there is no clock.
    ///
    /// # Errors
    /// The connection failed. The peer was told why, and either ended the
    /// transport or let [`Config::close_timeout`](super::Config::close_timeout) pass: drop the transport.
    /// The same error comes back from then on.
    pub fn poll_event(&mut self, now: Duration) -> Result<Option<Event<'_>>, ReceiveError> {
        match self.poll_pending(now)? {
            Some(pending) => Ok(Some(self.event(pending))),
            None => Ok(None),
        }
    }

    /// Like [`poll_event`](Self::poll_event), borrowing nothing.
    #[inline]
    pub(crate) fn poll_pending(&mut self, now: Duration) -> Result<Option<Pending>, ReceiveError> {
        self.note_time(now);
        if let Some(message) = self.receive.whole_message(self.config.validate_utf8) {
            return Ok(Some(message));
        }
        self.poll_rest(now)
    }

    /// A whole message that is here, where nothing else has to be looked at.
    #[inline]
    pub(crate) fn poll_message(&mut self) -> Option<Pending> {
        if self.fresh {
            return None;
        }
        self.receive.whole_message(self.config.validate_utf8)
    }

    fn poll_rest(&mut self, now: Duration) -> Result<Option<Pending>, ReceiveError> {
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
    #[inline]
    pub(crate) fn event(&self, pending: Pending) -> Event<'_> {
        match pending {
            Pending::Message(MessageKind::Text, place) if self.config.validate_utf8 => {
                Event::Text(self.text(place))
            }
            Pending::Message(MessageKind::Text, place) => Event::RawText(self.bytes(place)),
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
            reason: reason.map_or("", |span| self.receive.text(span)),
            initiator: self.closing.initiator(),
            clean: self.closing.is_clean(),
        }
    }

    fn text(&self, place: Place) -> &str {
        match place {
            Place::Received(span) => self.receive.text(span),
            Place::Inflated | Place::Output(_) => to_str(self.bytes(place)),
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

    #[inline]
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

    /// §5.5.1: answers the peer's Close frame with its code.
    fn peer_closed(&mut self, body: Span, code: Option<CloseCode>, now: Duration) {
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
    pub(super) fn fail(&mut self, error: ReceiveError, now: Duration) {
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
            if !self.receive.discarding {
                let nothing = self.receive.nothing();
                self.receive.discard(nothing);
            }
        }
        Ok(end?.then_some(Pending::Closed))
    }
}
