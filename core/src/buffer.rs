//! Storage that the caller lends to the handshake and the connection.

use core::marker::PhantomData;

use crate::error::{CapacityError, Limit};

/// Bytes that belong to the caller: a slice, an array, a `heapless::Vec` or,
/// with `alloc`, a growing `Vec`.
///
/// All of [`bytes`](Self::bytes) is initialised storage; the connection keeps
/// its own account of which part is in use.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use hybi_core::buffer::Buffer;
///
/// let mut fixed = [0; 512];
/// assert_eq!(fixed.reserve(1024).unwrap_err().needed, 1024);
///
/// let mut growing = Vec::new();
/// Buffer::reserve(&mut growing, 1024)?;
/// assert!(growing.bytes().len() >= 1024);
/// # }
/// # Ok::<(), hybi_core::error::CapacityError>(())
/// ```
pub trait Buffer {
    /// The storage there is now.
    fn bytes(&self) -> &[u8];

    /// The storage there is now, to be written.
    fn bytes_mut(&mut self) -> &mut [u8];

    /// The largest size that [`reserve`](Self::reserve) can reach, in bytes.
    fn max_len(&self) -> usize;

    /// Makes the storage at least `len` bytes long and keeps its contents.
    ///
    /// # Errors
    /// [`CapacityError`] where the storage cannot grow so far; nothing has
    /// changed then.
    fn reserve(&mut self, len: usize) -> Result<(), CapacityError>;

    /// Gives storage beyond `keep` bytes back, if the kind of storage can.
    fn shrink(&mut self, keep: usize) {
        let _ = keep;
    }

    /// Whether this is storage of a kind that this crate knows.
    #[doc(hidden)]
    fn steadiness() -> Steady<Self>
    where
        Self: Sized,
    {
        Steady::unknown()
    }
}

/// Whether storage always lends the bytes that were last written to it, and
/// keeps them where it grows. Nobody else can say so of storage of their own:
/// text that was checked in it is checked again when it is handed out.
#[doc(hidden)]
#[derive(Debug)]
pub struct Steady<B>(bool, PhantomData<fn() -> B>);

impl<B> Steady<B> {
    /// Nothing is known.
    pub const fn unknown() -> Self {
        Self(false, PhantomData)
    }

    const fn known() -> Self {
        Self(true, PhantomData)
    }

    pub(crate) const fn is_known(&self) -> bool {
        self.0
    }
}

fn fits(len: usize, max: usize) -> Result<(), CapacityError> {
    if len <= max {
        Ok(())
    } else {
        Err(CapacityError {
            limit: Limit::Buffer,
            needed: len as u64,
            allowed: max as u64,
        })
    }
}

impl Buffer for &mut [u8] {
    fn steadiness() -> Steady<Self> {
        Steady::known()
    }

    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }

    fn max_len(&self) -> usize {
        self.len()
    }

    fn reserve(&mut self, len: usize) -> Result<(), CapacityError> {
        fits(len, self.len())
    }
}

impl<const N: usize> Buffer for [u8; N] {
    fn steadiness() -> Steady<Self> {
        Steady::known()
    }

    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }

    fn max_len(&self) -> usize {
        N
    }

    fn reserve(&mut self, len: usize) -> Result<(), CapacityError> {
        fits(len, N)
    }
}

impl<const N: usize> Buffer for heapless::Vec<u8, N> {
    fn steadiness() -> Steady<Self> {
        Steady::known()
    }

    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }

    fn max_len(&self) -> usize {
        N
    }

    fn reserve(&mut self, len: usize) -> Result<(), CapacityError> {
        fits(len, N)?;
        if self.len() < len {
            // The whole array is there anyway: take all of it, once.
            let _ = self.resize(N, 0);
        }
        Ok(())
    }
}

#[cfg(feature = "alloc")]
impl Buffer for alloc::vec::Vec<u8> {
    fn steadiness() -> Steady<Self> {
        Steady::known()
    }

    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }

    fn max_len(&self) -> usize {
        isize::MAX as usize
    }

    /// Grows in steps of at least half the present size, so that many small
    /// needs cost few moves. Bytes are zeroed once, when they first appear.
    fn reserve(&mut self, len: usize) -> Result<(), CapacityError> {
        if self.len() < len {
            let target = len.max(self.len().saturating_add(self.len() / 2)).max(512);
            if self.try_reserve_exact(target - self.len()).is_err() {
                // An allocator that refuses is a limit like any other.
                return fits(len, self.len());
            }
            self.resize(target, 0);
        }
        Ok(())
    }

    fn shrink(&mut self, keep: usize) {
        if self.len() > keep {
            self.truncate(keep);
            self.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_storage_refuses_to_grow_and_says_what_it_needs() {
        let mut array = [0u8; 8];
        assert_eq!(array.reserve(8), Ok(()));
        let error = array.reserve(9).unwrap_err();
        assert_eq!((error.needed, error.allowed), (9, 8));
        let mut slice = &mut array[..4];
        assert!(Buffer::reserve(&mut slice, 5).is_err());
    }

    #[test]
    fn heapless_takes_its_whole_capacity_at_once() {
        let mut vec = heapless::Vec::<u8, 16>::new();
        assert_eq!(Buffer::reserve(&mut vec, 3), Ok(()));
        assert_eq!(vec.bytes().len(), 16);
        assert!(Buffer::reserve(&mut vec, 17).is_err());
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn vec_grows_keeps_its_contents_and_shrinks() {
        let mut vec = alloc::vec![7u8; 600];
        Buffer::reserve(&mut vec, 601).unwrap();
        assert_eq!(vec.len(), 900);
        assert_eq!(vec[599], 7);
        vec.shrink(100);
        assert_eq!((vec.len(), vec.capacity()), (100, 100));
    }
}
