//! User and password as Basic has them (RFC 7617), without an allocator.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::http::Writer;

/// The Base64 of `user:password`, three bytes at a time.
pub(super) fn write_basic(out: &mut Writer<'_>, user: &str, password: &str) {
    let mut bytes = user.bytes().chain([b':']).chain(password.bytes());
    loop {
        let mut three = [0; 3];
        let mut len = 0;
        for (to, from) in three.iter_mut().zip(&mut bytes) {
            *to = from;
            len += 1;
        }
        let mut four = [0; 4];
        let group = three.get(..len).unwrap_or(&[]);
        // Four characters hold what three bytes make.
        let written = STANDARD.encode_slice(group, &mut four).unwrap_or(0);
        out.bytes(four.get(..written).unwrap_or(&[]));
        if len < three.len() {
            return;
        }
    }
}
