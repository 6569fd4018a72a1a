//! Random bytes. **For tests only**: this board, being QEMU's, has no
//! hardware generator, so the seed comes from the host that runs it.

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng as _;

/// A CSPRNG whose seed the host knows. Firmware for a real board uses the
/// board's hardware generator, or a CSPRNG seeded from it: RFC 6455 §10.3
/// asks for masking keys that nobody can predict.
pub type HostSeeded = ChaCha20Rng;

/// A CSPRNG with a seed from the host's /dev/urandom, by semihosting. **For
/// tests only.**
///
/// # Panics
/// When the host has none.
pub fn seeded_by_the_host_for_tests() -> HostSeeded {
    let mut seed = [0; 32];
    if let Err(error) = semihosting::experimental::random::fill_bytes(&mut seed) {
        panic!("no seed from the host: {error}");
    }
    ChaCha20Rng::from_seed(seed)
}
