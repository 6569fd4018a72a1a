//! What all measured clients share: a wire of which the compiler knows
//! nothing.
//!
//! Built with the profile `small` and measured by `size.py`; not meant to run.
#![no_std]

use core::{convert::Infallible, hint::black_box};

use hybi_core::{driver::blocking::Transport, entropy::Entropy};

/// Takes and gives any bytes.
#[derive(Debug)]
pub struct Wire;

impl Wire {
    /// Some bytes arrive.
    #[inline(never)]
    pub fn read(&mut self, buffer: &mut [u8]) -> usize {
        black_box(buffer).len().min(black_box(1))
    }

    /// Some bytes are taken.
    #[inline(never)]
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        black_box(bytes).len().min(black_box(1))
    }
}

impl Entropy for Wire {
    #[inline(never)]
    fn fill(&mut self, bytes: &mut [u8]) {
        black_box(bytes);
    }
}

impl embedded_io::ErrorType for Wire {
    type Error = Infallible;
}

impl embedded_io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(Self::read(self, buffer))
    }
}

impl embedded_io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(Self::write(self, bytes))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Transport for Wire {}

/// The firmware's `main`: this, for ever.
pub fn run(client: fn()) -> ! {
    loop {
        black_box(client)();
    }
}

/// An event borrows the connection, so an echo needs a copy.
pub fn keep<'a>(copy: &'a mut [u8], bytes: &[u8]) -> &'a [u8] {
    let Some(copy) = copy.get_mut(..bytes.len()) else {
        return &[];
    };
    copy.copy_from_slice(bytes);
    copy
}

/// A panic stops the core; its words are not kept.
#[macro_export]
macro_rules! stop_at_panic {
    () => {
        #[panic_handler]
        fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
            loop {}
        }
    };
}
