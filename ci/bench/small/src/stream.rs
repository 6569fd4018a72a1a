//! A transport in memory: a server's bytes over and over, and what is written
//! is only counted.

use core::convert::Infallible;

pub struct Stream<'a> {
    input: &'a [u8],
    at: usize,
    pub written: usize,
}

/// As much as a small machine's network stack hands out.
const LARGEST_READ: usize = 1460;

impl<'a> Stream<'a> {
    pub fn new(input: &'a [u8]) -> Self {
        Self {
            input,
            at: 0,
            written: 0,
        }
    }

    pub fn take(&mut self, buffer: &mut [u8]) -> usize {
        let left = &self.input[self.at..];
        let len = left.len().min(buffer.len()).min(LARGEST_READ);
        buffer[..len].copy_from_slice(&left[..len]);
        self.at += len;
        if self.at == self.input.len() {
            self.at = 0;
        }
        len
    }

    pub fn put(&mut self, bytes: &[u8]) -> usize {
        self.written += bytes.len();
        bytes.len()
    }
}

impl embedded_io::ErrorType for Stream<'_> {
    type Error = Infallible;
}

impl embedded_io::Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.take(buffer))
    }
}

impl embedded_io::Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.put(bytes))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl embedded_io_async::Read for Stream<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(self.take(buffer))
    }
}

impl embedded_io_async::Write for Stream<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(self.put(bytes))
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// One generator for all: a mask key costs each the same.
pub struct Xorshift(pub u32);

impl Xorshift {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}

impl hybi_core::entropy::Entropy for Xorshift {
    fn fill(&mut self, bytes: &mut [u8]) {
        Self::fill(self, bytes);
    }
}

impl rand_core::TryRng for Xorshift {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.next())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from(self.next()) << 32 | u64::from(self.next()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.fill(bytes);
        Ok(())
    }
}

impl rand_core_06::RngCore for Xorshift {
    fn next_u32(&mut self) -> u32 {
        self.next()
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(self.next()) << 32 | u64::from(self.next())
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.fill(bytes);
        Ok(())
    }
}
