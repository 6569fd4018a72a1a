//! A server in memory: answers the opening handshake, then says one script again and again.

use core::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};
use std::io::{self, Read, Write};

use hybi_core::{driver::blocking::Transport, handshake::SecWebSocketKey};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// At most so many bytes a read, as from a socket.
const READ: usize = 64 << 10;

pub struct Server {
    script: Vec<u8>,
    at: usize,
    /// One round of the script a read, and only after a write.
    ping_pong: bool,
    written: bool,
    /// The request, until its end; then nothing more is kept.
    request: Vec<u8>,
    opening: bool,
    response: Vec<u8>,
    extension: &'static str,
}

impl Server {
    /// Open already: for a driver of the core.
    pub fn open(script: Vec<u8>) -> Self {
        Self {
            script,
            at: 0,
            ping_pong: false,
            written: false,
            request: Vec::new(),
            opening: false,
            response: Vec::new(),
            extension: "",
        }
    }

    /// With an opening handshake first; `extension` is a header line or nothing.
    pub fn closed(script: Vec<u8>, extension: &'static str) -> Self {
        Self {
            opening: true,
            extension,
            ..Self::open(script)
        }
    }

    pub fn ping_pong(mut self) -> Self {
        self.ping_pong = true;
        self
    }

    fn receive(&mut self, buf: &mut [u8]) -> usize {
        let (from, at) = if self.response.is_empty() {
            if self.ping_pong && !std::mem::take(&mut self.written) {
                return 0;
            }
            (&self.script, self.at)
        } else {
            (&self.response, 0)
        };
        let rest = &from[at..];
        let n = rest.len().min(buf.len()).min(READ);
        buf[..n].copy_from_slice(&rest[..n]);
        if self.response.is_empty() {
            self.at = if n == rest.len() { 0 } else { at + n };
        } else {
            self.response.drain(..n);
        }
        n
    }

    fn send(&mut self, bytes: &[u8]) -> usize {
        self.written = true;
        if self.opening {
            self.open_with(bytes);
        }
        std::hint::black_box(bytes);
        bytes.len()
    }

    #[cold]
    fn open_with(&mut self, bytes: &[u8]) {
        self.request.extend(bytes);
        if !self.request.ends_with(b"\r\n\r\n") {
            return;
        }
        let request = String::from_utf8(std::mem::take(&mut self.request)).expect("a request");
        let name = "sec-websocket-key: ";
        let at = request.to_lowercase().find(name).expect("a key") + name.len();
        let key = key(&request[at..at + 24]);
        self.response = [
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            self.extension.as_bytes(),
            b"Sec-WebSocket-Accept: ",
            &key.accept()[..],
            b"\r\n\r\n",
        ]
        .concat();
        self.opening = false;
    }
}

/// The key of 24 letters, as the 16 bytes that it came from.
fn key(text: &str) -> SecWebSocketKey {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut nonce, mut filled, mut bits, mut count) = ([0; 16], 0, 0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let digit = digits
            .iter()
            .position(|&digit| digit == letter)
            .expect("base64");
        bits = bits << 6 | digit as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            nonce[filled] = (bits >> count) as u8;
            filled += 1;
        }
    }
    SecWebSocketKey::from_nonce(nonce)
}

impl embedded_io::ErrorType for Server {
    type Error = Infallible;
}

impl embedded_io::Read for Server {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.receive(buf))
    }
}

impl embedded_io::Write for Server {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.send(bytes))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Transport for Server {}

impl Read for Server {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        Ok(self.receive(buf))
    }
}

impl Write for Server {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.send(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let n = self.receive(buf.initialize_unfilled());
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(self.send(bytes)))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
