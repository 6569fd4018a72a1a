//! sockudo-ws.

use bytes::Bytes;
use futures::{Sink, SinkExt, Stream, StreamExt};
use sockudo_ws::{
    CompressedWebSocketStream, Config, DeflateConfig, Error, Message as Ws, Role, WebSocketStream,
    handshake::client_handshake,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{drive, shake};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Deflate, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct Sockudo;

impl Peer for Sockudo {
    fn name(&self) -> &'static str {
        "sockudo-ws"
    }

    fn about(&self) -> &'static str {
        "3.1.0; WebSocketStream::client and CompressedWebSocketStream::client, default settings"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        match wire {
            Wire::Memory(stream) => client(async || Ok(stream.opened()), setup),
            Wire::Net(target) => client(async || target.open_async().await.map_err(broken), setup),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let mut stream = target.dial_async().await.map_err(broken)?;
            let shaken = client_handshake(&mut stream, "localhost", &target.path, None).await;
            let leftover = shaken.map_err(broken)?.leftover;
            let config = Config::default();
            Outcome::Ok(WebSocketStream::from_raw_with_leftover(
                stream,
                Role::Client,
                config,
                leftover,
            ))
        })
    }
}

fn client<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: impl AsyncFnOnce() -> Outcome<S>,
    setup: Setup,
) -> Outcome<Box<dyn Client>> {
    let config = Config::default();
    match setup.deflate {
        None => drive(async || Ok(Tokio(WebSocketStream::client(stream().await?, config)))),
        Some(deflate) => drive(async || {
            let deflate = params(deflate);
            let stream = stream().await?;
            Ok(Tokio(CompressedWebSocketStream::client(
                stream, config, deflate,
            )))
        }),
    }
}

fn params(deflate: Deflate) -> DeflateConfig {
    DeflateConfig {
        server_no_context_takeover: !deflate.takeover,
        client_no_context_takeover: !deflate.takeover,
        compression_level: 6,
        ..DeflateConfig::default()
    }
}

/// Either stream.
struct Tokio<W>(W);

fn outgoing(message: &Message) -> Ws {
    match &message.text {
        // It takes what it sends as its own.
        Some(text) => Ws::Text(Bytes::copy_from_slice(text.as_bytes())),
        None => Ws::Binary(message.to_bytes()),
    }
}

impl<W> Asynch for Tokio<W>
where
    W: Stream<Item = Result<Ws, Error>> + Sink<Ws, Error = Error> + Unpin,
{
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.next().await {
                Some(Ok(Ws::Text(data) | Ws::Binary(data))) => look.look(&data),
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
