//! tokio-websockets.

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_websockets::{ClientBuilder, Limits, Message as Ws, WebSocketStream};

use super::{drive, shake, tungstenite::NO_DEFLATE};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct TokioWebsockets;

impl Peer for TokioWebsockets {
    fn name(&self) -> &'static str {
        "tokio-websockets"
    }

    fn about(&self) -> &'static str {
        "0.13.3; ClientBuilder::take_over, default settings; features client, fastrand, sha1_smol"
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
            let builder = ClientBuilder::new().uri(&target.url()).map_err(broken)?;
            builder.connect_on(stream).await.map_err(broken)
        })
    }
}

struct Tokio<S>(WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Tokio<S> {
    fn new(stream: S) -> Self {
        let builder = ClientBuilder::new().limits(Limits::default());
        Self(builder.take_over(stream))
    }
}

fn outgoing(message: &Message) -> Ws {
    match &message.text {
        Some(text) => Ws::text(text.clone()),
        None => Ws::binary(message.to_bytes()),
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asynch for Tokio<S> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.next().await {
                Some(Ok(message)) if message.is_text() || message.is_binary() => {
                    look.look(message.as_payload());
                }
                Some(Ok(message)) if message.is_ping() || message.is_pong() => continue,
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
        self.0.flush().await.map_err(broken)
    }
}
