//! What is to be sent: into the send buffer at once where it fits, otherwise
//! bit by bit, whoever polls.

use core::{
    task::{Context, Poll, ready},
    time::Duration,
};

use ::tokio::io::{AsyncRead, AsyncWrite};
use hybi_core::{close_code::CloseCode, connection::State, error::SendError};

use super::machine::{Core, Machine, passed};
use crate::{error::Error, message::Message};

/// Something to send, lent.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    /// The flag: the last piece.
    TextPiece(&'a str, bool),
    BinaryPiece(&'a [u8], bool),
    Ping(&'a [u8]),
    Pong(&'a [u8]),
}

impl Order<'_> {
    /// Hands `core` as much as it takes: how many bytes that is.
    fn put(self, core: &mut Core) -> Result<usize, SendError> {
        match self {
            Self::Text(text) => match core.send_text(text) {
                Err(SendError::TooBig(_)) => core.send_text_piece(text, true),
                result => result.map(|()| text.len()),
            },
            Self::Binary(data) => match core.send_binary(data) {
                Err(SendError::TooBig(_)) => core.send_binary_piece(data, true),
                result => result.map(|()| data.len()),
            },
            Self::TextPiece(text, last) => core.send_text_piece(text, last),
            Self::BinaryPiece(data, last) => core.send_binary_piece(data, last),
            Self::Ping(payload) => core.ping(payload).map(|()| payload.len()),
            Self::Pong(payload) => core.pong(payload).map(|()| payload.len()),
        }
    }

    const fn is_control(self) -> bool {
        matches!(self, Self::Ping(_) | Self::Pong(_))
    }

    /// What is left after `taken` bytes. `None`: nothing.
    fn rest(self, taken: usize) -> Option<Outgoing> {
        let (message, last) = match self {
            Self::Text(text) => (Message::from(text.get(taken..)?), true),
            Self::TextPiece(text, last) => (Message::from(text.get(taken..)?), last),
            Self::Binary(data) => (Message::from(data.get(taken..)?), true),
            Self::BinaryPiece(data, last) => (Message::from(data.get(taken..)?), last),
            Self::Ping(_) | Self::Pong(_) => return None,
        };
        let outgoing = Outgoing {
            message,
            at: 0,
            begun: true,
            last,
        };
        (!outgoing.is_done()).then_some(outgoing)
    }
}

/// Something to send, owned, which has not been taken by the core yet or not
/// all of it.
#[derive(Debug)]
pub(super) struct Outgoing {
    message: Message,
    at: usize,
    begun: bool,
    last: bool,
}

impl Outgoing {
    fn order(&self) -> Order<'_> {
        match (&self.message, self.begun) {
            (Message::Text(text), false) => Order::Text(text),
            (Message::Binary(data), false) => Order::Binary(data),
            (Message::Text(text), true) => {
                Order::TextPiece(text.get(self.at..).unwrap_or_default(), self.last)
            }
            (Message::Binary(data), true) => {
                Order::BinaryPiece(data.get(self.at..).unwrap_or_default(), self.last)
            }
            (Message::Ping(payload), _) => Order::Ping(payload),
            (Message::Pong(payload), _) => Order::Pong(payload),
            // Never kept: a Close frame always finds room.
            (Message::Closed(_), _) => Order::Pong(&[]),
        }
    }

    fn is_done(&self) -> bool {
        let len = match &self.message {
            Message::Text(text) => text.len(),
            Message::Binary(data) => data.len(),
            Message::Ping(_) | Message::Pong(_) | Message::Closed(_) => 0,
        };
        self.at >= len
    }
}

/// Until when a sender waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    /// For this outgoing message,
    outgoing: Option<u64>,
    /// and for so many bytes.
    bytes: u64,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Machine<S> {
    /// Ready once the order is taken on, whole: it then goes out whatever
    /// becomes of the caller.
    pub(super) fn poll_order(
        &mut self,
        order: Order<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Ticket, Error>> {
        loop {
            if let Some(error) = self.failure() {
                return Poll::Ready(Err(error));
            }
            if self.outgoing.is_none() || order.is_control() {
                match order.put(&mut self.core) {
                    Ok(taken) => {
                        if let Some(rest) = order.rest(taken) {
                            self.take_on(rest);
                        }
                        return Poll::Ready(Ok(self.ticket()));
                    }
                    Err(SendError::Full) => {}
                    Err(error) => return Poll::Ready(Err(Error::Send(error))),
                }
            }
            if self.poll_transmit(cx).is_pending() {
                ready!(self.poll_blocked(None, cx));
            }
        }
    }

    /// For a sink: takes the message on without waiting, if none is being
    /// taken on already, or gives it back.
    pub(super) fn start_send(&mut self, message: Message) -> Result<Option<Message>, Error> {
        if let Some(error) = self.failure() {
            return Err(error);
        }
        if self.outgoing.is_some() {
            return Ok(Some(message));
        }
        if let Message::Closed(closed) = message {
            let code = closed.code.unwrap_or(CloseCode::NO_STATUS);
            let result = self.core.close(code, &closed.reason, self.clock.now());
            return result.map(|()| None).map_err(Error::Send);
        }
        let mut outgoing = Outgoing {
            message,
            at: 0,
            begun: false,
            last: true,
        };
        match outgoing.order().put(&mut self.core) {
            Ok(taken) => {
                outgoing.at = taken;
                outgoing.begun = true;
                if !outgoing.is_done() {
                    self.take_on(outgoing);
                }
            }
            Err(SendError::Full) => self.take_on(outgoing),
            Err(error) => return Err(Error::Send(error)),
        }
        Ok(None)
    }

    fn take_on(&mut self, outgoing: Outgoing) {
        self.outgoing = Some(outgoing);
        self.outgoing_number += 1;
    }

    /// For a sink: ready once another message can be taken on.
    pub(super) fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            if let Some(error) = self.failure() {
                return Poll::Ready(Err(error));
            }
            if self.core.transmit().len() < ENOUGH && self.outgoing.is_none() {
                return Poll::Ready(Ok(()));
            }
            if self.poll_transmit(cx).is_pending() {
                if self.outgoing.is_none() {
                    return Poll::Ready(Ok(()));
                }
                ready!(self.poll_blocked(None, cx));
            }
        }
    }

    /// Moves an outgoing message into the send buffer, which is empty. True:
    /// there is something to write now.
    pub(super) fn feed(&mut self) -> bool {
        let Some(mut outgoing) = self.outgoing.take() else {
            return false;
        };
        loop {
            match outgoing.order().put(&mut self.core) {
                Ok(taken) => {
                    outgoing.at += taken;
                    outgoing.begun = true;
                    if outgoing.is_done() {
                        break;
                    }
                }
                Err(SendError::Full) => {
                    self.outgoing = Some(outgoing);
                    break;
                }
                // The connection is closing: too late for it.
                Err(_) => break,
            }
        }
        !self.core.transmit().is_empty()
    }

    /// Until all that is queued now is flushed.
    pub(super) fn ticket(&self) -> Ticket {
        Ticket {
            outgoing: self.outgoing.is_some().then_some(self.outgoing_number),
            bytes: self.queued(),
        }
    }

    /// Ready once the stream has taken what the ticket stands for.
    pub(super) fn poll_flushed(
        &mut self,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        loop {
            let sent = self.poll_transmit(cx);
            if let Some(number) = ticket.outgoing
                && (self.outgoing.is_none() || self.outgoing_number != number)
            {
                ticket.outgoing = None;
                ticket.bytes = self.queued();
            }
            if ticket.outgoing.is_none() && self.flushed() >= ticket.bytes {
                return Poll::Ready(Ok(()));
            }
            if let Some(error) = self.failure() {
                return Poll::Ready(Err(error));
            }
            let now = self.clock.now();
            let closing = self.core.state() != State::Open;
            if sent.is_ready() || closing && passed(self.core.poll_timeout(), now) {
                // It ended before that was written. How, the next receive
                // tells.
                return Poll::Ready(Err(Error::Lost));
            }
            ready!(self.poll_blocked(None, cx));
        }
    }

    /// Ready once the closing handshake has begun. A message on its way out
    /// goes first, as far as the deadline lets it, which counts from `asked`.
    pub(super) fn poll_start_close(
        &mut self,
        code: CloseCode,
        reason: &str,
        asked: Duration,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let timeout = self.core.config().close_timeout;
        let until = timeout.and_then(|timeout| asked.checked_add(timeout));
        loop {
            let is_open = self.core.state() == State::Open;
            if is_open && let Some(error) = self.failure() {
                return Poll::Ready(Err(error));
            }
            if self.outgoing.is_none() || !is_open || passed(until, self.clock.now()) {
                match self.core.close(code, reason, asked) {
                    Ok(()) => {
                        self.outgoing = None;
                        return Poll::Ready(Ok(()));
                    }
                    Err(SendError::Full) => {}
                    Err(error) => return Poll::Ready(Err(Error::Send(error))),
                }
            }
            if self.poll_transmit(cx).is_pending() {
                ready!(self.poll_blocked(until, cx));
            }
        }
    }

    /// Ready once the Close frame is written, or cannot be.
    pub(super) fn poll_close_sent(
        &mut self,
        ticket: &mut Ticket,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        match ready!(self.poll_flushed(ticket, cx)) {
            // How it ended, the next receive tells.
            Err(Error::Lost) if self.failure().is_none() => Poll::Ready(Ok(())),
            result => Poll::Ready(result),
        }
    }
}

/// A sink begins to write when so many bytes are queued.
const ENOUGH: usize = 128 << 10;
