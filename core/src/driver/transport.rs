//! What the blocking driver runs over.

use core::time::Duration;

use embedded_io::{Read, Write};

/// A byte stream that may know the time and bound its waits.
///
/// The provided methods suit a stream without a clock:
/// `impl Transport for MyStream {}` gives a client whose deadlines are off.
pub trait Transport: Read + Write {
    /// Time since any fixed origin. Always zero where there is no clock.
    fn now(&mut self) -> Duration {
        Duration::ZERO
    }

    /// Reads like [`Read::read`], but waits at most until `deadline`, a time
    /// on the scale of [`now`](Self::now). `Ok(None)`: the deadline passed or
    /// something woke the wait; nothing was read. `Ok(Some(0))`: the peer
    /// ended the stream. `buf` is never empty.
    ///
    /// # Errors
    /// Those of the stream.
    fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Self::Error> {
        let _ = deadline;
        self.read(buf).map(Some)
    }

    /// Writes like [`Write::write`], but waits at most until `deadline`.
    /// `Ok(None)`: the deadline passed first or something woke the wait;
    /// nothing was written.
    ///
    /// # Errors
    /// Those of the stream.
    fn write_until(
        &mut self,
        bytes: &[u8],
        deadline: Option<Duration>,
    ) -> Result<Option<usize>, Self::Error> {
        let _ = deadline;
        self.write(bytes).map(Some)
    }

    /// Flushes like [`Write::flush`], but waits at most until `deadline`.
    /// `Ok(None)`: the deadline passed first or something woke the wait.
    ///
    /// # Errors
    /// Those of the stream.
    fn flush_until(&mut self, deadline: Option<Duration>) -> Result<Option<()>, Self::Error> {
        let _ = deadline;
        self.flush().map(Some)
    }
}
