//! The checks of a 101 response (RFC 6455 §4.1, "the client MUST validate
//! the server's response as follows").

use core::hint::black_box;

use super::{ResponseError, key::SecWebSocketKey};
use crate::{
    extension::Negotiated,
    http::{HeadError, Headers, ResponseHead, list},
};

/// What the request asked for, to be compared with what the server says.
#[derive(Debug)]
pub(super) struct Expected<'a> {
    pub(super) accept: &'a [u8; SecWebSocketKey::ACCEPT_LEN],
    /// The subprotocols as the request lists them.
    pub(super) subprotocols: &'a [u8],
    /// The extension offers as the request lists them.
    pub(super) extensions: &'a [u8],
}

/// What the server chose of what was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Its place in the list.
    pub(super) subprotocol: Option<usize>,
    pub(super) extension: Option<Negotiated>,
}

/// Checks every rule in the order of RFC 6455. Returns what the server chose.
pub(super) fn verify(
    head: ResponseHead,
    headers: Headers<'_>,
    expected: &Expected<'_>,
) -> Result<Chosen, ResponseError> {
    if head.minor_version != 1 {
        return Err(ResponseError::Malformed(HeadError::Version));
    }
    check_upgrade(&headers)?;
    check_connection(&headers)?;
    check_accept(&headers, expected.accept)?;
    // The list's 5 and 6, which are about what the server chose.
    Ok(Chosen {
        extension: check_extensions(&headers, expected.extensions)?,
        subprotocol: check_subprotocol(&headers, expected.subprotocols)?,
    })
}

/// All values of the headers of one name.
fn values<'a>(headers: &Headers<'a>, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
    headers
        .clone()
        .filter(move |(other, _)| other.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

/// 2. `Upgrade` must be "an ASCII case-insensitive match for the value
///    "websocket"": one element, and that one.
fn check_upgrade(headers: &Headers<'_>) -> Result<(), ResponseError> {
    let mut protocols = values(headers, "Upgrade").flat_map(list::tokens);
    match (protocols.next(), protocols.next()) {
        (Some(protocol), None) if protocol.eq_ignore_ascii_case(b"websocket") => Ok(()),
        _ => Err(ResponseError::Upgrade),
    }
}

/// 3. `Connection` must contain "a token that is an ASCII case-insensitive
///    match for the value "Upgrade"", others beside it or not.
fn check_connection(headers: &Headers<'_>) -> Result<(), ResponseError> {
    let mut options = values(headers, "Connection").flat_map(list::tokens);
    if options.any(|option| option.eq_ignore_ascii_case(b"upgrade")) {
        Ok(())
    } else {
        Err(ResponseError::Connection)
    }
}

/// 4. `Sec-WebSocket-Accept` must be the answer to the key, "ignoring any
///    leading and trailing whitespace"; base64 knows upper and lower case.
fn check_accept(
    headers: &Headers<'_>,
    expected: &[u8; SecWebSocketKey::ACCEPT_LEN],
) -> Result<(), ResponseError> {
    let mut accepts = values(headers, "Sec-WebSocket-Accept");
    let accept = accepts.next().ok_or(ResponseError::MissingAccept)?;
    if accepts.next().is_some() {
        return Err(ResponseError::DuplicateAccept);
    }
    let difference = accept
        .iter()
        .zip(expected)
        .fold(0, |difference, (a, b)| black_box(difference | (a ^ b)));
    if accept.len() == expected.len() && difference == 0 {
        Ok(())
    } else {
        Err(ResponseError::WrongAccept)
    }
}

/// 5. No extension "that was not present in the client's handshake", and none
///    with parameters that its own specification forbids (§9.1).
fn check_extensions(
    headers: &Headers<'_>,
    offered: &[u8],
) -> Result<Option<Negotiated>, ResponseError> {
    let mut answers = values(headers, "Sec-WebSocket-Extensions");
    #[cfg(feature = "deflate")]
    if !offered.is_empty() {
        return match crate::extension::deflate::negotiate(answers, offered) {
            None => Ok(None),
            Some(Ok(params)) => Ok(Some(params)),
            Some(Err(Some(error))) => Err(ResponseError::Deflate(error)),
            Some(Err(None)) => Err(ResponseError::UnofferedExtension),
        };
    }
    let _ = offered;
    if answers.any(|answer| list::tokens(answer).next().is_some()) {
        return Err(ResponseError::UnofferedExtension);
    }
    Ok(None)
}

/// 6. No subprotocol "that was not present in the client's handshake". None
///    at all is the server's right (§4.2.2).
fn check_subprotocol(
    headers: &Headers<'_>,
    offered: &[u8],
) -> Result<Option<usize>, ResponseError> {
    let mut chosen = values(headers, "Sec-WebSocket-Protocol");
    let Some(subprotocol) = chosen.next() else {
        return Ok(None);
    };
    if chosen.next().is_some() {
        return Err(ResponseError::DuplicateSubprotocol);
    }
    match list::tokens(offered).position(|offer| offer == subprotocol) {
        Some(index) => Ok(Some(index)),
        None => Err(ResponseError::UnofferedSubprotocol),
    }
}
