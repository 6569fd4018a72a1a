//! A client made of handlers, which runs until it is told to stop.

mod handlers;

use core::fmt;

use hybi_core::{
    close_code::CloseCode,
    connection::{Chunk, Delivery, Event, MessageKind},
};

pub use handlers::{AppError, HandlerResult};
use handlers::{BoxError, Handlers};

use crate::{
    builder::Builder,
    message::Message,
    reconnect::{Cause, Disconnected, Handle, Opened, Outcome, Policy, Reconnecting, Step},
    split::{Found, Receiver},
};

/// A client made of handlers: [`run`](Self::run) connects, calls them, and
/// comes back after losses.
///
/// ```no_run
/// use hybi_std::{App, CloseCode, Message};
///
/// let outcome = App::new(hybi_std::builder("wss://example.com/feed"))
///     .on_open(|handle, _| handle.send_text("subscribe"))
///     .on_message(|handle, message| match message {
///         Message::Text(text) if text == "enough" => handle.close(CloseCode::NORMAL, ""),
///         message => {
///             println!("{message:?}");
///             Ok(())
///         }
///     })
///     .on_error(|_, error| eprintln!("{error}"))
///     .run();
/// println!("{outcome}");
/// ```
///
/// Handlers run on the thread that called `run`, one after the other, and may
/// borrow what lives longer than the `App`. Each is given a [`Handle`] to send
/// with and to close; [`handle`](Self::handle) gives one to other threads.
/// They return `()` or a `Result`.
///
/// # Errors and losses
/// - Every loss is told to [`on_error`](Self::on_error) once, and so is every
///   error that a handler returns; the session goes on.
/// - Without `on_error`, losses go to the log, and a handler's error ends the
///   session, so that none goes unseen: the connection is closed with 1011,
///   and the outcome is [`Outcome::Failed`] with [`Cause::Handler`].
/// - A close, by either side, is no error.
/// - [`on_close`](Self::on_close) is called exactly once, last.
/// - A panic in a handler is not caught.
///
/// What counts as a loss, and what is tried again: see
/// [`reconnect`](crate::reconnect).
#[must_use]
pub struct App<'a> {
    session: Reconnecting,
    handlers: Handlers<'a>,
}

impl<'a> App<'a> {
    /// A client for the connections that `builder` makes, by the default
    /// [`Policy`].
    pub fn new(builder: Builder) -> Self {
        Self {
            session: Reconnecting::new(builder),
            handlers: Handlers::default(),
        }
    }

    /// How often and how fast to try again after a loss. `None`: never.
    pub fn policy(mut self, policy: impl Into<Option<Policy>>) -> Self {
        self.session = self.session.policy(policy);
        self
    }

    /// Decides whether to try again; see [`Reconnecting::retry_if`].
    pub fn retry_if(mut self, decide: impl FnMut(&Cause) -> bool + Send + 'static) -> Self {
        self.session = self.session.retry_if(decide);
        self
    }

    /// Changes the settings before each attempt; see
    /// [`Reconnecting::configure`].
    pub fn configure(
        mut self,
        configure: impl FnMut(Builder, u32) -> Builder + Send + 'static,
    ) -> Self {
        self.session = self.session.configure(configure);
        self
    }

    /// Makes headers before each attempt; see [`Reconnecting::headers_from`].
    pub fn headers_from<H>(mut self, headers: impl FnMut(u32) -> H + Send + 'static) -> Self
    where
        H: IntoIterator<Item = (String, String)>,
    {
        self.session = self.session.headers_from(headers);
        self
    }

    /// Called when a connection is open.
    pub fn on_open<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &Opened) -> R + Send + 'a,
    ) -> Self {
        self.handlers.open = Some(Box::new(move |handle, opened| {
            handler(handle, opened).into_result()
        }));
        self
    }

    /// Called instead of [`on_open`](Self::on_open) for every connection but
    /// the first. Default: `on_open` is called for these too.
    pub fn on_reconnect<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &Opened) -> R + Send + 'a,
    ) -> Self {
        self.handlers.reconnect = Some(Box::new(move |handle, opened| {
            handler(handle, opened).into_result()
        }));
        self
    }

    /// Called for each whole message: [`Message::Text`] or
    /// [`Message::Binary`].
    pub fn on_message<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, Message) -> R + Send + 'a,
    ) -> Self {
        self.handlers.message = Some(Box::new(move |handle, message| {
            handler(handle, message).into_result()
        }));
        self
    }

    /// Called for each whole message, before
    /// [`on_message`](Self::on_message), with its bytes and what it is.
    pub fn on_data<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &[u8], MessageKind) -> R + Send + 'a,
    ) -> Self {
        self.handlers.data = Some(Box::new(move |handle, data, kind| {
            handler(handle, data, kind).into_result()
        }));
        self
    }

    /// Called for each part of a message as it arrives. Messages of any size
    /// then need no memory, unless [`on_message`](Self::on_message) or
    /// [`on_data`](Self::on_data) is there to want them whole.
    pub fn on_fragment<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &Chunk<'_>) -> R + Send + 'a,
    ) -> Self {
        self.session.delivery(Delivery::Chunks);
        self.handlers.fragment = Some(Box::new(move |handle, chunk| {
            handler(handle, chunk).into_result()
        }));
        self
    }

    /// Called once for every loss, and for every error that a handler
    /// returned. An error that this one returns ends the session.
    pub fn on_error<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &AppError) -> R + Send + 'a,
    ) -> Self {
        self.handlers.error = Some(Box::new(move |handle, error| {
            handler(handle, error).into_result()
        }));
        self
    }

    /// Called once, when all is over. Nothing can be sent any more.
    pub fn on_close<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &Outcome) -> R + Send + 'a,
    ) -> Self {
        self.handlers.close = Some(Box::new(move |handle, outcome| {
            handler(handle, outcome).into_result()
        }));
        self
    }

    /// Called for each Ping. It is answered already.
    pub fn on_ping<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &[u8]) -> R + Send + 'a,
    ) -> Self {
        self.handlers.ping = Some(Box::new(move |handle, payload| {
            handler(handle, payload).into_result()
        }));
        self
    }

    /// Called for each Pong.
    pub fn on_pong<R: HandlerResult>(
        mut self,
        mut handler: impl FnMut(&Handle, &[u8]) -> R + Send + 'a,
    ) -> Self {
        self.handlers.pong = Some(Box::new(move |handle, payload| {
            handler(handle, payload).into_result()
        }));
        self
    }

    /// The way in from other threads. A close that comes before
    /// [`run`](Self::run) is not lost.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.session.handle()
    }

    /// Runs until it is over, and tells how it ended.
    pub fn run(self) -> Outcome {
        let Self {
            mut session,
            mut handlers,
        } = self;
        let handle = session.handle();
        let mut failure = None;
        while let Some(step) = session.advance(None) {
            let result = match step {
                Step::Closed(outcome) => {
                    let outcome = match failure {
                        Some(error) => failed(error),
                        None => outcome,
                    };
                    return match handlers.closed(&handle, &outcome) {
                        Ok(()) => outcome,
                        Err(error) => failed(error),
                    };
                }
                // The session is ending: no handler is called any more.
                _ if failure.is_some() => continue,
                Step::Disconnected(loss) => handlers.lost(&handle, loss),
                Step::Open(opened) => handlers
                    .opened(&handle, &opened)
                    .or_else(|error| handlers.failed(&handle, error)),
                Step::Received(found) => match session.receiver() {
                    Some(receiver) => received(&mut handlers, &handle, receiver, found)
                        .or_else(|error| handlers.failed(&handle, error)),
                    None => Ok(()),
                },
            };
            if let Err(error) = result {
                let _ = handle.close(CloseCode::INTERNAL_ERROR, "");
                failure = Some(error);
            }
        }
        // Not reached: the last step is always `Closed`.
        Outcome::Stopped
    }
}

fn received(
    handlers: &mut Handlers<'_>,
    handle: &Handle,
    receiver: &mut Receiver,
    found: Found,
) -> Result<(), BoxError> {
    match receiver.event(found) {
        Event::Text(text) => handlers.data(handle, text.as_bytes(), MessageKind::Text)?,
        Event::RawText(data) => handlers.data(handle, data, MessageKind::Text)?,
        Event::Binary(data) => handlers.data(handle, data, MessageKind::Binary)?,
        Event::Chunk(chunk) => handlers.fragment(handle, &chunk)?,
        Event::Ping(payload) => return handlers.ping(handle, payload),
        Event::Pong(payload) => return handlers.pong(handle, payload),
        _ => return Ok(()),
    }
    let in_chunks = matches!(found, Found::Chunk { .. });
    let wanted = handlers.message.is_some() || in_chunks && handlers.data.is_some();
    if !wanted {
        return Ok(());
    }
    let Some(message) = receiver.message(found) else {
        return Ok(());
    };
    if in_chunks {
        match &message {
            Message::Text(text) => handlers.data(handle, text.as_bytes(), MessageKind::Text)?,
            Message::Binary(data) => handlers.data(handle, data, MessageKind::Binary)?,
            _ => {}
        }
    }
    handlers.message(handle, message)
}

fn failed(error: BoxError) -> Outcome {
    Outcome::Failed(Cause::Handler(error.into()))
}

impl Handlers<'_> {
    fn lost(&mut self, handle: &Handle, loss: Disconnected) -> Result<(), BoxError> {
        if self.error.is_none() {
            log::warn!("{loss}");
        }
        self.error(handle, &AppError::Disconnected(loss))
    }

    /// A handler has failed. `Err`: and that ends the session.
    fn failed(&mut self, handle: &Handle, error: BoxError) -> Result<(), BoxError> {
        if self.error.is_none() {
            return Err(error);
        }
        self.error(handle, &AppError::Handler(error))
    }
}

impl fmt::Debug for App<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}
