//! wtx. It resets its contexts after each message, whatever was negotiated,
//! so it is not there with context takeover.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use wtx::{
    collection::Vector,
    misc::UriRef,
    rng::Xorshift64,
    stream::{StreamReader, StreamWriter},
    web_socket::{
        Compression, CompressionLevel, DeflateConfig, FrameMut, OpCode, WebSocketBuffer,
        WebSocketConnector, WebSocketOwned, WebSocketPayloadOrigin,
        compression::{Flate2, NegotiatedCompression, WindowBits},
    },
};

use super::{drive, shake};
use crate::{
    message::Message,
    net::Target,
    peer::{
        Asynch, Client, Deflate, Failure, Look, NO_QUEUE, Outcome, Peer, Setup, Wire, broken,
        unexpected,
    },
};

pub struct Wtx;

impl Peer for Wtx {
    fn name(&self) -> &'static str {
        "wtx"
    }

    fn about(&self) -> &'static str {
        "0.46.1 (the newest that Rust 1.95 builds); WebSocket::new with buffers of 64 KiB \
         (with its default, empty ones it reads the socket once a message), payload origin \
         Adaptive; it masks in place, so what is lent to it is copied first"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        match wire {
            Wire::Memory(stream) => client(async || Ok(stream.opened()), setup),
            Wire::Net(target) => client(async || target.open_async().await.map_err(broken), setup),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let stream = Io(target.dial_async().await.map_err(broken)?);
            let url = target.url();
            let connector = WebSocketConnector::default().no_masking(false);
            connector
                .connect(stream, &UriRef::new(&url))
                .await
                .map_err(broken)
        })
    }
}

fn client<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: impl AsyncFnOnce() -> Outcome<S>,
    setup: Setup,
) -> Outcome<Box<dyn Client>> {
    match setup.deflate {
        None => drive(async || Tokio::new(stream().await?, ())),
        Some(Deflate { takeover: true }) => Err(Failure::Cannot("no context takeover")),
        Some(Deflate { takeover: false }) => drive(async || {
            let flate2 = Flate2::from(DeflateConfig {
                client_max_window_bits: WindowBits::Fifteen,
                compression_level: CompressionLevel::Six,
                server_max_window_bits: WindowBits::Fifteen,
            });
            let compression = Compression::<true>::negotiate(flate2, [Header].into_iter());
            Tokio::new(stream().await?, compression.map_err(broken)?)
        }),
    }
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

struct Io<S>(S);

impl<S: AsyncRead + Unpin> StreamReader for Io<S> {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        Ok(self.0.read(bytes).await?)
    }
}

impl<S: AsyncWrite + Unpin> StreamWriter for Io<S> {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        Ok(self.0.write_all(bytes).await?)
    }

    async fn write_all_vectored(&mut self, all: &[&[u8]]) -> wtx::Result<()> {
        let mut slices = [std::io::IoSlice::new(&[]); 8];
        for (slice, bytes) in slices.iter_mut().zip(all) {
            *slice = std::io::IoSlice::new(bytes);
        }
        let mut left = &mut slices[..all.len()];
        while !left.is_empty() {
            let written = self.0.write_vectored(left).await?;
            std::io::IoSlice::advance_slices(&mut left, written);
        }
        Ok(())
    }
}

struct Tokio<S, C: NegotiatedCompression> {
    socket: WebSocketOwned<C, Xorshift64, Io<S>, true>,
    buffer: Vector<u8>,
    payload: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin, C: NegotiatedCompression> Tokio<S, C> {
    fn new(stream: S, compression: C) -> Outcome<Self> {
        let buffer = WebSocketBuffer::with_capacity(1 << 16, 1 << 16, 1 << 16);
        Ok(Self {
            socket: WebSocketOwned::new(
                compression,
                false,
                Xorshift64::new(1),
                Io(stream),
                buffer.map_err(broken)?,
            ),
            buffer: Vector::new(),
            payload: Vec::new(),
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, C: NegotiatedCompression> Asynch for Tokio<S, C> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            self.buffer.clear();
            let frame = self
                .socket
                .read_frame(&mut self.buffer, WebSocketPayloadOrigin::Adaptive)
                .await
                .map_err(broken)?;
            match frame.op_code() {
                OpCode::Text | OpCode::Binary => look.look(frame.payload()),
                OpCode::Ping | OpCode::Pong => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    async fn send(&mut self, message: &Message) -> Outcome<()> {
        self.payload.clear();
        self.payload.extend_from_slice(&message.data);
        let opcode = match message.text {
            Some(_) => OpCode::Text,
            None => OpCode::Binary,
        };
        let mut frame = FrameMut::new_fin(opcode, &mut self.payload[..]);
        self.socket.write_frame(&mut frame).await.map_err(broken)
    }

    async fn queue(&mut self, _: &Message) -> Outcome<()> {
        Err(NO_QUEUE)
    }

    async fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}
