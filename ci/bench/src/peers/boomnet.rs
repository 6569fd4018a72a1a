//! boomnet.

use std::io::{self, BufWriter, Read, Write};

use boomnet::{
    stream::{ConnectionInfo, ConnectionInfoProvider, ReadHint},
    ws::{Websocket, WebsocketFrame},
};

use super::tungstenite::NO_DEFLATE;
use crate::{
    message::Message,
    net::Target,
    peer::{
        Blocking, Client, Failure, Look, NO_QUEUE, Outcome, Peer, Setup, Wire, broken, unexpected,
    },
};

pub struct Boomnet;

impl Peer for Boomnet {
    fn name(&self) -> &'static str {
        "boomnet"
    }

    fn about(&self) -> &'static str {
        "1.0.0-rc.8; Websocket::new_with_handshake_complete over a BufWriter (it writes a frame \
         in pieces), read_batch"
    }

    fn pooled(&self) -> bool {
        true
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        let size = setup.largest + 64;
        Ok(match wire {
            Wire::Memory(stream) => Box::new(Sync::new(stream.opened(), size)),
            Wire::Net(target) => Box::new(Sync::new(target.open().map_err(broken)?, size)),
        })
    }

    fn connect(&self, _: &Target) -> Outcome<()> {
        Err(Failure::Cannot(
            "its handshake needs a stream that does not block; it leaves Sec-WebSocket-Accept unchecked",
        ))
    }
}

struct Io<S: Write>(BufWriter<S>, ConnectionInfo);

impl<S: Read + Write> Read for Io<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.get_mut().read(buffer)
    }
}

impl<S: Write> Write for Io<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Write> ReadHint for Io<S> {
    fn read_hint(&self) -> bool {
        true
    }
}

impl<S: Write> ConnectionInfoProvider for Io<S> {
    fn connection_info(&self) -> &ConnectionInfo {
        &self.1
    }
}

struct Sync<S: Write> {
    socket: Websocket<Io<S>>,
}

impl<S: Read + Write> Sync<S> {
    fn new(stream: S, size: usize) -> Self {
        let info = ConnectionInfo::new("localhost", 80);
        let stream = Io(BufWriter::with_capacity(size.min(1 << 16), stream), info);
        Self {
            socket: Websocket::new_with_handshake_complete(stream),
        }
    }
}

impl<S: Read + Write> Blocking for Sync<S> {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.socket.receive_next().transpose().map_err(broken)? {
                None | Some(WebsocketFrame::Ping(_) | WebsocketFrame::Pong(_)) => {}
                Some(
                    WebsocketFrame::Text(last, data)
                    | WebsocketFrame::Binary(last, data)
                    | WebsocketFrame::Continuation(last, data),
                ) => {
                    if !last {
                        return Err(Failure::Cannot("hands out fragments, not messages"));
                    }
                    look.look(data);
                    return Ok(());
                }
                Some(WebsocketFrame::Close(data)) => return Err(unexpected(data)),
            }
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(_) => self.socket.send_text(true, Some(&message.data)),
            None => self.socket.send_binary(true, Some(&message.data)),
        }
        .map_err(broken)
    }

    fn queue(&mut self, _: &Message) -> Outcome<()> {
        Err(NO_QUEUE)
    }

    fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}
