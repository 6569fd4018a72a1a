//! Unpredictable bytes, from a generator that the operating system seeds.

use core::fmt;
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use chacha20::{
    ChaCha12Rng,
    rand_core::{Rng, SeedableRng},
};
use hybi_core::entropy::Entropy;

use crate::builder::Builder;

/// ChaCha with 12 rounds, seeded with 256 bits of the operating system.
///
/// Only making one can fail; afterwards it never asks the system again, so a
/// masking key costs a copy of four bytes and no system call.
pub struct OsEntropy {
    generator: ChaCha12Rng,
    ready: [u8; BATCH],
    used: usize,
    instead: Option<TestEntropy>,
}

const BATCH: usize = 512;

impl OsEntropy {
    /// Takes a seed from the operating system.
    ///
    /// # Errors
    /// Where the system has none to give (early at boot, in some sandboxes).
    pub fn new() -> io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| {
            io::Error::other(format!(
                "the operating system gives no random bytes: {error}"
            ))
        })?;
        Ok(Self {
            generator: ChaCha12Rng::from_seed(seed),
            ready: [0; BATCH],
            used: BATCH,
            instead: None,
        })
    }

    /// Gives the bytes of a test, or takes a seed.
    pub(crate) fn of(test: Option<&TestEntropy>) -> io::Result<Self> {
        let Some(test) = test else {
            return Self::new();
        };
        Ok(Self {
            generator: ChaCha12Rng::from_seed([0; 32]),
            ready: [0; BATCH],
            used: BATCH,
            instead: Some(test.clone()),
        })
    }
}

/// The bytes that a test wants, one source for all connections of a builder.
#[derive(Clone)]
pub(crate) struct TestEntropy(Arc<Mutex<dyn Entropy + Send>>);

impl fmt::Debug for TestEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestEntropy")
    }
}

impl Builder {
    /// **For tests**: takes the "random" bytes from `entropy`, so that every
    /// run sends the same. It is asked for the 16 bytes of the key of the
    /// opening handshake, then for the 4 bytes of each masking key. Without
    /// unpredictable keys a script can make the client send what a proxy
    /// takes for something else (RFC 6455 §10.3).
    pub fn entropy_for_tests(mut self, entropy: impl Entropy + Send + 'static) -> Self {
        self.entropy = Some(TestEntropy(Arc::new(Mutex::new(entropy))));
        self
    }
}

impl Entropy for OsEntropy {
    #[inline]
    fn fill(&mut self, bytes: &mut [u8]) {
        let end = self.used + bytes.len();
        match self.ready.get_mut(self.used..end) {
            Some(ready) => {
                bytes.copy_from_slice(ready);
                // A key that was handed out is not kept.
                ready.fill(0);
                self.used = end;
            }
            None => self.fill_afresh(bytes),
        }
    }
}

impl OsEntropy {
    #[cold]
    fn fill_afresh(&mut self, bytes: &mut [u8]) {
        if let Some(TestEntropy(test)) = &self.instead {
            // Nothing is ever ready then.
            let mut test = test.lock().unwrap_or_else(PoisonError::into_inner);
            test.fill(bytes);
        } else if bytes.len() > BATCH / 4 {
            self.generator.fill_bytes(bytes);
        } else {
            self.generator.fill_bytes(&mut self.ready);
            self.used = 0;
            self.fill(bytes);
        }
    }
}

impl fmt::Debug for OsEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never the state.
        f.debug_struct("OsEntropy").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_differ_over_many_batches() {
        let mut entropy = OsEntropy::new().unwrap();
        let mut seen = HashSet::new();
        for _ in 0..4096 {
            let mut key = [0; 16];
            entropy.fill(&mut key);
            assert!(seen.insert(key));
        }
    }

    #[test]
    fn every_length_is_filled() {
        let mut entropy = OsEntropy::new().unwrap();
        for len in (0..64).chain([127, 128, 129, 511, 512, 513, 5000]) {
            let mut bytes = vec![0; len];
            entropy.fill(&mut bytes);
            // 32 zero bytes in a row do not happen by chance.
            assert!(!bytes.windows(32).any(|window| window == [0; 32]), "{len}");
        }
        assert_eq!(format!("{entropy:?}"), "OsEntropy { .. }");
    }
}
