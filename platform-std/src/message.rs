//! Messages that own their bytes.

pub use hybi_common::message::{Closed, Message};

use crate::{error::Error, split::Receiver, websocket::WebSocket};

/// The messages of a connection; see [`WebSocket::messages`] and
/// [`Receiver::messages`].
#[derive(Debug)]
pub struct Messages<'a> {
    source: Source<'a>,
    failed: bool,
}

#[derive(Debug)]
enum Source<'a> {
    WebSocket(&'a mut WebSocket),
    Receiver(&'a mut Receiver),
}

impl<'a> Messages<'a> {
    pub(crate) const fn of(socket: &'a mut WebSocket) -> Self {
        Self {
            source: Source::WebSocket(socket),
            failed: false,
        }
    }

    pub(crate) const fn of_receiver(receiver: &'a mut Receiver) -> Self {
        Self {
            source: Source::Receiver(receiver),
            failed: false,
        }
    }
}

impl Iterator for Messages<'_> {
    type Item = Result<Message, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        loop {
            let message = match &mut self.source {
                Source::WebSocket(socket) => socket.receive_message(),
                Source::Receiver(receiver) => receiver.receive_message(),
            };
            return match message {
                Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                Ok(Message::Closed(_)) => None,
                Ok(message) => Some(Ok(message)),
                Err(error) => {
                    self.failed = error.is_fatal();
                    Some(Err(error))
                }
            };
        }
    }
}
