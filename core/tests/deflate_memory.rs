//! The memory that permessage-deflate takes, as its documentation says.
#![allow(clippy::unwrap_used, reason = "a test says so by panicking")]

use hybi_core::extension::deflate::{Deflate, Inflate};

/// Decoder and window together, in bytes, on a 64-bit machine.
#[test]
#[cfg(target_pointer_width = "64")]
fn receiving() {
    let sizes = [
        size_of::<Inflate<[u8; 1 << 8]>>(),
        size_of::<Inflate<[u8; 1 << 9]>>(),
        size_of::<Inflate<[u8; 1 << 10]>>(),
        size_of::<Inflate<[u8; 1 << 11]>>(),
        size_of::<Inflate<[u8; 1 << 12]>>(),
        size_of::<Inflate<[u8; 1 << 13]>>(),
        size_of::<Inflate<[u8; 1 << 14]>>(),
        size_of::<Inflate<[u8; 1 << 15]>>(),
    ];
    let decoder = sizes[0] - 256;
    for (bits, size) in (8..).zip(sizes) {
        assert_eq!(size, decoder + (1 << bits), "{bits} bits");
    }
    assert_eq!(decoder, 10_528);
}

#[test]
fn sending() {
    for bits in [9, 15] {
        let counted = allocation_counter::measure(|| drop(Deflate::new(bits, 6)));
        assert_eq!(counted.bytes_max.div_ceil(1024), 312);
    }
}
