//! Offers, one line, and the server's answer, the rest: no panic, and what is
//! accepted keeps to what was asked for.
#![no_main]

use hybi_core::{
    extension::deflate::{ClientWindow, DeflateOffer},
    handshake::Request,
};
use hybi_fuzz::{
    input::Steps,
    opening::{accept, open},
};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Some((offers, answer)) = text.split_once('\n') else {
        return;
    };
    let Ok(offers) = DeflateOffer::parse_list(offers).collect::<Result<Vec<_>, _>>() else {
        return;
    };
    for offer in &offers {
        let written = offer.to_string();
        let read = DeflateOffer::parse_list(&written).collect::<Vec<_>>();
        assert_eq!(read, [Ok(*offer)], "{written}");
    }
    let response = format!(
        "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Extensions: {answer}\r\n\r\n",
        accept()
    );
    let request = Request::to("a", "/").deflate(&offers);
    let Ok((handshake, Ok(true))) = open(&request, response.as_bytes(), Steps(0)) else {
        return;
    };
    let Some(params) = handshake.deflate() else {
        return;
    };
    assert!((8..=15).contains(&params.server_max_window_bits));
    assert!((9..=15).contains(&params.client_max_window_bits));
    // It keeps to one of the offers at least.
    assert!(offers.iter().any(|offer| {
        let server = params.server_max_window_bits <= offer.server_max_window_bits.unwrap_or(15);
        let client = match offer.client_max_window_bits {
            ClientWindow::AtMost(bits) => params.client_max_window_bits <= bits,
            ClientWindow::Any => true,
            ClientWindow::Fixed => params.client_max_window_bits == 15,
        };
        let takeover = params.server_no_context_takeover >= offer.server_no_context_takeover
            && params.client_no_context_takeover >= offer.client_no_context_takeover;
        server && client && takeover
    }));
});
