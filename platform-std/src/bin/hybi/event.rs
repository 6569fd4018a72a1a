//! What happens on a connection, as `--json` prints it: one object a line,
//! the keys in this order.

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use hybi_std::{Closed, ConnectError, Error, Initiator, Kind};
use serde::{Serialize, Serializer};

#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum Event<'a> {
    /// The connection is open.
    Connected {
        url: &'a str,
        status: u16,
        subprotocol: Option<&'a str>,
        extensions: Option<&'a str>,
        attempt: u32,
    },
    Text {
        data: &'a str,
    },
    Binary {
        #[serde(rename = "base64", serialize_with = "base64")]
        data: &'a [u8],
    },
    Ping {
        #[serde(rename = "base64", serialize_with = "base64")]
        data: &'a [u8],
    },
    Pong {
        #[serde(rename = "base64", serialize_with = "base64")]
        data: &'a [u8],
    },
    /// The connection was lost, or an attempt failed.
    Disconnected {
        kind: &'static str,
        attempt: u32,
        /// `None`: there will be no further attempt.
        retry_in_ms: Option<u64>,
        message: String,
    },
    /// The closing handshake is over.
    Closed {
        code: Option<u16>,
        reason: &'a str,
        initiator: &'static str,
        clean: bool,
    },
    /// The connection ended otherwise, or never was.
    Error {
        kind: &'static str,
        close_code: Option<u16>,
        status: Option<u16>,
        message: String,
    },
}

impl<'a> Event<'a> {
    pub(crate) fn closed(closed: &'a Closed) -> Self {
        Self::Closed {
            code: closed.code.map(u16::from),
            reason: &closed.reason,
            initiator: match closed.initiator {
                Initiator::Local => "local",
                Initiator::Peer => "peer",
            },
            clean: closed.clean,
        }
    }

    /// An error that is neither the connection's nor the peer's.
    pub(crate) fn error(kind: Kind, message: impl Into<String>) -> Self {
        Self::Error {
            kind: kind.as_str(),
            close_code: None,
            status: None,
            message: message.into(),
        }
    }
}

impl From<&ConnectError> for Event<'_> {
    fn from(error: &ConnectError) -> Self {
        Self::Error {
            kind: error.kind().as_str(),
            close_code: None,
            status: error.status(),
            message: error.to_string(),
        }
    }
}

impl From<&Error> for Event<'_> {
    fn from(error: &Error) -> Self {
        Self::Error {
            kind: error.kind().as_str(),
            close_code: error.close_code().map(u16::from),
            status: None,
            message: error.to_string(),
        }
    }
}

fn base64<S: Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(data, &STANDARD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_the_contract() {
        let line = |event: Event<'_>| serde_json::to_string(&event).unwrap();
        let connected = Event::Connected {
            url: "ws://a/",
            status: 101,
            subprotocol: None,
            extensions: Some("permessage-deflate"),
            attempt: 0,
        };
        assert_eq!(
            line(connected),
            r#"{"event":"connected","url":"ws://a/","status":101,"subprotocol":null,"extensions":"permessage-deflate","attempt":0}"#
        );
        assert_eq!(
            line(Event::Text {
                data: "\"ä\n\u{1}"
            }),
            r#"{"event":"text","data":"\"ä\n\u0001"}"#
        );
        assert_eq!(
            line(Event::Binary {
                data: &[0, 255, 16]
            }),
            r#"{"event":"binary","base64":"AP8Q"}"#
        );
        assert_eq!(
            line(Event::Ping { data: b"" }),
            r#"{"event":"ping","base64":""}"#
        );
        let disconnected = Event::Disconnected {
            kind: "io",
            attempt: 1,
            retry_in_ms: Some(730),
            message: "connection reset".to_owned(),
        };
        assert_eq!(
            line(disconnected),
            r#"{"event":"disconnected","kind":"io","attempt":1,"retry_in_ms":730,"message":"connection reset"}"#
        );
        assert_eq!(
            line(Event::error(Kind::TooBig, "m")),
            r#"{"event":"error","kind":"too_big","close_code":null,"status":null,"message":"m"}"#
        );
    }
}
