//! URIs: no panic, and what is accepted can go into a request.
#![no_main]

use hybi_core::{handshake::Request, uri::Uri};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(uri) = Uri::parse(text) else {
        return;
    };
    assert!(!uri.host_text().is_empty());
    assert!(uri.port() != 0);
    let request = Request::new(&uri);
    request.check().unwrap();
    let (_, target) = (uri.host(), uri.path_and_query().to_string());
    assert!(target.starts_with('/'), "{target}");
    assert!(target.bytes().all(|byte| byte.is_ascii_graphic()));
});
