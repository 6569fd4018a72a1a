//! Unpredictable bytes for keys and for rustls.

use rustls::crypto::{GetRandomFailed, SecureRandom};

/// `wasi:random/random`; in tests outside WASI the operating system's
/// generator.
#[derive(Debug)]
pub(super) struct HostRandom;

impl SecureRandom for HostRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        fill(bytes)
    }
}

#[cfg(all(target_os = "wasi", target_env = "p2"))]
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
    // Hosts limit the size of one request.
    for part in bytes.chunks_mut(256) {
        let fresh = wasi::random::random::get_random_bytes(part.len() as u64);
        if fresh.len() != part.len() {
            return Err(GetRandomFailed);
        }
        part.copy_from_slice(&fresh);
    }
    Ok(())
}

#[cfg(not(all(target_os = "wasi", target_env = "p2")))]
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
    getrandom::fill(bytes).map_err(|_| GetRandomFailed)
}
