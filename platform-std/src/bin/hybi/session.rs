//! The time from an open connection to its end.

use std::{collections::VecDeque, io, time::Instant};

use hybi_core::error::SendError;
use hybi_std::{CloseCode, Closed, Error, Event as Received, Message, WebSocket};

use crate::{
    end::End,
    event::Event,
    incoming::{Incoming, message},
    input::{self, Order, Orders},
    interrupt::Interrupt,
    outgoing::{Outgoing, Piece, Upload},
    output::Output,
    talk::Talk,
};

pub(crate) struct Session<'a> {
    socket: WebSocket,
    talk: &'a mut Talk,
    output: &'a Output,
    interrupt: &'a Interrupt,
    /// To send before any order is carried out.
    first: VecDeque<Outgoing>,
    upload: Option<Upload>,
    /// Why sending failed. What was received before is still to come.
    send_error: Option<Error>,
    /// The Pings that the user sent, as far as no Pong came.
    pings: VecDeque<Vec<u8>>,
    incoming: Incoming,
}

/// What came of looking for an event.
enum Next {
    Event,
    Nothing,
    End(End),
}

/// So many orders are carried out before looking at what arrived, or fewer
/// with more bytes than these.
const ORDERS_AT_A_TIME: usize = 64;
const BYTES_AT_A_TIME: usize = 64 << 10;

/// So many events are printed before looking for orders.
const EVENTS_AT_A_TIME: usize = 1024;

/// So many of the user's Pings are remembered.
const PINGS: usize = 64;

impl<'a> Session<'a> {
    pub(crate) fn new(
        socket: WebSocket,
        talk: &'a mut Talk,
        output: &'a Output,
        interrupt: &'a Interrupt,
    ) -> Self {
        Self {
            first: core::mem::take(&mut talk.plan.outgoing),
            socket,
            talk,
            output,
            interrupt,
            upload: None,
            send_error: None,
            pings: VecDeque::new(),
            incoming: Incoming::default(),
        }
    }

    /// Runs the connection to its end.
    pub(crate) fn run(mut self) -> End {
        let end = self.converse();
        if self.upload.take().is_some() || self.incoming.progress.take().is_some() {
            self.output.passing("");
        }
        end
    }

    fn converse(&mut self) -> End {
        loop {
            if self.interrupt.take() {
                self.close(CloseCode::NORMAL, "");
            }
            let more = self.send_some();
            let late = self.close_at().is_some_and(|at| Instant::now() >= at);
            if late || (self.enough() && self.is_idle()) {
                self.close(CloseCode::NORMAL, "");
            }
            match self.receive_all(more) {
                Ok(None) => {}
                Ok(Some(end)) => return end,
                // Dropping the connection says so.
                Err(_) => return End::Unread,
            }
        }
    }

    /// Prints what has arrived. `more`: there is more to send, do not wait
    /// for anything else.
    ///
    /// A peer that echoes line by line blocks once its replies are not taken:
    /// so all of them are, up to a number, before the next lines go out.
    fn receive_all(&mut self, more: bool) -> io::Result<Option<End>> {
        if more && self.upload.is_some() && self.talk.plan.echo {
            // What is to be sent back could not be sent now.
            return Ok(None);
        }
        for n in 0..EVENTS_AT_A_TIME {
            match self.receive(more || n > 0)? {
                Next::Event => {}
                Next::Nothing => break,
                Next::End(end) => return Ok(Some(end)),
            }
        }
        Ok(None)
    }

    /// Waits for the next event, an order or the time to close, and prints
    /// the event. `at_once`: looks, but does not wait.
    fn receive(&mut self, at_once: bool) -> io::Result<Next> {
        let enough = self.enough();
        let (close_at, orders) = (self.close_at(), self.talk.orders.as_ref());
        let received = input::receive(&mut self.socket, orders, close_at, at_once);
        let event = match received {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(Next::Nothing),
            Err(error) => return Ok(Next::End(self.failed(error))),
        };
        // A part of a message, unless it is the only one.
        let whole;
        let event = match event {
            Received::Chunk(chunk) if !(chunk.first && chunk.last) => {
                let kind = chunk.kind;
                if !self.incoming.add(chunk.data, chunk.last, self.output) {
                    return Ok(Next::Event);
                }
                whole = core::mem::take(&mut self.incoming.data);
                message(kind, &whole)
            }
            Received::Chunk(chunk) => message(chunk.kind, chunk.data),
            event => event,
        };
        let reply = match event {
            Received::Closed(closed) => {
                let closed = Closed::from(closed);
                return Ok(Next::End(match self.talk.unusable.take() {
                    Some(words) => End::Unusable(words),
                    None => End::Closed(closed),
                }));
            }
            // `--count` is reached: the rest is not for the user.
            _ if enough => return Ok(Next::Event),
            Received::Text(data) => {
                self.output.event(&Event::Text { data })?;
                self.talk.plan.echo.then(|| Message::from(data))
            }
            Received::Binary(data) => {
                self.output.event(&Event::Binary { data })?;
                self.talk.plan.echo.then(|| Message::from(data))
            }
            Received::Ping(data) => {
                self.output.event(&Event::Ping { data })?;
                return Ok(Next::Event);
            }
            Received::Pong(data) => {
                let own = self.pings.iter().position(|ping| ping == data);
                if let Some(at) = own {
                    self.pings.drain(..=at);
                }
                if own.is_some() || !self.talk.plan.only_own_pongs {
                    self.output.event(&Event::Pong { data })?;
                }
                return Ok(Next::Event);
            }
            _ => return Ok(Next::Event),
        };
        if let Some(message) = reply {
            let result = self.socket.send(message);
            self.sent(result);
        }
        self.talk.received += 1;
        Ok(Next::Event)
    }

    /// Whether `--count` is reached.
    fn enough(&self) -> bool {
        let received = self.talk.received;
        self.talk.plan.count.is_some_and(|count| received >= count)
    }

    /// Whether nothing is left of what is to be sent first.
    fn is_idle(&self) -> bool {
        !self.talk.closing && self.first.is_empty() && self.upload.is_none()
    }

    /// When to close, unless sending has failed: then the peer ends it.
    const fn close_at(&self) -> Option<Instant> {
        match self.send_error {
            None => self.talk.close_at,
            Some(_) => None,
        }
    }

    /// Sends what comes next. True: there may be more.
    fn send_some(&mut self) -> bool {
        if self.talk.closing || self.send_error.is_some() {
            return false;
        }
        if self.upload.is_some() {
            // Neither a Ping nor the end has to wait for a file.
            if let Some(order) = self.talk.orders.as_mut().and_then(Orders::next_control) {
                self.carry_out(order);
            }
            self.send_piece();
        } else if let Some(outgoing) = self.first.pop_front() {
            self.send(outgoing);
        } else {
            return self.carry_out_orders();
        }
        true
    }

    fn send(&mut self, outgoing: Outgoing) {
        match outgoing {
            Outgoing::Message(message) => {
                if let Message::Ping(payload) = &message {
                    self.remember(payload);
                }
                let result = self.socket.send(message);
                self.sent(result);
            }
            Outgoing::File(upload) => self.upload = Some(upload),
        }
    }

    /// Sends the next piece of a file.
    fn send_piece(&mut self) {
        let Some(upload) = &mut self.upload else {
            return;
        };
        let (result, size, last) = match upload.next() {
            Ok(Piece::Whole(data)) => (self.socket.send_binary(data), data.len(), true),
            Ok(Piece::Part(data, last)) => {
                let result = self.socket.send_binary_piece(data, last);
                (result, data.len(), last)
            }
            // The message cannot be taken back any more.
            Err(words) => return self.give_up(words),
        };
        let now = Instant::now();
        let line = upload.progress.advance(size, now);
        if last {
            if self.output.shows_progress()
                && let Some(words) = upload.progress.finish(now)
            {
                self.output.passing("");
                self.output.note(&format!("sent {words}"));
            }
            self.upload = None;
        } else if let Some(line) = line {
            self.output.passing(&line);
        }
        self.sent(result);
    }

    /// Does what the user asked for. True: there may be more.
    fn carry_out_orders(&mut self) -> bool {
        let mut bytes = 0;
        let mut more = true;
        for _ in 0..ORDERS_AT_A_TIME {
            let Some(order) = self.talk.orders.as_mut().and_then(Orders::next) else {
                more = false;
                break;
            };
            bytes += order.size();
            self.carry_out(order);
            if bytes > BYTES_AT_A_TIME || self.upload.is_some() || self.send_error.is_some() {
                break;
            }
        }
        if bytes > 0 {
            self.flush();
        }
        more
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Text(text) => {
                // Lines that come together leave together.
                let result = match self.socket.queue_text(&text) {
                    Err(Error::Send(_)) => self.socket.send_text(&text),
                    result => result,
                };
                self.sent(result);
            }
            Order::Send(outgoing) => self.send(outgoing),
            Order::Ping(payload) => {
                self.remember(&payload);
                let result = self.socket.ping(&payload);
                self.sent(result);
            }
            Order::Close(code, reason) => self.close(code, &reason),
            Order::End => {
                self.flush();
                self.talk.end_of_input();
            }
            #[cfg(target_os = "wasi")]
            Order::Nothing => self.talk.no_input(),
            Order::Unusable(words) => self.give_up(words),
        }
    }

    /// Closes because of something that the user has to know.
    fn give_up(&mut self, words: String) {
        self.output.note(&format!("hybi: {words}"));
        self.talk.unusable = Some(words);
        self.close(CloseCode::NORMAL, "");
    }

    fn remember(&mut self, payload: &[u8]) {
        if self.pings.len() >= PINGS {
            self.pings.pop_front();
        }
        self.pings.push_back(payload.to_owned());
    }

    fn flush(&mut self) {
        if self.send_error.is_none() {
            let result = self.socket.flush();
            self.sent(result);
        }
    }

    /// Begins the closing handshake. Messages may still arrive.
    fn close(&mut self, code: CloseCode, reason: &str) {
        self.talk.closing = true;
        self.talk.orders = None;
        self.talk.close_at = None;
        self.first.clear();
        if self.upload.take().is_some() {
            self.output.passing("");
        }
        let result = self.socket.start_close(code, reason);
        self.sent(result);
    }

    fn sent(&mut self, result: Result<(), Error>) {
        match result {
            // The peer was first to close, or this side has closed already.
            Ok(()) | Err(Error::Send(SendError::Closing)) => {}
            Err(Error::Send(error)) => self.output.note(&format!("hybi: {error}")),
            // What the peer said before, its Close frame perhaps, counts.
            Err(error) => {
                self.first.clear();
                self.upload = None;
                self.send_error.get_or_insert(error);
            }
        }
    }

    fn failed(&mut self, error: Error) -> End {
        End::Failed(match (error, self.send_error.take()) {
            (Error::Lost, Some(cause)) => cause,
            (error, _) => error,
        })
    }
}
