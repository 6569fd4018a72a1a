//! The time from the open connection to its end.

use std::{
    io,
    sync::mpsc::{Receiver, TryRecvError},
    time::{Duration, Instant},
};

use hybi_core::error::SendError;
use hybi_std::{CloseCode, Closed, Error, Event as Received, Kind, Message, WebSocket};

use crate::{event::Event, exit::Exit, input::Order, interrupt::Interrupt, output::Output};

/// What the command line says about an open connection.
#[derive(Debug)]
pub(crate) struct Plan {
    /// To send first, in this order.
    pub(crate) outgoing: Vec<Message>,
    pub(crate) echo: bool,
    /// Close after so many data messages.
    pub(crate) count: Option<u64>,
    /// Close so long after the end of the input. `None`: do not.
    pub(crate) eof_wait: Option<Duration>,
}

pub(crate) struct Session<'a> {
    pub(crate) socket: WebSocket,
    pub(crate) plan: Plan,
    /// `None`, once the input has ended or does not matter any more.
    pub(crate) orders: Option<Receiver<Order>>,
    pub(crate) output: &'a Output,
    pub(crate) interrupt: &'a Interrupt,
    pub(crate) state: State,
}

/// How far a session is.
#[derive(Debug, Default)]
pub(crate) struct State {
    received: u64,
    /// `--count` is reached: the rest is not for the user.
    enough: bool,
    /// Close then.
    close_at: Option<Instant>,
    /// Why sending failed. What was received before is still to come.
    send_error: Option<Error>,
    /// Why the program ends, where that is not the peer's doing.
    unusable: Option<String>,
}

/// What came of looking for an event.
enum Next {
    Event,
    Nothing,
    End(Exit),
}

/// So many orders are carried out before looking at what arrived, or fewer
/// with more bytes than these.
const ORDERS_AT_A_TIME: usize = 64;
const BYTES_AT_A_TIME: usize = 64 << 10;

/// So many events are printed before looking for orders.
const EVENTS_AT_A_TIME: usize = 1024;

impl Session<'_> {
    /// Runs the connection to its end and prints its last line.
    pub(crate) fn run(mut self) -> Exit {
        for message in core::mem::take(&mut self.plan.outgoing) {
            let result = self.socket.send(message);
            self.sent(result);
        }
        loop {
            if self.interrupt.take() {
                self.close(CloseCode::NORMAL, "");
            }
            let more = self.carry_out_orders();
            if self.state.close_at.is_some_and(|at| Instant::now() >= at) {
                self.close(CloseCode::NORMAL, "");
            }
            match self.receive_all(more) {
                Ok(None) => {}
                Ok(Some(exit)) => return exit,
                // Nobody reads any more. Dropping the connection says so.
                Err(error) => {
                    if error.kind() != io::ErrorKind::BrokenPipe {
                        self.output.note(&format!("hybi: stdout: {error}"));
                    }
                    return Exit::Lost;
                }
            }
        }
    }

    /// Prints what has arrived. `more`: orders wait already, do not wait for
    /// anything else.
    ///
    /// A peer that echoes line by line blocks once its replies are not taken:
    /// so all of them are, up to a number, before the next lines go out.
    fn receive_all(&mut self, more: bool) -> io::Result<Option<Exit>> {
        for n in 0..EVENTS_AT_A_TIME {
            match self.receive(more || n > 0)? {
                Next::Event => {}
                Next::Nothing => break,
                Next::End(exit) => return Ok(Some(exit)),
            }
        }
        Ok(None)
    }

    /// Waits for the next event, an order or the time to close, and prints
    /// the event. `at_once`: looks, but does not wait.
    fn receive(&mut self, at_once: bool) -> io::Result<Next> {
        let received = if at_once {
            self.socket.receive_timeout(Duration::ZERO)
        } else if let Some(at) = self.state.close_at {
            self.socket.receive_until(at)
        } else {
            match self.socket.receive() {
                Ok(event) => Ok(Some(event)),
                Err(Error::Woken) => Ok(None),
                Err(error) => Err(error),
            }
        };
        let message = match received {
            Ok(None) => return Ok(Next::Nothing),
            Ok(Some(Received::Closed(closed))) => {
                let closed = Closed::from(closed);
                return Ok(Next::End(self.closed(&closed)));
            }
            Ok(Some(event)) => {
                let data = match event {
                    Received::Text(data) => Event::Text { data },
                    Received::Binary(data) => Event::Binary { data },
                    Received::Ping(data) => Event::Ping { data },
                    Received::Pong(data) => Event::Pong { data },
                    _ => return Ok(Next::Event),
                };
                if !self.state.enough {
                    self.output.event(&data)?;
                }
                match event {
                    Received::Text(data) if self.plan.echo => Some(Message::from(data)),
                    Received::Binary(data) if self.plan.echo => Some(Message::from(data)),
                    Received::Text(_) | Received::Binary(_) => None,
                    _ => return Ok(Next::Event),
                }
            }
            Err(error) => return Ok(Next::End(self.failed(error))),
        };
        if self.state.enough {
            return Ok(Next::Event);
        }
        if let Some(message) = message {
            let result = self.socket.send(message);
            self.sent(result);
        }
        self.state.received += 1;
        if self
            .plan
            .count
            .is_some_and(|count| self.state.received >= count)
        {
            self.state.enough = true;
            self.close(CloseCode::NORMAL, "");
        }
        Ok(Next::Event)
    }

    /// Does what the user asked for. True: there may be more.
    fn carry_out_orders(&mut self) -> bool {
        let mut bytes = 0;
        let mut more = true;
        for _ in 0..ORDERS_AT_A_TIME {
            match self.orders.as_ref().map(Receiver::try_recv) {
                Some(Ok(order)) => {
                    bytes += order.size();
                    self.carry_out(order);
                }
                Some(Err(TryRecvError::Empty)) => {
                    more = false;
                    break;
                }
                Some(Err(TryRecvError::Disconnected)) | None => {
                    self.orders = None;
                    more = false;
                    break;
                }
            }
            if bytes > BYTES_AT_A_TIME {
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
            Order::Ping(payload) => {
                let result = self.socket.ping(&payload);
                self.sent(result);
            }
            Order::Close(code, reason) => self.close(code, &reason),
            Order::End => {
                self.flush();
                self.orders = None;
                self.state.close_at = self
                    .plan
                    .eof_wait
                    .and_then(|wait| Instant::now().checked_add(wait));
            }
            Order::Unusable(words) => {
                self.output.note(&format!("hybi: {words}"));
                self.state.unusable = Some(words);
                self.close(CloseCode::NORMAL, "");
            }
        }
    }

    fn flush(&mut self) {
        if self.state.send_error.is_none() {
            let result = self.socket.flush();
            self.sent(result);
        }
    }

    /// Begins the closing handshake. Messages may still arrive.
    fn close(&mut self, code: CloseCode, reason: &str) {
        self.orders = None;
        self.state.close_at = None;
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
                self.orders = None;
                self.state.close_at = None;
                self.state.send_error.get_or_insert(error);
            }
        }
    }

    fn closed(&mut self, closed: &Closed) -> Exit {
        if let Some(words) = self.state.unusable.take() {
            let event = Event::Error {
                kind: Kind::Usage.as_str(),
                close_code: Some(CloseCode::NORMAL.into()),
                status: None,
                message: words,
            };
            return self.end(&event, Exit::Usage);
        }
        self.end(&Event::closed(closed), Exit::of_closed(closed))
    }

    fn failed(&mut self, error: Error) -> Exit {
        let error = match (error, self.state.send_error.take()) {
            (Error::Lost, Some(cause)) => cause,
            (error, _) => error,
        };
        self.end(&Event::from(&error), Exit::of_error(error.kind()))
    }

    fn end(&self, event: &Event<'_>, exit: Exit) -> Exit {
        if self.output.last(event) {
            exit
        } else {
            Exit::Lost
        }
    }
}
