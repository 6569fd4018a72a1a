//! Registers in memory, the only unsafe code of the drivers.
//!
//! By hand, not by a crate: what a crate for registers takes away is three
//! lines of volatile access, while the one promise that needs a human, that
//! the device is at this address and nobody else drives it, stays `unsafe`.

/// The registers of one device, 32 bits each.
#[derive(Debug)]
pub struct Registers {
    base: usize,
    size: usize,
}

impl Registers {
    /// The `size` bytes of registers at `base`.
    ///
    /// # Safety
    /// They belong to a device, where reading and writing whole words has no
    /// effect on memory; and nothing else uses the device while this exists.
    pub const unsafe fn new(base: usize, size: usize) -> Self {
        Self { base, size }
    }

    fn at(&self, offset: usize) -> *mut u32 {
        assert!(offset < self.size && offset.is_multiple_of(4));
        core::ptr::with_exposed_provenance_mut(self.base + offset)
    }

    /// Reads the register at an offset.
    ///
    /// # Panics
    /// When there is none: it is past the end, or not a whole word.
    #[inline]
    pub fn read(&self, offset: usize) -> u32 {
        let register = self.at(offset);
        // SAFETY: `new` was promised that device registers are here.
        unsafe { register.read_volatile() }
    }

    /// Writes the register at an offset.
    ///
    /// # Panics
    /// See [`read`](Self::read).
    #[inline]
    pub fn write(&self, offset: usize, value: u32) {
        let register = self.at(offset);
        // SAFETY: as in `read`.
        unsafe { register.write_volatile(value) }
    }
}
