//! What each side must see: what the other one sent, in order, once.

use std::collections::VecDeque;

use hybi_core::{
    connection::{Closed, Event, MessageKind},
    entropy::Entropy,
};

use crate::peer::{Peer, Sent};

/// Masking keys that differ, the same in every run.
#[derive(Debug, Default)]
pub struct Count(u32);

impl Entropy for Count {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = (self.0 >> 24) as u8;
        }
    }
}

/// Payloads that are all different, from a number and a length.
pub fn text(number: usize, len: usize) -> Vec<u8> {
    let letters = ["a", "é", "€", "𝄞"];
    let mut text = format!("{number:04}");
    for letter in letters.iter().cycle() {
        if text.len() + letter.len() > len {
            break;
        }
        text.push_str(letter);
    }
    text.into_bytes()
}

pub fn bytes(number: usize, len: usize) -> Vec<u8> {
    let mut bytes = (number as u32).to_be_bytes().to_vec();
    bytes.extend((bytes.len()..len).map(|i| (i * 7 + number) as u8));
    bytes
}

/// Something that must arrive, or may where the order for it was given up.
#[derive(Debug)]
struct Due {
    what: Sent,
    certain: bool,
}

#[derive(Debug, Default)]
pub struct Model {
    /// What the peer must receive, and how much of it is compared.
    out: Vec<Due>,
    out_seen: usize,
    peer_seen: usize,
    /// What the client must be told, and how much of it was.
    into: Vec<Sent>,
    into_seen: usize,
    /// The message that comes in chunks.
    chunks: Option<Vec<u8>>,
    /// Pings with this payload are the keepalive's: their time is not known.
    pub keepalive: Option<Vec<u8>>,
    /// What the client answers to Pings, where it is not known at which moment
    /// it does.
    pub pongs: Option<VecDeque<Vec<u8>>>,
}

impl Model {
    /// The client queued `what`.
    pub fn ordered(&mut self, what: Sent) {
        self.out.push(Due {
            what,
            certain: true,
        });
    }

    /// The client may have queued `what`.
    pub fn maybe_ordered(&mut self, what: Sent) {
        self.out.push(Due {
            what,
            certain: false,
        });
    }

    /// The peer sent `what`.
    pub fn peer_sent(&mut self, what: Sent) {
        if let (Some(pongs), Sent::Ping(payload)) = (&mut self.pongs, &what) {
            pongs.push_back(payload.clone());
        }
        self.into.push(what);
    }

    /// The Close frame of the peer that the client has come to.
    pub fn peer_close(&self) -> Option<&[u8]> {
        match self.into.get(self.into_seen) {
            Some(Sent::Close(body)) => Some(body),
            _ => None,
        }
    }

    /// Everything that the peer sent before its Close frame was handed over.
    pub fn all_told(&self) -> bool {
        self.into_seen == self.into.len() || self.peer_close().is_some()
    }

    /// The peer has sent its Close frame.
    pub fn peer_has_closed(&self) -> bool {
        matches!(self.into.last(), Some(Sent::Close(_)))
    }

    /// Compares what arrived at the peer.
    pub fn check_peer(&mut self, peer: &Peer) {
        for got in &peer.received[self.peer_seen..] {
            if matches!(got, Sent::Ping(payload) if Some(payload) == self.keepalive.as_ref()) {
                continue;
            }
            if let (Some(pongs), Sent::Pong(payload)) = (&mut self.pongs, got)
                && pongs.front() == Some(payload)
            {
                pongs.pop_front();
                continue;
            }
            loop {
                let Some(due) = self.out.get(self.out_seen) else {
                    panic!("the peer got {got:?}, which nobody sent");
                };
                self.out_seen += 1;
                if due.what == *got {
                    break;
                }
                assert!(!due.certain, "the peer got {got:?} instead of {due:?}");
            }
        }
        self.peer_seen = peer.received.len();
    }

    /// All that was sent has arrived.
    pub fn check_all_arrived(&self) {
        let missing = self.out[self.out_seen..].iter().find(|due| due.certain);
        assert!(missing.is_none(), "lost: {missing:?}");
    }

    /// Compares what the client is told. `answers`: a Ping is answered.
    pub fn event(&mut self, event: &Event<'_>, answers: bool) {
        let got = match event {
            Event::Text(text) => Sent::Text(text.as_bytes().to_vec()),
            Event::Binary(data) => Sent::Binary(data.to_vec()),
            Event::Ping(payload) => Sent::Ping(payload.to_vec()),
            Event::Pong(payload) => Sent::Pong(payload.to_vec()),
            Event::Chunk(chunk) => {
                assert_eq!(chunk.first, self.chunks.is_none());
                self.chunks
                    .get_or_insert_default()
                    .extend_from_slice(chunk.data);
                if !chunk.last {
                    return;
                }
                let message = self.chunks.take().unwrap_or_default();
                match chunk.kind {
                    MessageKind::Text => Sent::Text(message),
                    MessageKind::Binary => Sent::Binary(message),
                }
            }
            event => panic!("{event:?} here"),
        };
        // A message ends after the control frames between its fragments,
        // which are in the list before it.
        let due = self.into.get(self.into_seen);
        assert_eq!(Some(&got), due, "told of what the peer did not send next");
        self.into_seen += 1;
        if let Event::Ping(payload) = event
            && answers
            && self.pongs.is_none()
        {
            self.ordered(Sent::Pong(payload.to_vec()));
        }
    }

    /// Compares how it ended. Not clean: the peer's Close frame may have come
    /// or not.
    pub fn closed(&mut self, closed: &Closed<'_>) {
        if !closed.clean && closed.code.is_none() {
            assert_eq!(closed.reason, "");
            return;
        }
        let body = self.peer_close().expect("the peer sent no Close here");
        let code = body.first_chunk().map(|code| u16::from_be_bytes(*code));
        assert_eq!(closed.code.map(|code| code.0), code);
        assert_eq!(closed.reason.as_bytes(), body.get(2..).unwrap_or_default());
    }
}
