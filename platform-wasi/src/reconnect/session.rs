//! The loop of attempts, connections and waits.

use alloc::{boxed::Box, string::String, sync::Arc};
use core::{fmt, mem, time::Duration};

use hybi_core::{
    close_code::CloseCode,
    reconnect::{Backoff, Policy},
};
use wasi::io::poll::Pollable;

use super::event::{Cause, Disconnected, Opened, Outcome, SessionEvent, is_loss};
use crate::{
    builder::Builder,
    entropy::WasiEntropy,
    error::{ConnectError, Error},
    message::Message,
    poll,
    websocket::{Received, WebSocket},
};

/// A connection that comes back; see [`reconnect`](crate::reconnect).
///
/// Everything happens while it is asked for the next event. Dropping it says
/// Close with 1001 and ends TCP.
#[must_use]
pub struct Reconnecting {
    builder: Builder,
    configure: Option<Configure>,
    retry_if: Option<RetryIf>,
    backoff: Option<Backoff>,
    jitter: WasiEntropy,
    stage: Stage,
    reconnect: bool,
    /// This side has asked for the end.
    closing: bool,
}

type Configure = Box<dyn FnMut(Builder, u32) -> Builder>;
type RetryIf = Box<dyn FnMut(&Cause) -> bool>;

enum Stage {
    /// An attempt is next.
    Idle,
    Open(Box<WebSocket>),
    Waiting(Duration),
    /// Only the last event is left.
    Ending(Outcome),
    Over,
}

/// What ended a wait of [`Reconnecting::next_event_or`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Waited {
    /// An event.
    Event(SessionEvent),
    /// One of the caller's pollables is ready: its place in the list. Others
    /// may be, too.
    Ready(usize),
    /// The time is over.
    TimedOut,
    /// The last event has been handed over before.
    Over,
}

impl Reconnecting {
    /// A session with the connections that `builder` makes, by the default
    /// [`Policy`]. Nothing happens before the first event is asked for.
    pub fn new(builder: Builder) -> Self {
        Self {
            builder,
            configure: None,
            retry_if: None,
            backoff: Some(Backoff::new(Policy::default())),
            jitter: WasiEntropy::new(),
            stage: Stage::Idle,
            reconnect: false,
            closing: false,
        }
    }

    /// How often and how fast to try again. `None`: never.
    pub fn policy(mut self, policy: impl Into<Option<Policy>>) -> Self {
        self.backoff = policy.into().map(Backoff::new);
        self
    }

    /// Decides after each loss whether to try again, as long as the policy
    /// allows. Default: unless [`Cause::is_final`].
    pub fn retry_if(mut self, decide: impl FnMut(&Cause) -> bool + 'static) -> Self {
        self.retry_if = Some(Box::new(decide));
        self
    }

    /// Changes the settings before each attempt. The second parameter counts
    /// the attempts since the last open connection, from 1; 0 for the first
    /// attempt of all.
    pub fn configure(mut self, configure: impl FnMut(Builder, u32) -> Builder + 'static) -> Self {
        self.configure = Some(Box::new(configure));
        self
    }

    /// Adds headers that are made anew before each attempt, with a token that
    /// expires for instance. They are treated as
    /// [secrets](Builder::secret_header). For anything else, see
    /// [`configure`](Self::configure), which this replaces.
    pub fn headers_from<H>(self, mut headers: impl FnMut(u32) -> H + 'static) -> Self
    where
        H: IntoIterator<Item = (String, String)>,
    {
        self.configure(move |builder, attempt| {
            headers(attempt)
                .into_iter()
                .fold(builder, |builder, (name, value)| {
                    builder.secret_header(name, value)
                })
        })
    }

    /// Waits for the next event. `None` after [`SessionEvent::Closed`].
    pub fn next_event(&mut self) -> Option<SessionEvent> {
        match self.next_event_or(&[], None) {
            Waited::Event(event) => Some(event),
            _ => None,
        }
    }

    /// Like [`next_event`](Self::next_event), waiting at most for `timeout`,
    /// or as long as an attempt takes. `None`: the time is over, or the
    /// session [is](Self::is_over).
    pub fn next_event_timeout(&mut self, timeout: Duration) -> Option<SessionEvent> {
        match self.next_event_or(&[], poll::now().checked_add(timeout)) {
            Waited::Event(event) => Some(event),
            _ => None,
        }
    }

    /// Waits for the next event, for one of the caller's pollables, or until
    /// then, on the scale of [`now`](crate::now).
    pub fn next_event_or(&mut self, others: &[&Pollable], deadline: Option<Duration>) -> Waited {
        loop {
            match mem::replace(&mut self.stage, Stage::Over) {
                Stage::Idle => return Waited::Event(self.attempt()),
                Stage::Open(socket) => {
                    if let Some(waited) = self.receive(socket, others, deadline) {
                        return waited;
                    }
                }
                Stage::Waiting(at) => {
                    let until = poll::earliest(Some(at), deadline);
                    let ready = poll::wait_any(others, until);
                    self.stage = if poll::passed(Some(at)) {
                        Stage::Idle
                    } else {
                        Stage::Waiting(at)
                    };
                    if let Some(&at) = ready.iter().min() {
                        return Waited::Ready(at);
                    }
                    if poll::passed(deadline) {
                        return Waited::TimedOut;
                    }
                }
                Stage::Ending(outcome) => return Waited::Event(SessionEvent::Closed(outcome)),
                Stage::Over => return Waited::Over,
            }
        }
    }

    /// Whether the last event has been handed over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// The connection, while one is open, to send with.
    #[must_use]
    pub fn socket(&mut self) -> Option<&mut WebSocket> {
        match &mut self.stage {
            Stage::Open(socket) => Some(socket),
            _ => None,
        }
    }

    /// Sends a text message and flushes it.
    ///
    /// # Errors
    /// [`Error::NotOpen`]: no connection is open now. Otherwise see
    /// [`WebSocket::send_text`]; the session tells of the loss as well.
    pub fn send_text(&mut self, text: &str) -> Result<(), Error> {
        self.socket().ok_or(Error::NotOpen)?.send_text(text)
    }

    /// Sends a binary message. Otherwise like [`send_text`](Self::send_text).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send_binary(&mut self, data: &[u8]) -> Result<(), Error> {
        self.socket().ok_or(Error::NotOpen)?.send_binary(data)
    }

    /// Sends a message: text from a string, binary from bytes. A
    /// [`Message::Closed`] closes like [`close`](Self::close).
    ///
    /// # Errors
    /// See [`send_text`](Self::send_text).
    pub fn send(&mut self, message: impl Into<Message>) -> Result<(), Error> {
        match message.into() {
            Message::Closed(closed) => {
                let code = closed.code.unwrap_or(CloseCode::NO_STATUS);
                self.close(code, &closed.reason)
            }
            message => self.socket().ok_or(Error::NotOpen)?.send(message),
        }
    }

    /// Begins to close, and ends the session: the events that are left end
    /// with [`SessionEvent::Closed`]. During a wait it ends at once.
    ///
    /// # Errors
    /// [`Error::Send`], where this code or reason may not be sent: nothing has
    /// happened then.
    pub fn close(&mut self, code: CloseCode, reason: &str) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Open(socket) => {
                if let Err(error @ Error::Send(_)) = socket.start_close(code, reason) {
                    return Err(error);
                }
            }
            Stage::Idle | Stage::Waiting(_) => self.stage = Stage::Ending(Outcome::Stopped),
            Stage::Ending(_) | Stage::Over => {}
        }
        self.closing = true;
        Ok(())
    }

    /// Ends the session at once, without a Close frame.
    pub fn abort(&mut self) {
        if let Stage::Over | Stage::Ending(_) = self.stage {
            return;
        }
        let stage = mem::replace(&mut self.stage, Stage::Ending(Outcome::Stopped));
        if let Stage::Open(socket) = stage {
            socket.abort();
        }
        self.closing = true;
    }

    fn attempt(&mut self) -> SessionEvent {
        let mut attempt = self.backoff.as_ref().map_or(0, Backoff::attempt);
        let result = match &mut self.configure {
            Some(configure) => configure(self.builder.clone(), attempt).connect(),
            None => self.builder.connect(),
        };
        let socket = match result {
            Ok(socket) => socket,
            Err(error) => return self.not_opened(error),
        };
        if let Some(backoff) = &mut self.backoff {
            attempt = backoff.attempt();
            backoff.opened(poll::now());
        }
        let opened = Opened {
            reconnect: mem::replace(&mut self.reconnect, true),
            attempt,
            url: socket.url().into(),
            response: socket.response().clone(),
            subprotocol: socket.subprotocol().map(Into::into),
        };
        self.stage = Stage::Open(Box::new(socket));
        SessionEvent::Open(opened)
    }

    fn not_opened(&mut self, error: ConnectError) -> SessionEvent {
        self.lost(Cause::Connect(Arc::new(error)))
    }

    /// `None`: nothing to tell yet.
    fn receive(
        &mut self,
        mut socket: Box<WebSocket>,
        others: &[&Pollable],
        deadline: Option<Duration>,
    ) -> Option<Waited> {
        let message = match socket.message_or(others, deadline) {
            Ok(Ok(message)) => message,
            Ok(Err(waited)) => {
                self.stage = Stage::Open(socket);
                return Some(waited);
            }
            Err(error) => {
                let loss = self.lost(Cause::Connection(Arc::new(error)));
                return Some(Waited::Event(loss));
            }
        };
        match message {
            None => self.stage = Stage::Open(socket),
            Some(Message::Closed(closed)) if is_loss(&closed) => {
                return Some(Waited::Event(self.lost(Cause::Closed(closed))));
            }
            Some(Message::Closed(closed)) => self.stage = Stage::Ending(Outcome::Closed(closed)),
            Some(message) => {
                self.stage = Stage::Open(socket);
                return Some(Waited::Event(SessionEvent::Message(message)));
            }
        }
        None
    }

    /// Decides what follows a loss.
    fn lost(&mut self, cause: Cause) -> SessionEvent {
        let retry = !self.closing
            && match &mut self.retry_if {
                Some(decide) => decide(&cause),
                None => !cause.is_final(),
            };
        let mut next_delay = None;
        let mut attempt = 0;
        if let Some(backoff) = &mut self.backoff {
            if retry {
                next_delay = backoff.lost(poll::now(), cause.retry_after(), &mut self.jitter);
            }
            attempt = backoff.attempt();
        }
        self.stage = match next_delay {
            Some(delay) => Stage::Waiting(poll::now().saturating_add(delay)),
            None => Stage::Ending(Outcome::Failed(cause.clone())),
        };
        SessionEvent::Disconnected(Disconnected {
            cause,
            attempt,
            next_delay,
        })
    }
}

impl WebSocket {
    /// The next message, as far as it is whole, or what else ended the wait.
    fn message_or(
        &mut self,
        others: &[&Pollable],
        deadline: Option<Duration>,
    ) -> Result<Result<Option<Message>, Waited>, Error> {
        let mut partial = self.take_partial();
        let received = match self.receive_or_until(others, deadline)? {
            Received::Event(event) => Ok(Message::of(event, &mut partial)),
            Received::Ready(at) => Err(Waited::Ready(at)),
            Received::TimedOut => Err(Waited::TimedOut),
        };
        self.put_partial(partial);
        Ok(received)
    }
}

impl Iterator for Reconnecting {
    type Item = SessionEvent;

    fn next(&mut self) -> Option<SessionEvent> {
        self.next_event()
    }
}

impl fmt::Debug for Reconnecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnecting")
            .field("builder", &self.builder)
            .field("backoff", &self.backoff)
            .finish_non_exhaustive()
    }
}
