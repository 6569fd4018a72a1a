//! The wire of `footprint` in the shapes that these libraries ask for.
//!
//! Each client does what `plain` of `footprint` does: the opening handshake
//! with its answer checked, every message back, Pings and a Close frame
//! answered. Where a library leaves one of these to its user, it is done here
//! by hand.
#![no_std]

use core::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::pin,
    task::{Context, Poll, Waker},
};

use edge_nal::{Close, Readable, TcpConnect, TcpShutdown, TcpSplit};
use footprint::Wire;

/// Takes and gives any bytes.
pub struct Stub;

/// Runs a future that is always ready at once.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}

impl embedded_io_async::ErrorType for Stub {
    type Error = Infallible;
}

impl embedded_io_async::Read for Stub {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(Wire.read(buffer))
    }
}

impl embedded_io_async::Write for Stub {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(Wire.write(bytes))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Readable for Stub {
    async fn readable(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl TcpShutdown for Stub {
    async fn close(&mut self, _: Close) -> Result<(), Infallible> {
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl TcpSplit for Stub {
    type Read<'a> = Self;
    type Write<'a> = Self;

    fn split(&mut self) -> (Self, Self) {
        (Self, Self)
    }
}

impl TcpConnect for Stub {
    type Error = Infallible;
    type Socket<'a> = Self;

    async fn connect(&self, _: SocketAddr) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

impl embedded_websocket::framer::Stream<Infallible> for Stub {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(Wire.read(buffer))
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        write_all(bytes);
        Ok(())
    }
}

/// Writes everything.
pub fn write_all(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let n = Wire.write(bytes);
        bytes = bytes.get(n..).unwrap_or_default();
    }
}

/// Fills a buffer with what shall count as random.
pub fn fill(bytes: &mut [u8]) {
    Wire.read(bytes);
}

/// Four bytes of it.
pub fn word() -> u32 {
    let mut bytes = [0; 4];
    fill(&mut bytes);
    u32::from_le_bytes(bytes)
}

impl rand_core_06::RngCore for Stub {
    fn next_u32(&mut self) -> u32 {
        word()
    }

    fn next_u64(&mut self) -> u64 {
        word().into()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core_06::Error> {
        fill(bytes);
        Ok(())
    }
}

impl rand_core::TryRng for Stub {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(word())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(word().into())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        fill(bytes);
        Ok(())
    }
}
