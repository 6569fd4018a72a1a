//! Runs a connection over what a server sent.

use std::time::Duration;

use hybi_core::{
    buffer::Buffer,
    connection::{Connection, Event},
    error::ReceiveError,
    extension::Extension,
};

use crate::input::{Steps, Zeros};

/// All that a run shows that does not depend on its steps: events, the error,
/// and what the client sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    pub events: Vec<String>,
    pub sent: Vec<u8>,
}

/// Gives `input` to the connection in steps, then the end of the stream. No
/// message may be larger than `limit`.
/// Chunks of one message are joined, for their borders depend on the steps.
pub fn run<Rx: Buffer, Tx: Buffer, X: Extension>(
    conn: &mut Connection<Rx, Tx, Zeros, X>,
    mut input: &[u8],
    mut steps: Steps,
    limit: usize,
) -> Transcript {
    let mut out = Transcript::default();
    let mut open: Option<Vec<u8>> = None;
    loop {
        while !conn.transmit().is_empty() {
            out.sent.extend_from_slice(conn.transmit());
            conn.transmitted(conn.transmit().len());
        }
        match conn.poll_event(Duration::ZERO) {
            Ok(Some(Event::Chunk(chunk))) => {
                assert_eq!(chunk.first, open.is_none());
                let message = open.get_or_insert_default();
                message.extend_from_slice(chunk.data);
                assert!(message.len() <= limit);
                if chunk.last {
                    out.events.push(format!("{:?} {message:x?}", chunk.kind));
                    open = None;
                }
            }
            Ok(Some(event)) => {
                match event {
                    Event::Text(text) => assert!(text.len() <= limit),
                    Event::Binary(data) => assert!(data.len() <= limit),
                    _ => {}
                }
                out.events.push(format!("{event:x?}"));
                if matches!(event, Event::Closed(_)) {
                    break;
                }
            }
            Ok(None) => {
                let buffer = conn.receive_buffer();
                assert!(!buffer.is_empty(), "nothing to read into");
                let taken = steps.next().min(buffer.len()).min(input.len());
                buffer[..taken].copy_from_slice(&input[..taken]);
                input = &input[taken..];
                match taken {
                    0 => conn.receive_eof(),
                    taken => conn.received(taken),
                }
            }
            Err(error) => {
                // How far a message went over a limit depends on the steps.
                out.events.push(match &error {
                    ReceiveError::Capacity(error) => format!("{:?}", error.limit),
                    error => format!("{error:?}"),
                });
                let again = conn.poll_event(Duration::ZERO);
                assert_eq!(format!("{again:?}"), format!("{:?}", Err::<(), _>(error)));
                out.sent.extend_from_slice(conn.transmit());
                break;
            }
        }
    }
    out
}
