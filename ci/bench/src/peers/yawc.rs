//! yawc.

use futures::SinkExt;
use tokio::io::{AsyncRead, AsyncWrite};
use yawc::{
    CompressionLevel, Options, Role, WebSocket,
    frame::{Frame, OpCode},
};

use super::{drive, shake};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct Yawc;

impl Peer for Yawc {
    fn name(&self) -> &'static str {
        "yawc"
    }

    fn about(&self) -> &'static str {
        "0.5.0; WebSocket::from_stream, with_utf8 (its checks of UTF-8 are off by default), \
         level 6; features simd, zlib"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        match wire {
            Wire::Memory(stream) => drive(async || Tokio::new(stream.opened(), setup)),
            Wire::Net(target) => {
                drive(async || Tokio::new(target.open_async().await.map_err(broken)?, setup))
            }
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let stream = target.dial_async().await.map_err(broken)?;
            let url = target.url().parse().map_err(broken)?;
            WebSocket::handshake(url, stream, options(false))
                .await
                .map_err(broken)
        })
    }
}

fn options(deflate: bool) -> Options {
    let options = Options::default().with_utf8().with_limits(4 << 20, 8 << 20);
    if deflate {
        options.with_compression_level(CompressionLevel::new(6))
    } else {
        options
    }
}

struct Tokio<S>(WebSocket<S>);

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Tokio<S> {
    fn new(stream: S, setup: Setup) -> Outcome<Self> {
        let socket = match setup.deflate {
            None => WebSocket::from_stream(stream, Role::Client, options(false)),
            Some(deflate) => WebSocket::from_stream_with_extensions(
                stream,
                Role::Client,
                Some(deflate.answer()),
                options(true),
            ),
        };
        socket.map(Self).map_err(broken)
    }
}

fn outgoing(message: &Message) -> Frame {
    match &message.text {
        // It takes what it sends as its own.
        Some(text) => Frame::text(text.clone()),
        None => Frame::binary(message.to_bytes()),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Asynch for Tokio<S> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            let frame = self.0.next_frame().await.map_err(broken)?;
            match frame.opcode() {
                OpCode::Text | OpCode::Binary => look.look(frame.payload()),
                OpCode::Ping | OpCode::Pong => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    async fn send(&mut self, message: &Message) -> Outcome<()> {
        self.0.send(outgoing(message)).await.map_err(broken)
    }

    async fn queue(&mut self, message: &Message) -> Outcome<()> {
        self.0.feed(outgoing(message)).await.map_err(broken)
    }

    async fn flush(&mut self) -> Outcome<()> {
        SinkExt::<Frame>::flush(&mut self.0).await.map_err(broken)
    }
}
