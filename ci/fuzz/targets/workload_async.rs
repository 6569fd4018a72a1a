//! The async driver, its futures dropped at any await, against a peer written
//! separately: each side sees what the other one sent, in order and once.
#![no_main]

use hybi_fuzz::{dropped::Dropped, input::Input};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut dropped = Dropped::new(&mut input);
    while !input.0.is_empty() {
        dropped.step(&mut input);
    }
    dropped.finish();
});
