//! What is sent to and fro: contents of messages, and frames as servers write
//! them.

use bytes::Bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    Binary,
    Ascii,
    Japanese,
}

impl Content {
    pub fn is_text(self) -> bool {
        self != Self::Binary
    }

    /// `size` bytes of it.
    pub fn bytes(self, size: usize) -> Vec<u8> {
        match self {
            Self::Binary => (0..size).map(|i| (i * 31 + i / 256) as u8).collect(),
            Self::Ascii => {
                let text = "The quick brown fox jumps over the lazy dog, and again. ";
                text.bytes().cycle().take(size).collect()
            }
            Self::Japanese => {
                let mut text: Vec<u8> = Vec::with_capacity(size);
                for c in "いろはにほへとちりぬるをわかよたれそつねならむ"
                    .chars()
                    .cycle()
                {
                    if text.len() + c.len_utf8() > size {
                        break;
                    }
                    text.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                text.resize(size, b'.');
                text
            }
        }
    }
}

/// A message to send.
#[derive(Debug, Clone)]
pub struct Message {
    /// The same as a string, where it is text.
    pub text: Option<String>,
    pub data: Vec<u8>,
    /// The same, for clients that take what they send as their own: they may
    /// have this, and need not copy. `None`: they get a borrowed slice.
    pub own: Option<Bytes>,
}

impl Message {
    pub fn new(content: Content, size: usize) -> Self {
        let data = content.bytes(size);
        Self {
            text: content
                .is_text()
                .then(|| String::from_utf8(data.clone()).expect("text")),
            data,
            own: None,
        }
    }

    pub fn text(text: String) -> Self {
        Self {
            data: text.clone().into_bytes(),
            text: Some(text),
            own: None,
        }
    }

    /// Given away, not lent.
    pub fn owned(mut self) -> Self {
        self.own = Some(Bytes::from(self.data.clone()));
        self
    }

    /// For clients that send `Bytes`.
    pub fn to_bytes(&self) -> Bytes {
        match &self.own {
            Some(own) => own.clone(),
            None => Bytes::copy_from_slice(&self.data),
        }
    }
}

/// The first byte of a frame.
pub const FIN: u8 = 0x80;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;

/// Appends a frame as a server sends it. `first` has FIN, the reserved bits
/// and the opcode.
pub fn frame(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    out.push(first);
    match payload.len() {
        len @ ..=125 => out.push(len as u8),
        len @ ..=0xFFFF => {
            out.push(126);
            out.extend((len as u16).to_be_bytes());
        }
        len => {
            out.push(127);
            out.extend((len as u64).to_be_bytes());
        }
    }
    out.extend(payload);
}

/// A message as a server sends it, in fragments of this size where there is
/// one.
pub fn from_server(content: Content, size: usize, fragment: Option<usize>) -> Vec<u8> {
    let payload = content.bytes(size);
    let opcode = if content.is_text() { TEXT } else { BINARY };
    let mut out = Vec::new();
    let mut parts = payload.chunks(fragment.unwrap_or(size.max(1))).peekable();
    let mut opcode = opcode;
    while let Some(part) = parts.next() {
        let fin = if parts.peek().is_none() { FIN } else { 0 };
        frame(&mut out, fin | opcode, part);
        opcode = 0;
    }
    out
}
