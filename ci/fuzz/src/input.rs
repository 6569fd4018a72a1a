//! The fuzzer's bytes, read as numbers and pieces.

use hybi_core::entropy::Entropy;

/// Takes small numbers from the front; what is left is data.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte, 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        byte
    }

    pub fn bit(&mut self) -> bool {
        self.byte() & 1 != 0
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: u8, high: u8) -> u8 {
        low + self.byte() % (high - low + 1)
    }

    /// The next `len` bytes, or all that are left.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }
}

/// The same "random" bytes in every run.
#[derive(Debug, Default)]
pub struct Zeros;

impl Entropy for Zeros {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// How many bytes each read brings: 1, 2, 3, … in an order that `seed`
/// decides; 0 brings everything at once.
#[derive(Debug)]
pub struct Steps(pub u8);

impl Steps {
    pub fn next(&mut self) -> usize {
        if self.0 == 0 {
            return usize::MAX;
        }
        self.0 = self.0.wrapping_mul(5).wrapping_add(1) | 1;
        usize::from(self.0 >> 2) + 1
    }
}
