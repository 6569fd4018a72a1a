//! Unpredictable bytes from `wasi:random/random`.

use core::fmt;

use hybi_core::entropy::Entropy;
use wasi::random::random::get_random_bytes;

/// The host's cryptographic generator.
///
/// Asks the host for [`BATCH`](Self::BATCH) bytes at a time: a masking key
/// takes four, and a call to the host costs far more than the bytes. Larger
/// requests are served batch by batch, because hosts limit the size of one.
/// Bytes handed out are wiped here.
pub struct WasiEntropy {
    //  [ handed out, zero | left ]
    batch: [u8; Self::BATCH],
    used: usize,
}

impl WasiEntropy {
    /// Bytes fetched in one call to the host.
    pub const BATCH: usize = 256;

    /// A source that has fetched nothing yet.
    pub const fn new() -> Self {
        Self {
            batch: [0; Self::BATCH],
            used: Self::BATCH,
        }
    }

    fn next(&mut self) -> u8 {
        if self.used >= Self::BATCH {
            // wasi:random returns exactly as many bytes as asked for.
            let fresh = get_random_bytes(Self::BATCH as u64);
            self.batch.copy_from_slice(&fresh);
            self.used = 0;
        }
        let byte = self.batch.get_mut(self.used).map(core::mem::take);
        self.used += 1;
        byte.unwrap_or_default()
    }
}

impl Entropy for WasiEntropy {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.next());
    }
}

impl Default for WasiEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for WasiEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasiEntropy").finish_non_exhaustive()
    }
}
