//! What the tests of both stacks share.

/// A name server's answer to `query`: `board.test` is `address`, nothing
/// else exists (RFC 1035 §4).
pub(crate) fn dns_answer(query: &[u8], address: [u8; 4]) -> Vec<u8> {
    let (header, question) = query.split_at(12);
    let found = question == b"\x05board\x04test\x00\x00\x01\x00\x01";
    let mut answer = header.split_at(2).0.to_vec();
    answer.extend_from_slice(if found {
        b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
    } else {
        b"\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00"
    });
    answer.extend_from_slice(question);
    if found {
        answer.extend_from_slice(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04");
        answer.extend_from_slice(&address);
    }
    answer
}
