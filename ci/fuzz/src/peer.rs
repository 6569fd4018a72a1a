//! The other end: a WebSocket server after the opening handshake, written on
//! its own and as simply as can be. It takes nothing that RFC 6455 forbids a
//! client.

/// What one side sent, a message whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    Text(Vec<u8>),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Vec<u8>),
}

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

#[derive(Debug, Default)]
pub struct Peer {
    /// Bytes that are not a whole frame yet.
    input: Vec<u8>,
    /// The unfinished message.
    message: Option<(u8, Vec<u8>)>,
    /// What the client sent.
    pub received: Vec<Sent>,
    /// Frames for the client.
    pub output: Vec<u8>,
}

impl Peer {
    pub fn has_close(&self) -> bool {
        self.received
            .iter()
            .any(|sent| matches!(sent, Sent::Close(_)))
    }

    /// Bytes from the client.
    pub fn take(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
        while let Some((head, payload, size)) = frame(&self.input) {
            self.input.drain(..size);
            self.frame(head, payload);
        }
    }

    fn frame(&mut self, head: u8, payload: Vec<u8>) {
        assert_eq!(head & 0x70, 0, "reserved bits");
        let (fin, opcode) = (head & 0x80 != 0, head & 0x0F);
        // §5.5.2: a Ping is answered until the peer's own Close frame.
        assert!(opcode == PONG || !self.has_close(), "a frame after Close");
        if opcode >= CLOSE {
            assert!(fin && payload.len() <= 125, "a bad control frame");
            self.received.push(match opcode {
                CLOSE => Sent::Close(payload),
                PING => Sent::Ping(payload),
                PONG => Sent::Pong(payload),
                _ => panic!("reserved opcode {opcode}"),
            });
            return;
        }
        let (kind, mut message) = match (opcode, self.message.take()) {
            (0, Some(begun)) => begun,
            (TEXT | BINARY, None) => (opcode, Vec::new()),
            (_, begun) => panic!("opcode {opcode} inside {begun:?}"),
        };
        message.extend(payload);
        if !fin {
            self.message = Some((kind, message));
        } else if kind == TEXT {
            assert!(std::str::from_utf8(&message).is_ok(), "not UTF-8");
            self.received.push(Sent::Text(message));
        } else {
            self.received.push(Sent::Binary(message));
        }
    }

    /// Sends `what`; a message in as many fragments as `cuts` has places,
    /// and one more, with `between` after each of them.
    pub fn send(&mut self, what: &Sent, cuts: &[usize], between: &[Sent]) {
        let (opcode, payload) = match what {
            Sent::Text(payload) => (TEXT, payload),
            Sent::Binary(payload) => (BINARY, payload),
            Sent::Ping(payload) => (PING, payload),
            Sent::Pong(payload) => (PONG, payload),
            Sent::Close(payload) => (CLOSE, payload),
        };
        let mut opcode = opcode;
        let mut from = 0;
        for (i, &cut) in cuts.iter().enumerate() {
            self.put(opcode, &payload[from..cut]);
            (opcode, from) = (0, cut);
            if let Some(between) = between.get(i) {
                self.send(between, &[], &[]);
            }
        }
        self.put(0x80 | opcode, &payload[from..]);
    }

    fn put(&mut self, head: u8, payload: &[u8]) {
        self.output.push(head);
        match payload.len() {
            len @ 0..126 => self.output.push(len as u8),
            len @ 126..65536 => {
                self.output.push(126);
                self.output.extend((len as u16).to_be_bytes());
            }
            len => {
                self.output.push(127);
                self.output.extend((len as u64).to_be_bytes());
            }
        }
        self.output.extend_from_slice(payload);
    }
}

/// The first frame in `bytes`, if it is all there: its first byte, its payload
/// without the mask, its size.
fn frame(bytes: &[u8]) -> Option<(u8, Vec<u8>, usize)> {
    let (&head, &length) = (bytes.first()?, bytes.get(1)?);
    assert!(length & 0x80 != 0, "not masked");
    let (len, at) = match length & 0x7F {
        126 => {
            let len = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
            assert!(len >= 126, "not the shortest length");
            (len as usize, 4)
        }
        127 => {
            let len = u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?);
            assert!(len >= 65536, "not the shortest length");
            (len as usize, 10)
        }
        len => (len as usize, 2),
    };
    let key = bytes.get(at..at + 4)?;
    let payload = bytes.get(at + 4..at + 4 + len)?;
    let payload = payload.iter().zip(key.iter().cycle());
    Some((head, payload.map(|(a, b)| a ^ b).collect(), at + 4 + len))
}
