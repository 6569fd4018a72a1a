//! wtx 0.46.1. It resets its contexts after each message, whatever was
//! negotiated, so it is not there with context takeover.

use tokio::runtime::Runtime;
use wtx::{
    collection::Vector,
    rng::Xorshift64,
    stream::{StreamReader, StreamWriter},
    web_socket::{
        Compression, CompressionLevel, DeflateConfig, FrameMut, OpCode, WebSocketBuffer,
        WebSocketOwned, WebSocketPayloadOrigin,
        compression::{Flate2, NegotiatedFlate2, WindowBits},
    },
};

use crate::{
    memory::{Input, Output, Stream},
    peer::{Peer, Receiver, Sender, Setup},
};

pub struct Wtx;

impl Peer for Wtx {
    fn name(&self) -> &'static str {
        "wtx 0.46.1"
    }

    fn receiver(&self, setup: Setup, input: Input) -> Option<Box<dyn Receiver>> {
        Some(Box::new(Client::new(
            setup,
            Some(input),
            Output::default(),
        )?))
    }

    fn sender(&self, setup: Setup, output: Output) -> Option<Box<dyn Sender>> {
        Some(Box::new(Client::new(setup, None, output)?))
    }
}

type Socket = WebSocketOwned<Option<NegotiatedFlate2>, Xorshift64, Stream, true>;

struct Client {
    runtime: Runtime,
    socket: Socket,
    buffer: Vector<u8>,
    /// It masks in place.
    payload: Vec<u8>,
}

/// A header of the server's answer.
struct Header;

impl wtx::http::GenericHeader for Header {
    fn name(&self) -> &[u8] {
        b"sec-websocket-extensions"
    }

    fn value(&self) -> &[u8] {
        b"permessage-deflate; client_no_context_takeover; server_no_context_takeover"
    }
}

impl Client {
    fn new(setup: Setup, input: Option<Input>, output: Output) -> Option<Self> {
        if setup.takeover {
            return None;
        }
        let flate2 = Flate2::from(DeflateConfig {
            client_max_window_bits: WindowBits::Fifteen,
            compression_level: CompressionLevel::Six,
            server_max_window_bits: WindowBits::Fifteen,
        });
        let compression = Compression::<true>::negotiate(flate2, [Header].into_iter());
        let buffer = WebSocketBuffer::with_capacity(1 << 16, 1 << 16, 1 << 16);
        Some(Self {
            runtime: super::runtime(),
            socket: Socket::new(
                compression.expect("a good answer"),
                false,
                Xorshift64::new(1),
                Stream { input, output },
                buffer.expect("memory"),
            ),
            buffer: Vector::new(),
            payload: Vec::new(),
        })
    }
}

impl StreamReader for Stream {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.input.as_mut().map_or(0, |input| input.read(bytes)))
    }
}

impl StreamWriter for Stream {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.output.write(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, all: &[&[u8]]) -> wtx::Result<()> {
        all.iter().for_each(|bytes| self.output.write(bytes));
        Ok(())
    }
}

impl Receiver for Client {
    fn receive(&mut self, count: usize) -> usize {
        let Self {
            runtime,
            socket,
            buffer,
            ..
        } = self;
        runtime.block_on(async {
            let mut bytes = 0;
            for _ in 0..count {
                buffer.clear();
                let frame = socket
                    .read_frame(buffer, WebSocketPayloadOrigin::Adaptive)
                    .await;
                bytes += frame.expect("a message").payload().len();
            }
            bytes
        })
    }
}

impl Sender for Client {
    fn send(&mut self, messages: &[String]) {
        let Self {
            runtime,
            socket,
            payload,
            ..
        } = self;
        runtime.block_on(async {
            for message in messages {
                payload.clear();
                payload.extend_from_slice(message.as_bytes());
                let mut frame = FrameMut::new_fin(OpCode::Text, &mut payload[..]);
                socket.write_frame(&mut frame).await.expect("sent");
            }
        });
    }
}
