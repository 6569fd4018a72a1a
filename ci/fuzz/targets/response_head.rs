//! A server's answer to the opening handshake: no panic, and the same verdict
//! in whatever pieces it arrives. `@` stands for the right accept key.
#![no_main]

use hybi_core::handshake::Request;
use hybi_fuzz::{
    input::{Input, Steps},
    opening::{accept, open},
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let steps = input.byte() | 1;
    let accept = accept();
    let mut response = Vec::new();
    for &byte in input.0 {
        match byte {
            b'@' => response.extend_from_slice(accept.as_bytes()),
            byte => response.push(byte),
        }
    }
    let request = Request::to("example.com", "/").subprotocols(&["chat", "superchat"]);
    let show = |steps| {
        let (handshake, verdict) = open(&request, &response, Steps(steps)).unwrap();
        let answer = handshake.response().map(|response| {
            let headers: Vec<_> = response
                .headers()
                .map(|header| format!("{header:?}"))
                .collect();
            (
                response.status(),
                response.subprotocol().map(str::to_owned),
                headers,
            )
        });
        (verdict, answer, handshake.subprotocol_index())
    };
    assert_eq!(show(steps), show(0));
});
