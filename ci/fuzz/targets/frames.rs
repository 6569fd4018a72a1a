//! Frames from a server, without an extension: no panic, and the same events
//! and the same answers in whatever pieces they arrive.
#![no_main]

use hybi_core::connection::{Config, Connection, Delivery};
use hybi_fuzz::{
    input::{Input, Steps, Zeros},
    run::run,
};

/// The largest message; in chunks it may be larger than the buffer.
const LIMIT: usize = 4096;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut config = Config::default();
    config.close_timeout = None;
    config.max_message_size = LIMIT as u64;
    config.max_frame_size = 1 << 11;
    if input.bit() {
        config.delivery = Delivery::Chunks;
    }
    let steps = input.byte();
    let size = 128 + 16 * usize::from(input.byte());
    let run = |steps| {
        let (mut rx, mut tx) = (vec![0; size], vec![0; 256]);
        // Slices: buffers that do not grow.
        let mut conn = Connection::new(&mut rx[..], &mut tx[..], Zeros, config.clone()).unwrap();
        run(&mut conn, input.0, Steps(steps), LIMIT)
    };
    let whole = run(0);
    assert_eq!(run(steps | 1), whole);
});
