//! Unpredictable bytes for masking keys and the handshake key (RFC 6455
//! §5.3, §10.3).

/// A source of bytes that nobody outside can predict.
///
/// Masking keys must be unpredictable (RFC 6455 §10.3): a script that can
/// guess them can write chosen bytes on the wire. So implement this over an
/// operating system's generator, a hardware generator or a seeded CSPRNG,
/// never over a counter or a time.
pub trait Entropy {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

impl<E: Entropy + ?Sized> Entropy for &mut E {
    fn fill(&mut self, bytes: &mut [u8]) {
        (**self).fill(bytes);
    }
}

/// [`Entropy`] from any cryptographic generator of `rand_core`.
///
/// ```
/// use hybi_core::entropy::{Entropy, RandCore};
/// # use rand_core::{TryRng, TryCryptoRng};
/// # struct Hardware;
/// # impl TryRng for Hardware {
/// #     type Error = core::convert::Infallible;
/// #     fn try_next_u32(&mut self) -> Result<u32, Self::Error> { Ok(7) }
/// #     fn try_next_u64(&mut self) -> Result<u64, Self::Error> { Ok(7) }
/// #     fn try_fill_bytes(&mut self, b: &mut [u8]) -> Result<(), Self::Error> { b.fill(7); Ok(()) }
/// # }
/// # impl TryCryptoRng for Hardware {}
/// let mut key = [0; 4];
/// RandCore(Hardware).fill(&mut key);
/// ```
#[derive(Debug, Clone)]
pub struct RandCore<R>(pub R);

impl<R: rand_core::CryptoRng> Entropy for RandCore<R> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}
