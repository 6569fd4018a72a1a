//! A TCP connection of the operating system, blocking and async (which never
//! says "not yet"), and what else every test needs.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, SystemTime},
};

use embedded_io::{ErrorType, Read, Write};
use hybi_core::driver::blocking::Transport;
use hybi_embedded::Entropy;

#[derive(Debug)]
pub(crate) struct Tcp(pub(crate) TcpStream);

impl Tcp {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self(stream)
    }
}

impl ErrorType for Tcp {
    type Error = io::Error;
}

impl Read for Tcp {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Transport for Tcp {}

impl embedded_io_async::Read for Tcp {
    async fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl embedded_io_async::Write for Tcp {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The operating system's generator.
pub(crate) struct Urandom;

impl Entropy for Urandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(bytes))
            .unwrap();
    }
}

pub(crate) fn since_1970() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap()
}
