//! Orders, bytes in pieces, time and faults in any order, against a peer
//! written separately: each side sees what the other one sent, in order and
//! once, and it ends once, when it must.
#![no_main]

use hybi_core::buffer::Buffer;
use hybi_fuzz::{input::Input, workload::Workload};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    if input.bit() {
        run(input, Vec::new(), Vec::new());
    } else {
        let mut rx = vec![0; 160 + 16 * usize::from(input.byte())];
        let mut tx = vec![0; 256 + 8 * usize::from(input.byte())];
        run(input, &mut rx[..], &mut tx[..]);
    }
});

fn run<B: Buffer>(mut input: Input<'_>, rx: B, tx: B) {
    let mut workload = Workload::new(&mut input, rx, tx);
    while !input.0.is_empty() {
        workload.step(&mut input);
    }
    workload.finish();
}
