//! Compressed messages from a server: no panic, never more output than the
//! limit, and the same events in whatever pieces they arrive.
#![no_main]

use hybi_core::{
    connection::{Config, Connection, Delivery},
    extension::{
        NoCompressor,
        deflate::{DeflateParams, Inflate, PerMessageDeflate},
    },
};
use hybi_fuzz::{
    input::{Input, Steps, Zeros},
    run::{Transcript, run},
};

/// What one message may inflate to.
const LIMIT: usize = 5000;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let params = DeflateParams {
        server_no_context_takeover: input.bit(),
        client_no_context_takeover: false,
        server_max_window_bits: input.between(8, 15),
        client_max_window_bits: 15,
    };
    let mut config = Config::default();
    config.close_timeout = None;
    config.max_message_size = LIMIT as u64;
    config.delivery = if input.bit() {
        Delivery::Whole
    } else {
        Delivery::Chunks
    };
    let steps = input.byte() | 1;
    let stream = if input.bit() {
        input.0.to_vec()
    } else {
        frames(input)
    };
    let run = |steps| -> Transcript {
        let mut window = vec![0; 1 << params.server_max_window_bits];
        let mut message = vec![0; LIMIT];
        let inflate = Inflate::new(params.server_max_window_bits, &mut window[..]).unwrap();
        let extension = PerMessageDeflate::new(params, inflate, &mut message[..], NoCompressor);
        let (rx, tx) = ([0; 300], [0; 256]);
        let mut conn =
            Connection::with_extension(rx, tx, Zeros, config.clone(), extension).unwrap();
        run(&mut conn, &stream, Steps(steps), LIMIT)
    };
    assert_eq!(refusals_alike(run(steps)), refusals_alike(run(0)));
});

/// Of several things wrong with one message, the steps decide which is found
/// first.
fn refusals_alike(mut transcript: Transcript) -> Transcript {
    let Some(last) = transcript.events.last_mut() else {
        return transcript;
    };
    if ["InvalidUtf8", "InvalidCompressedData"]
        .iter()
        .any(|error| last.contains(error))
        || last == "Message"
    {
        "refused".clone_into(last);
        // The Close frame, its code of 1007 or 1009.
        let frame = transcript.sent.len() - 8;
        assert_eq!(transcript.sent[frame..frame + 2], [0x88, 0x82]);
        transcript.sent.truncate(frame);
    }
    transcript
}

/// The data as payloads of compressed messages, so that the fuzzer need not
/// find frames: each piece is a length, whether the frame ends its message,
/// and the payload.
fn frames(mut input: Input<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut first = true;
    while !input.0.is_empty() {
        let head = input.byte();
        let (fin, len) = (head & 0x80, head & 0x7F);
        let payload = input.take(usize::from(len.min(125)));
        out.push(fin | if first { 0x42 } else { 0 });
        // `take` gives at most 125: one byte.
        out.push(payload.len() as u8);
        out.extend_from_slice(payload);
        first = fin != 0;
    }
    out
}
