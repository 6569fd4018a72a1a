//! embedded-websocket.

use std::io::{self, Read, Write};

use embedded_websocket::{
    Client as ClientRole, WebSocketClient, WebSocketOptions, WebSocketSendMessageType,
    WebSocketState,
    framer::{Framer, ReadResult, Stream},
};
use rand06::rngs::ThreadRng;

use super::tungstenite::NO_DEFLATE;
use crate::{
    message::Message,
    net::Target,
    peer::{
        Blocking, Client, Failure, Look, NO_QUEUE, Outcome, Peer, Setup, Wire, broken, unexpected,
    },
};

pub struct EmbeddedWebsocket;

impl Peer for EmbeddedWebsocket {
    fn name(&self) -> &'static str {
        "embedded-websocket"
    }

    fn about(&self) -> &'static str {
        "0.9.5; framer::Framer with 16 KiB to read, a message to join, a message to write; masks \
         by rand's ThreadRng"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        if setup.fragmented {
            return Err(LOOPS);
        }
        Ok(match wire {
            Wire::Memory(stream) => Box::new(Framed::new(stream.opened(), setup)),
            Wire::Net(target) => Box::new(Framed::new(target.open().map_err(broken)?, setup)),
        })
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let mut stream = Io(target.dial().map_err(broken)?);
        let (mut read, mut write, mut cursor) = ([0; 4096], [0; 4096], 0);
        let mut client = WebSocketClient::new_client(rand06::thread_rng());
        let mut framer = Framer::new(&mut read, &mut cursor, &mut write, &mut client);
        let options = WebSocketOptions {
            path: &target.path,
            host: "localhost",
            origin: "",
            sub_protocols: None,
            additional_headers: None,
        };
        framer
            .connect(&mut stream, &options)
            .map(drop)
            .map_err(broken)
    }
}

/// Tried: it never comes back.
const LOOPS: Failure = Failure::Cannot(
    "its framer loops for ever once a fragment that is not the last arrives in two reads",
);

struct Io<S>(S);

impl<S: Read + Write> Stream<io::Error> for Io<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}

/// The framer borrows its parts, which live as long as the program: each
/// connection leaks its own.
struct Framed<S> {
    stream: Io<S>,
    framer: Framer<'static, ThreadRng, ClientRole>,
    message: Vec<u8>,
}

impl<S: Read + Write> Framed<S> {
    fn new(stream: S, setup: Setup) -> Self {
        let client = Box::leak(Box::new(WebSocketClient::new_client(rand06::thread_rng())));
        client.state = WebSocketState::Open;
        Self {
            stream: Io(stream),
            framer: Framer::new(
                vec![0; 16 << 10].leak(),
                Box::leak(Box::new(0)),
                vec![0; (setup.largest + 64).max(4096)].leak(),
                client,
            ),
            message: vec![0; (setup.largest + 64).max(4096)],
        }
    }
}

impl<S: Read + Write> Blocking for Framed<S> {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            let read = self.framer.read(&mut self.stream, &mut self.message);
            match read.map_err(broken)? {
                ReadResult::Text(text) => look.look(text.as_bytes()),
                ReadResult::Binary(data) => look.look(data),
                ReadResult::Pong(_) => continue,
                ReadResult::Closed => return Err(unexpected("closed")),
            }
            return Ok(());
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        let kind = match message.text {
            Some(_) => WebSocketSendMessageType::Text,
            None => WebSocketSendMessageType::Binary,
        };
        let written = self
            .framer
            .write(&mut self.stream, kind, true, &message.data);
        written.map_err(broken)
    }

    fn queue(&mut self, _: &Message) -> Outcome<()> {
        Err(NO_QUEUE)
    }

    fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}
