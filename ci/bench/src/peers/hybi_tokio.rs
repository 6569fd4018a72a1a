//! hybi-std on tokio.

use hybi_std::{Event, tokio::WebSocket};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    drive,
    hybi_std::{builder, with_tls},
    shake,
};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Look, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct HybiTokio;

impl Peer for HybiTokio {
    fn name(&self) -> &'static str {
        "hybi tokio"
    }

    fn about(&self) -> &'static str {
        "this tree; hybi_std::tokio::WebSocket, Builder::connect_over_async, default settings"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        match wire {
            Wire::Memory(stream) => drive(async || {
                let stream = stream.extensions(setup.deflate.map(|deflate| deflate.answer()));
                let builder = builder("ws://localhost/", setup);
                let socket = builder.connect_over_async(stream).await;
                socket.map(Tokio).map_err(broken)
            }),
            Wire::Net(target) => drive(async || {
                let builder = with_tls(builder(&target.url(), setup), &target)?;
                let socket = builder.connect_over_async(tcp(&target)?).await;
                socket.map(Tokio).map_err(broken)
            }),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let builder = hybi_std::builder(target.url()).compression(None);
            let stream = tcp(target)?;
            builder.connect_over_async(stream).await.map_err(broken)
        })
    }
}

fn tcp(target: &Target) -> Outcome<tokio::net::TcpStream> {
    let tcp = target.tcp().map_err(broken)?;
    tcp.set_nonblocking(true).map_err(broken)?;
    tokio::net::TcpStream::from_std(tcp).map_err(broken)
}

struct Tokio<S: AsyncRead + AsyncWrite + Unpin>(WebSocket<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Asynch for Tokio<S> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        loop {
            match self.0.receive().await.map_err(broken)? {
                Event::Text(text) => look.look(text.as_bytes()),
                Event::Binary(data) => look.look(data),
                Event::Ping(_) | Event::Pong(_) => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    async fn send(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.0.send_text(text).await,
            None => self.0.send_binary(&message.data).await,
        }
        .map_err(broken)
    }

    async fn queue(&mut self, message: &Message) -> Outcome<()> {
        match &message.text {
            Some(text) => self.0.queue_text(text).await,
            None => self.0.queue_binary(&message.data).await,
        }
        .map_err(broken)
    }

    async fn flush(&mut self) -> Outcome<()> {
        self.0.flush().await.map_err(broken)
    }
}
