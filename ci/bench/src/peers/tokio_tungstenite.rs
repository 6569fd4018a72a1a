//! tokio-tungstenite.

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message as Ws, protocol::Role},
};

use super::{
    drive, shake,
    tungstenite::{NO_DEFLATE, outgoing},
};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct TokioTungstenite;

impl Peer for TokioTungstenite {
    fn name(&self) -> &'static str {
        "tokio-tungstenite"
    }

    fn about(&self) -> &'static str {
        "0.30.0; WebSocketStream::from_raw_socket, default settings"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        match wire {
            Wire::Memory(stream) => drive(async || Ok(Tokio::new(stream.opened()).await)),
            Wire::Net(target) => drive(async || {
                let stream = target.open_async().await.map_err(broken)?;
                Ok(Tokio::new(stream).await)
            }),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let stream = target.dial_async().await.map_err(broken)?;
            let socket = tokio_tungstenite::client_async(target.url(), stream).await;
            socket.map_err(broken)
        })
    }
}

struct Tokio<S>(WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Tokio<S> {
    async fn new(stream: S) -> Self {
        Self(WebSocketStream::from_raw_socket(stream, Role::Client, None).await)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asynch for Tokio<S> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.next().await {
                Some(Ok(Ws::Text(text))) => look.look(text.as_bytes()),
                Some(Ok(Ws::Binary(data))) => look.look(&data),
                Some(Ok(Ws::Ping(_) | Ws::Pong(_))) => continue,
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
