//! tungstenite.

use std::io::{Read, Write};

use tungstenite::{Message as Ws, WebSocket, protocol::Role};

use crate::{
    message::Message,
    net::Target,
    peer::{Blocking, Client, Failure, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct Tungstenite;

impl Peer for Tungstenite {
    fn name(&self) -> &'static str {
        "tungstenite"
    }

    fn about(&self) -> &'static str {
        "0.30.0; WebSocket::from_raw_socket, default settings"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        Ok(match wire {
            Wire::Memory(stream) => Box::new(Sync::new(stream.opened())),
            Wire::Net(target) => Box::new(Sync::new(target.open().map_err(broken)?)),
        })
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let stream = target.dial().map_err(broken)?;
        match tungstenite::client(target.url(), stream) {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::Broken(error.to_string())),
        }
    }
}

pub const NO_DEFLATE: Failure = Failure::Cannot("no permessage-deflate");

/// As it sends it: `Bytes` and `Utf8Bytes`.
pub fn outgoing(message: &Message) -> Ws {
    match &message.text {
        Some(text) => Ws::text(text.as_str()),
        None => Ws::Binary(message.to_bytes()),
    }
}

struct Sync<S>(WebSocket<S>);

impl<S: Read + Write> Sync<S> {
    fn new(stream: S) -> Self {
        Self(WebSocket::from_raw_socket(stream, Role::Client, None))
    }
}

impl<S: Read + Write> Blocking for Sync<S> {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.read().map_err(broken)? {
                Ws::Text(text) => look.look(text.as_bytes()),
                Ws::Binary(data) => look.look(&data),
                Ws::Ping(_) | Ws::Pong(_) => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        self.0.send(outgoing(message)).map_err(broken)
    }

    fn queue(&mut self, message: &Message) -> Outcome<()> {
        self.0.write(outgoing(message)).map_err(broken)
    }

    fn flush(&mut self) -> Outcome<()> {
        self.0.flush().map_err(broken)
    }
}
