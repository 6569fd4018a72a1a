//! What the user wants to be called.

use core::fmt;
use std::error::Error as StdError;

use hybi_core::connection::{Chunk, MessageKind};

use crate::{
    message::Message,
    reconnect::{Disconnected, Handle, Opened, Outcome},
};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// What a handler may return: `()`, or a `Result` whose error is any that `?`
/// turns into a box.
pub trait HandlerResult {
    /// As a `Result`.
    ///
    /// # Errors
    /// The handler's.
    fn into_result(self) -> Result<(), Box<dyn StdError + Send + Sync>>;
}

impl HandlerResult for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> HandlerResult for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// What [`App::on_error`](super::App::on_error) is told.
#[derive(Debug)]
#[non_exhaustive]
pub enum AppError {
    /// A connection was lost, or an attempt failed.
    Disconnected(Disconnected),
    /// A handler returned this error.
    Handler(Box<dyn StdError + Send + Sync>),
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disconnected(loss) => loss.fmt(f),
            Self::Handler(error) => write!(f, "a handler failed: {error}"),
        }
    }
}

impl StdError for AppError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Disconnected(loss) => Some(&loss.cause),
            Self::Handler(error) => Some(&**error),
        }
    }
}

macro_rules! handlers {
    ($($(#[$doc:meta])* $field:ident as $call:ident($($name:ident: $type:ty),+);)*) => {
        #[derive(Default)]
        pub(super) struct Handlers<'a> {
            $($(#[$doc])* pub(super) $field:
                Option<Box<dyn FnMut(&Handle, $($type),+) -> Result<(), BoxError> + Send + 'a>>,)*
        }

        impl Handlers<'_> {
            $(pub(super) fn $call(&mut self, handle: &Handle, $($name: $type),+) -> Result<(), BoxError> {
                match &mut self.$field {
                    Some(handler) => handler(handle, $($name),+),
                    None => Ok(()),
                }
            })*
        }
    };
}

handlers! {
    open as first_opened(opened: &Opened);
    /// Every connection but the first.
    reconnect as reconnected(opened: &Opened);
    message as message(message: Message);
    data as data(data: &[u8], kind: MessageKind);
    fragment as fragment(chunk: &Chunk<'_>);
    error as error(error: &AppError);
    close as closed(outcome: &Outcome);
    ping as ping(payload: &[u8]);
    pong as pong(payload: &[u8]);
}

impl Handlers<'_> {
    pub(super) fn opened(&mut self, handle: &Handle, opened: &Opened) -> Result<(), BoxError> {
        if opened.reconnect && self.reconnect.is_some() {
            self.reconnected(handle, opened)
        } else {
            self.first_opened(handle, opened)
        }
    }
}
