//! What was negotiated (RFC 7692 §5, §7.1): a server's answer, checked
//! against the offers.

use core::{error::Error as StdError, fmt};

use super::{
    NAME,
    offer::{DeflateOffer, Written},
};
use crate::http::list::{self, Element, InvalidList};

/// What was negotiated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct DeflateParams {
    /// The server compresses each message by itself.
    pub server_no_context_takeover: bool,
    /// The client compresses each message by itself.
    pub client_no_context_takeover: bool,
    /// The server's window is at most 2^this bytes, 8 to 15.
    pub server_max_window_bits: u8,
    /// The client's window is at most 2^this bytes, 9 to 15.
    pub client_max_window_bits: u8,
}

/// What is wrong with the server's answer to the offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DeflateError {
    /// The header does not follow its grammar.
    Malformed,
    /// permessage-deflate stands there more than once.
    Repeated,
    /// A parameter that RFC 7692 does not define.
    UnknownParameter,
    /// A parameter stands there more than once.
    DuplicateParameter,
    /// A parameter has a value that it may not have, lacks the one that it
    /// must have, or is out of 8 to 15.
    InvalidValue,
    /// `client_max_window_bits` although it was not offered.
    UnofferedClientWindow,
    /// `client_max_window_bits=8`: no compressor here can keep to 256 bytes.
    ClientWindowTooSmall,
    /// `server_max_window_bits` is missing, or larger than what was asked
    /// for.
    ServerWindowTooLarge,
    /// `server_no_context_takeover` was asked for and is missing.
    ServerContextTakeover,
}

impl fmt::Display for DeflateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's answer to permessage-deflate ")?;
        f.write_str(match self {
            Self::Malformed => "is malformed",
            Self::Repeated => "has the extension twice",
            Self::UnknownParameter => "has an unknown parameter",
            Self::DuplicateParameter => "has a parameter twice",
            Self::InvalidValue => "has a parameter with an invalid value",
            Self::UnofferedClientWindow => "has client_max_window_bits, which was not offered",
            Self::ClientWindowTooSmall => {
                "has client_max_window_bits=8, which is not supported: 9 is the least"
            }
            Self::ServerWindowTooLarge => "does not keep to the offered server_max_window_bits",
            Self::ServerContextTakeover => {
                "does not keep to the offered server_no_context_takeover"
            }
        })
    }
}

impl StdError for DeflateError {}

impl From<InvalidList> for DeflateError {
    fn from(_: InvalidList) -> Self {
        Self::Malformed
    }
}

/// What the server chose among `offers`, a header value as it was sent.
/// `None`: nothing. `Some(Err(None))`: another extension.
pub(crate) fn negotiate<'a>(
    answers: impl Iterator<Item = &'a [u8]>,
    offers: &[u8],
) -> Option<Result<DeflateParams, Option<DeflateError>>> {
    let mut elements = answers.flat_map(list::elements);
    let first = match elements.next()? {
        Ok(element) => element,
        Err(error) => return Some(Err(Some(error.into()))),
    };
    Some(match elements.next() {
        Some(Ok(second)) if second.name().eq_ignore_ascii_case(NAME) => {
            Err(Some(DeflateError::Repeated))
        }
        Some(Ok(_)) => Err(None),
        Some(Err(error)) => Err(Some(error.into())),
        None if !first.name().eq_ignore_ascii_case(NAME) => Err(None),
        None => answer_to(&first, offers).map_err(Some),
    })
}

fn answer_to(answer: &Element<'_>, offers: &[u8]) -> Result<DeflateParams, DeflateError> {
    let answer = Written::parse(answer)?;
    // The first offer that the answer fits; else what the first one misses.
    let mut missed = DeflateError::Malformed;
    for (index, offer) in list::elements(offers).enumerate() {
        match DeflateOffer::from_element(&offer?)?.accept(&answer) {
            Ok(params) => return Ok(params),
            Err(error) if index == 0 => missed = error,
            Err(_) => {}
        }
    }
    Err(missed)
}

#[cfg(test)]
mod tests {
    use super::{super::ClientWindow, *};
    use std::{format, string::ToString};

    fn parse(text: &str) -> Result<DeflateOffer, DeflateError> {
        DeflateOffer::parse_list(text).next().unwrap()
    }

    fn answer(offers: &str, answer: &str) -> Result<DeflateParams, DeflateError> {
        match negotiate([answer.as_bytes()].into_iter(), offers.as_bytes()) {
            Some(Ok(params)) => Ok(params),
            Some(Err(Some(error))) => Err(error),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn offers_are_written_and_read_alike() {
        for text in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; \
             server_max_window_bits=10; client_max_window_bits=9",
        ] {
            let offer = parse(text).unwrap();
            assert!(offer.is_valid());
            assert_eq!(offer.to_string(), text);
        }
        let quoted = parse("Permessage-Deflate;server_max_window_bits=\"10\"").unwrap();
        assert_eq!(quoted.server_max_window_bits, Some(10));
    }

    #[test]
    fn answers_that_are_right() {
        let params = |s_no, c_no, server, client| DeflateParams {
            server_no_context_takeover: s_no,
            client_no_context_takeover: c_no,
            server_max_window_bits: server,
            client_max_window_bits: client,
        };
        let plain = "permessage-deflate";
        let any = "permessage-deflate; client_max_window_bits";
        for (offers, text, expected) in [
            (plain, plain, params(false, false, 15, 15)),
            (any, plain, params(false, false, 15, 15)),
            (
                any,
                "permessage-deflate; client_max_window_bits=9; server_max_window_bits=8",
                params(false, false, 8, 9),
            ),
            (
                // Both may come unasked (§7.1.1.2, §7.1.2.1).
                plain,
                "permessage-deflate; client_no_context_takeover; server_max_window_bits=12; \
                 server_no_context_takeover",
                params(true, true, 12, 15),
            ),
            (
                "permessage-deflate; client_max_window_bits=10; client_no_context_takeover",
                "permessage-deflate; client_max_window_bits=12",
                params(false, true, 15, 10),
            ),
            (
                // No more than was asked for, if not by the letter.
                "permessage-deflate; server_max_window_bits=15",
                plain,
                params(false, false, 15, 15),
            ),
            (
                // The second offer.
                "permessage-deflate; server_max_window_bits=10, permessage-deflate",
                plain,
                params(false, false, 15, 15),
            ),
            (
                "permessage-deflate; server_max_window_bits=10",
                "PERMESSAGE-DEFLATE ; server_max_window_bits = \"9\" ",
                params(false, false, 9, 15),
            ),
        ] {
            assert_eq!(answer(offers, text), Ok(expected), "{offers} | {text}");
        }
        assert!(negotiate([&b""[..]].into_iter(), plain.as_bytes()).is_none());
        assert!(negotiate(core::iter::empty(), plain.as_bytes()).is_none());
    }

    #[test]
    fn answers_that_are_wrong() {
        let plain = "permessage-deflate";
        let any = "permessage-deflate; client_max_window_bits";
        for (offers, text, expected) in [
            (plain, "; x=\"", DeflateError::Malformed),
            (
                plain,
                "permessage-deflate, permessage-deflate",
                DeflateError::Repeated,
            ),
            (plain, "; foo", DeflateError::UnknownParameter),
            (
                plain,
                "; Server_No_Context_Takeover",
                DeflateError::UnknownParameter,
            ),
            (
                plain,
                "; server_no_context_takeover; server_no_context_takeover",
                DeflateError::DuplicateParameter,
            ),
            (
                any,
                "; client_max_window_bits=9; client_max_window_bits=9",
                DeflateError::DuplicateParameter,
            ),
            (
                plain,
                "; server_no_context_takeover=1",
                DeflateError::InvalidValue,
            ),
            (
                plain,
                "; client_no_context_takeover=8",
                DeflateError::InvalidValue,
            ),
            (
                plain,
                "; server_max_window_bits",
                DeflateError::InvalidValue,
            ),
            (
                plain,
                "; server_max_window_bits=7",
                DeflateError::InvalidValue,
            ),
            (
                plain,
                "; server_max_window_bits=16",
                DeflateError::InvalidValue,
            ),
            (
                plain,
                "; server_max_window_bits=010",
                DeflateError::InvalidValue,
            ),
            (
                plain,
                "; server_max_window_bits=\"\"",
                DeflateError::InvalidValue,
            ),
            (any, "; client_max_window_bits", DeflateError::InvalidValue),
            (
                any,
                "; client_max_window_bits=x",
                DeflateError::InvalidValue,
            ),
            (
                any,
                "; client_max_window_bits=8",
                DeflateError::ClientWindowTooSmall,
            ),
            (
                plain,
                "; client_max_window_bits=15",
                DeflateError::UnofferedClientWindow,
            ),
            (
                "permessage-deflate; server_max_window_bits=10",
                "",
                DeflateError::ServerWindowTooLarge,
            ),
            (
                "permessage-deflate; server_max_window_bits=10",
                "; server_max_window_bits=11",
                DeflateError::ServerWindowTooLarge,
            ),
            (
                "permessage-deflate; server_no_context_takeover",
                "",
                DeflateError::ServerContextTakeover,
            ),
        ] {
            let text = if text.starts_with(NAME) {
                text.to_string()
            } else {
                format!("permessage-deflate{text}")
            };
            assert_eq!(answer(offers, &text), Err(expected), "{offers} | {text}");
        }
        for text in ["x-webkit-deflate-frame", "permessage-deflate, x"] {
            let result = negotiate([text.as_bytes()].into_iter(), plain.as_bytes());
            assert_eq!(result, Some(Err(None)), "{text}");
        }
    }

    #[test]
    fn offers_out_of_range_are_not_valid() {
        for (server, client) in [
            (Some(7), ClientWindow::Any),
            (Some(16), ClientWindow::Any),
            (None, ClientWindow::AtMost(8)),
            (None, ClientWindow::AtMost(16)),
        ] {
            let offer = DeflateOffer {
                server_max_window_bits: server,
                client_max_window_bits: client,
                ..DeflateOffer::default()
            };
            assert!(!offer.is_valid(), "{offer}");
        }
        assert_eq!(
            parse("permessage-deflate; client_max_window_bits=8"),
            Err(DeflateError::ClientWindowTooSmall)
        );
    }
}
