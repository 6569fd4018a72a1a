//! websocketz.

use embedded_io::ErrorType;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use websocketz::{Message as Ws, WebSocket, http::Header, next, options::ConnectOptions};

use super::{drive, shake, tungstenite::NO_DEFLATE};
use crate::{
    message::Message,
    net::Target,
    peer::{Asynch, Client, Look, NO_QUEUE, Outcome, Peer, Setup, Wire, broken, unexpected},
};

pub struct Websocketz;

impl Peer for Websocketz {
    fn name(&self) -> &'static str {
        "websocketz"
    }

    fn about(&self) -> &'static str {
        "0.2.0; WebSocket::client with buffers of 16 KiB or a message each, next!, send; masks \
         by rand's StdRng"
    }

    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>> {
        if setup.deflate.is_some() {
            return Err(NO_DEFLATE);
        }
        match wire {
            Wire::Memory(stream) => drive(async || Ok(Tokio::new(stream.opened(), setup))),
            Wire::Net(target) => drive(async || {
                let stream = target.open_async().await.map_err(broken)?;
                Ok(Tokio::new(stream, setup))
            }),
        }
    }

    fn connect(&self, target: &Target) -> Outcome<()> {
        shake(async || {
            let stream = Io(target.dial_async().await.map_err(broken)?);
            let (mut read, mut write, mut fragments) = ([0; 4096], [0; 4096], [0; 16]);
            let headers = [Header {
                name: "Host",
                value: b"localhost",
            }];
            let options = ConnectOptions::default()
                .with_path_unchecked(&target.path)
                .with_headers(&headers);
            let socket = WebSocket::connect::<16>(
                options,
                stream,
                rand::make_rng::<rand::rngs::StdRng>(),
                &mut read,
                &mut write,
                &mut fragments,
            );
            socket.await.map(drop).map_err(broken)
        })
    }
}

struct Io<S>(S);

impl<S> ErrorType for Io<S> {
    type Error = std::io::Error;
}

impl<S: AsyncRead + Unpin> embedded_io_async::Read for Io<S> {
    async fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer).await
    }
}

impl<S: AsyncWrite + Unpin> embedded_io_async::Write for Io<S> {
    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes).await
    }

    async fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush().await
    }
}

/// The buffers are borrowed, and live as long as the program: each connection
/// leaks its own.
struct Tokio<S>(WebSocket<'static, Io<S>, rand::rngs::StdRng>);

impl<S> Tokio<S> {
    fn new(stream: S, setup: Setup) -> Self {
        let buffer = || vec![0; (setup.largest + 64).max(16 << 10)].leak();
        Self(WebSocket::client(
            Io(stream),
            rand::make_rng(),
            buffer(),
            buffer(),
            buffer(),
        ))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Asynch for Tokio<S> {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()> {
        let socket = &mut self.0;
        loop {
            match next!(socket) {
                Some(Ok(Ws::Text(text))) => look.look(text.as_bytes()),
                Some(Ok(Ws::Binary(data))) => look.look(data),
                Some(Ok(Ws::Ping(_) | Ws::Pong(_))) => continue,
                other => return Err(unexpected(other)),
            }
            return Ok(());
        }
    }

    async fn send(&mut self, message: &Message) -> Outcome<()> {
        let message = match &message.text {
            Some(text) => Ws::Text(text),
            None => Ws::Binary(&message.data),
        };
        self.0.send(message).await.map_err(broken)
    }

    async fn queue(&mut self, _: &Message) -> Outcome<()> {
        Err(NO_QUEUE)
    }

    async fn flush(&mut self) -> Outcome<()> {
        Ok(())
    }
}
