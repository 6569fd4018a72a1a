//! hybi-core: its blocking driver; under compression the connection's loop by
//! hand is the same.

use std::io::{self, Read, Write};

use embedded_io::ErrorType;
use hybi_core::{
    connection::{Config, Connection, Event},
    driver::blocking::{Transport, WebSocket, open},
    extension::{
        Extension, Plain,
        deflate::{Deflate as Compressor, DeflateParams, Inflate, PerMessageDeflate},
    },
    handshake::{Handshake, HandshakeConfig, Request},
    uri::Uri,
};
use hybi_std::OsEntropy;

use crate::{
    message::Message,
    net::Target,
    peer::{Blocking, Client, Deflate, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct HybiCore;

impl Peer for HybiCore {
    fn name(&self) -> &'static str {
        "hybi-core"
    }

    fn about(&self) -> &'static str {
        "this tree; driver::blocking::WebSocket with growing buffers, masks by ChaCha12; \
         permessage-deflate by miniz_oxide"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        match wire {
            Wire::Memory(stream) => client(stream.opened(), setup),
            Wire::Net(target) => client(target.open().map_err(broken)?, setup),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        let url = target.url();
        let uri = Uri::parse(&url).map_err(broken)?;
        let entropy = OsEntropy::new().map_err(broken)?;
        let mut handshake = Handshake::new(
            &Request::new(&uri),
            Vec::new(),
            Vec::new(),
            entropy,
            HandshakeConfig::default(),
            std::time::Duration::ZERO,
        )
        .map_err(broken)?;
        let mut stream = Io(target.dial().map_err(broken)?);
        open(&mut stream, &mut handshake).map_err(broken)?;
        Connection::from_handshake(handshake, Config::default()).map_err(broken)?;
        Ok(())
    }
}

fn client<S: Read + Write + 'static>(stream: S, setup: Setup) -> Outcome<Box<dyn Client>> {
    Ok(match setup.deflate {
        None => Box::new(Core::new(stream, setup, Plain)?),
        Some(deflate) => Box::new(Core::new(stream, setup, extension(deflate)?)?),
    })
}

fn extension(deflate: Deflate) -> Outcome<impl Extension> {
    let params = DeflateParams {
        server_no_context_takeover: !deflate.takeover,
        client_no_context_takeover: !deflate.takeover,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    };
    let inflate = Inflate::new(15, Vec::new()).map_err(broken)?;
    Ok(PerMessageDeflate::new(
        params,
        inflate,
        Vec::new(),
        Compressor::new(15, 6),
    ))
}

/// `std`'s traits as embedded-io's.
struct Io<S>(S);

impl<S> ErrorType for Io<S> {
    type Error = io::Error;
}

impl<S: Read> embedded_io::Read for Io<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<S: Write> embedded_io::Write for Io<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Read + Write> Transport for Io<S> {}

struct Core<S: Read + Write, X>(WebSocket<Io<S>, Vec<u8>, Vec<u8>, OsEntropy, X>);

impl<S: Read + Write, X: Extension> Core<S, X> {
    fn new(stream: S, setup: Setup, extension: X) -> Outcome<Self> {
        let mut config = Config::default();
        config.max_send_buffer = config.max_send_buffer.max(setup.largest + 1024);
        let entropy = OsEntropy::new().map_err(broken)?;
        let connection =
            Connection::with_extension(Vec::new(), Vec::new(), entropy, config, extension);
        let connection = connection.map_err(broken)?;
        Ok(Self(WebSocket::new(Io(stream), connection)))
    }
}

impl<S: Read + Write, X: Extension> Blocking for Core<S, X> {
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.receive().map_err(broken)? {
                Event::Text(text) => look.look(text.as_bytes()),
                Event::Binary(data) => look.look(data),
                Event::Ping(_) | Event::Pong(_) => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    fn send(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.0.send_text(text),
            None => self.0.send_binary(&message.data),
        }
        .map_err(broken)
    }

    fn queue(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.0.queue_text(text),
            None => self.0.queue_binary(&message.data),
        }
        .map_err(broken)
    }

    fn flush(&mut self) -> Outcome<()> {
        self.0.flush().map_err(broken)
    }
}
