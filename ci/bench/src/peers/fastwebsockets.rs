//! fastwebsockets.

use bytes::Bytes;
use fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket};
use hyper::{
    Request,
    header::{CONNECTION, HOST, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{drive, shake, tungstenite::NO_DEFLATE};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Look, NO_QUEUE, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct Fastwebsockets;

impl Peer for Fastwebsockets {
    fn name(&self) -> &'static str {
        "fastwebsockets"
    }

    fn about(&self) -> &'static str {
        "0.10.0; FragmentCollector over WebSocket::after_handshake, borrowed payloads; \
         connects through hyper"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        match wire {
            Wire::Memory(stream) => drive(async || Ok(Tokio::new(stream.opened()))),
            Wire::Net(target) => drive(async || {
                let stream = target.open_async().await.map_err(broken)?;
                Ok(Tokio::new(stream))
            }),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let stream = target.dial_async().await.map_err(broken)?;
            let request = Request::get(&target.path)
                .header(HOST, "localhost")
                .header(UPGRADE, "websocket")
                .header(CONNECTION, "upgrade")
                .header(SEC_WEBSOCKET_KEY, fastwebsockets::handshake::generate_key())
                .header(SEC_WEBSOCKET_VERSION, "13")
                .body(http_body_util::Empty::<Bytes>::new())
                .map_err(broken)?;
            let client = fastwebsockets::handshake::client(&Spawn, request, stream);
            client.await.map_err(broken)
        })
    }
}

struct Spawn;

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        tokio::task::spawn(future);
    }
}

struct Tokio<S>(FragmentCollector<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Tokio<S> {
    fn new(stream: S) -> Self {
        Self(FragmentCollector::new(WebSocket::after_handshake(
            stream,
            Role::Client,
        )))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asynch for Tokio<S> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            let frame = self.0.read_frame().await.map_err(broken)?;
            match frame.opcode {
                OpCode::Text | OpCode::Binary => look.look(&frame.payload),
                OpCode::Ping | OpCode::Pong => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    async fn send(&mut self, message: &Message) -> Outcome<()> {
        let payload = Payload::Borrowed(&message.data);
        let frame = match &message.text {
            Some(_) => Frame::text(payload),
            None => Frame::binary(payload),
        };
        self.0.write_frame(frame).await.map_err(broken)
    }

    async fn queue(&mut self, _: &Message) -> Outcome<()> {
        Err(NO_QUEUE)
    }

    async fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}
