//! Messages that own their bytes.

pub use hybi_common::message::{Closed, Message};

use crate::{error::Error, websocket::WebSocket};

/// The messages of a connection; see [`WebSocket::messages`].
#[derive(Debug)]
pub struct Messages<'a> {
    socket: &'a mut WebSocket,
    failed: bool,
}

impl<'a> Messages<'a> {
    pub(crate) const fn of(socket: &'a mut WebSocket) -> Self {
        Self {
            socket,
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
            return match self.socket.receive_message() {
                Ok(Message::Ping(_) | Message::Pong(_)) => continue,
                Ok(Message::Closed(_)) => None,
                Ok(message) => Some(Ok(message)),
                Err(error) => {
                    self.failed = true;
                    Some(Err(error))
                }
            };
        }
    }
}
