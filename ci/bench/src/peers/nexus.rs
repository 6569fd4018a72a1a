//! nexus-web.

use std::io::{Read, Write};

use nexus_web::ws::{Client as Ws, ClientBuilder, FrameWriter, Message as Received, Role};

use super::tungstenite::NO_DEFLATE;
use crate::{
    message::Message,
    net::Target,
    peer::{Blocking, Client, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct Nexus;

impl Peer for Nexus {
    fn name(&self) -> &'static str {
        "nexus-web"
    }

    fn about(&self) -> &'static str {
        "0.8.0; ClientBuilder::connect_with, read buffer of 1 MiB (its default) or two \
         messages; batches with its FrameWriter; pings and closes are its caller's"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        Ok(match wire {
            Wire::Memory(stream) => Box::new(Sync::new(stream, "ws://localhost/", setup)?),
            Wire::Net(target) => {
                let stream = target.dial().map_err(broken)?;
                Box::new(Sync::new(stream, &target.url(), setup)?)
            }
        })
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let stream = target.dial().map_err(broken)?;
        let client = ClientBuilder::new().connect_with(stream, &target.url());
        client.map(drop).map_err(broken)
    }
}

struct Sync<S> {
    client: Ws<S>,
    writer: FrameWriter,
    queue: Vec<u8>,
    queued: usize,
}

impl<S: Read + Write> Sync<S> {
    fn new(stream: S, url: &str, setup: Setup) -> Outcome<Self> {
        let mut builder = ClientBuilder::new()
            .max_frame_size(64 << 20)
            .max_message_size(64 << 20);
        if setup.largest > 100_000 {
            builder = builder
                .buffer_capacity(2 * setup.largest + 1024)
                .write_buffer_capacity(setup.largest + 64);
        }
        Ok(Self {
            client: builder.connect_with(stream, url).map_err(broken)?,
            writer: FrameWriter::new(Role::Client),
            queue: vec![0; 64 * (setup.largest.min(1024) + 14)],
            queued: 0,
        })
    }
}

impl<S: Read + Write> Blocking for Sync<S> {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.client.recv().map_err(broken)? {
                Some(Received::Text(text)) => look.look(text.as_bytes()),
                Some(Received::Binary(data)) => look.look(data),
                Some(Received::Ping(_) | Received::Pong(_)) => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.client.send_text(text),
            None => self.client.send_binary(&message.data),
        }
        .map_err(broken)
    }

    fn queue(&mut self, message: &Message) -> Outcome<()> {
        let room = &mut self.queue[self.queued..];
        self.queued += self.writer.encode_binary(&message.data, room);
        Ok(())
    }

    fn flush(&mut self) -> Outcome<()> {
        let queued = std::mem::take(&mut self.queued);
        let stream = self.client.stream_mut();
        stream.write_all(&self.queue[..queued]).map_err(broken)
    }
}
