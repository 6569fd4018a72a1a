//! hybi: the core's connection, with the compressor and the decompressor of
//! `hybi-std`, and with the core's own, which are for where zlib-rs is not.

use std::time::Duration;

use hybi_core::{
    connection::{Config, Connection, Event},
    entropy::Entropy,
    extension::{
        Extension,
        deflate::{Deflate, DeflateParams, Inflate, PerMessageDeflate},
    },
};

use crate::{
    compression::Compression,
    memory::{Input, Output},
    peer::{Peer, Receiver, Sender, Setup},
};

type Client<X> = Connection<Vec<u8>, Vec<u8>, Xorshift, X>;

pub struct Hybi;

impl Peer for Hybi {
    fn name(&self) -> &'static str {
        "hybi"
    }

    fn receiver(&self, setup: Setup, input: Input) -> Option<Box<dyn Receiver>> {
        let extension = Compression::new().extension(params(setup));
        Some(Box::new(Receiving(client(extension), input)))
    }

    fn sender(&self, setup: Setup, output: Output) -> Option<Box<dyn Sender>> {
        let extension = Compression::new().extension(params(setup));
        Some(Box::new(Sending(client(extension), output)))
    }
}

pub struct Core;

impl Peer for Core {
    fn name(&self) -> &'static str {
        "hybi, core alone (miniz_oxide)"
    }

    fn receiver(&self, setup: Setup, input: Input) -> Option<Box<dyn Receiver>> {
        Some(Box::new(Receiving(client(core(setup)), input)))
    }

    fn sender(&self, setup: Setup, output: Output) -> Option<Box<dyn Sender>> {
        Some(Box::new(Sending(client(core(setup)), output)))
    }
}

fn params(setup: Setup) -> DeflateParams {
    DeflateParams {
        server_no_context_takeover: !setup.takeover,
        client_no_context_takeover: !setup.takeover,
        server_max_window_bits: 15,
        client_max_window_bits: 15,
    }
}

fn core(setup: Setup) -> impl Extension {
    let inflate = Inflate::new(15, Vec::new()).expect("a growing window");
    PerMessageDeflate::new(params(setup), inflate, Vec::new(), Deflate::new(15, 6))
}

fn client<X: Extension>(extension: X) -> Client<X> {
    let (rx, tx, entropy) = (Vec::new(), Vec::new(), Xorshift(1));
    Connection::with_extension(rx, tx, entropy, Config::default(), extension)
        .expect("growing buffers are large enough")
}

/// As cheap as those of the other clients here.
#[derive(Debug)]
struct Xorshift(u64);

impl Entropy for Xorshift {
    fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
    }
}

struct Receiving<X>(Client<X>, Input);

impl<X: Extension> Receiver for Receiving<X> {
    fn receive(&mut self, count: usize) -> usize {
        let Self(client, input) = self;
        let (mut received, mut bytes) = (0, 0);
        while received < count {
            match client.poll_event(Duration::ZERO) {
                Ok(Some(Event::Text(text))) => {
                    bytes += text.len();
                    received += 1;
                }
                Ok(None) => {
                    let taken = input.read(client.receive_buffer());
                    client.received(taken);
                }
                other => panic!("{other:?}"),
            }
        }
        bytes
    }
}

struct Sending<X>(Client<X>, Output);

impl<X: Extension> Sender for Sending<X> {
    fn send(&mut self, messages: &[String]) {
        let Self(client, output) = self;
        for message in messages {
            client.send_text(message).expect("there is room");
            output.write(client.transmit());
            client.transmitted(client.transmit().len());
        }
    }
}
