//! From the bytes of a terminal to keys. What is incomplete waits for more.

/// What a person pressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Char(char),
    /// Pasted, perhaps with line ends in it.
    Paste(String),
    Enter,
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    KillToEnd,
    KillToStart,
    KillWord,
    /// Search the history, or search on.
    Search,
    /// Leave the search.
    Cancel,
    ClearScreen,
    Interrupt,
    /// Delete, or on an empty line the end of the input.
    EndOfInput,
    Suspend,
}

#[derive(Debug, Default)]
pub(super) struct Decoder {
    pending: Vec<u8>,
}

enum Parsed {
    /// So many bytes are this key, or nothing of interest.
    Key(usize, Option<Key>),
    Incomplete,
}

const PASTE_START: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// No escape sequence of interest is longer.
const LONGEST_SEQUENCE: usize = 32;

impl Decoder {
    /// The keys that `bytes` complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.pending.extend_from_slice(bytes);
        let mut keys = Vec::new();
        let mut done = 0;
        while let Some(rest @ [_, ..]) = self.pending.get(done..) {
            let Parsed::Key(len, key) = parse(rest) else {
                break;
            };
            done += len;
            keys.extend(key);
        }
        self.pending.drain(..done.min(self.pending.len()));
        keys
    }
}

fn parse(bytes: &[u8]) -> Parsed {
    if let Some(pasted) = bytes.strip_prefix(PASTE_START) {
        let end = pasted
            .windows(PASTE_END.len())
            .position(|at| at == PASTE_END);
        let text = end.and_then(|end| pasted.get(..end));
        return match text {
            None => Parsed::Incomplete,
            Some(text) => {
                let len = PASTE_START.len() + text.len() + PASTE_END.len();
                let text = String::from_utf8_lossy(text);
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                Parsed::Key(len, Some(Key::Paste(text)))
            }
        };
    }
    match bytes {
        [0x1b, b'[', rest @ ..] => sequence(rest),
        [0x1b, b'O', last, ..] => Parsed::Key(3, cursor_key(*last, false)),
        [0x1b] | [0x1b, b'O'] => Parsed::Incomplete,
        [0x1b, b'b', ..] => Parsed::Key(2, Some(Key::WordLeft)),
        [0x1b, b'f', ..] => Parsed::Key(2, Some(Key::WordRight)),
        [0x1b, 0x7f, ..] => Parsed::Key(2, Some(Key::KillWord)),
        [0x1b, 0x1b, ..] => Parsed::Key(1, None),
        [0x1b, ..] => Parsed::Key(2, None),
        [control @ (0..=0x1f | 0x7f), ..] => Parsed::Key(1, control_key(*control)),
        [first, ..] => character(*first, bytes),
        [] => Parsed::Incomplete,
    }
}

/// After `ESC [`: parameters, then a letter or a tilde.
fn sequence(rest: &[u8]) -> Parsed {
    let end = rest.iter().position(|byte| matches!(byte, 0x40..=0x7e));
    let Some((parameters, [last, ..])) = end.and_then(|end| rest.split_at_checked(end)) else {
        return if rest.len() > LONGEST_SEQUENCE {
            Parsed::Key(rest.len() + 2, None)
        } else {
            Parsed::Incomplete
        };
    };
    let with_modifier = parameters.contains(&b';');
    let key = match (parameters, last) {
        (b"1" | b"7", b'~') => Some(Key::Home),
        (b"4" | b"8", b'~') => Some(Key::End),
        (b"3", b'~') => Some(Key::Delete),
        (_, last) => cursor_key(*last, with_modifier),
    };
    Parsed::Key(2 + parameters.len() + 1, key)
}

const fn cursor_key(last: u8, with_modifier: bool) -> Option<Key> {
    Some(match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' if with_modifier => Key::WordRight,
        b'C' => Key::Right,
        b'D' if with_modifier => Key::WordLeft,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        _ => return None,
    })
}

/// By the customs of Emacs, as in shells.
const fn control_key(control: u8) -> Option<Key> {
    Some(match control {
        b'\r' | b'\n' => Key::Enter,
        0x01 => Key::Home,
        0x02 => Key::Left,
        0x03 => Key::Interrupt,
        0x04 => Key::EndOfInput,
        0x05 => Key::End,
        0x06 => Key::Right,
        0x07 => Key::Cancel,
        0x08 | 0x7f => Key::Backspace,
        b'\t' => Key::Char('\t'),
        0x0b => Key::KillToEnd,
        0x0c => Key::ClearScreen,
        0x0e => Key::Down,
        0x10 => Key::Up,
        0x12 => Key::Search,
        0x15 => Key::KillToStart,
        0x17 => Key::KillWord,
        0x1a => Key::Suspend,
        _ => return None,
    })
}

fn character(first: u8, bytes: &[u8]) -> Parsed {
    let len = match first {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    let Some(encoded) = bytes.get(..len) else {
        return Parsed::Incomplete;
    };
    match str::from_utf8(encoded) {
        Ok(text) => Parsed::Key(len, text.chars().next().map(Key::Char)),
        Err(_) => Parsed::Key(1, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// At every split of the input.
    fn keys(bytes: &[u8]) -> Vec<Key> {
        let whole = Decoder::default().feed(bytes);
        for at in 0..=bytes.len() {
            let mut decoder = Decoder::default();
            let mut keys = decoder.feed(&bytes[..at]);
            keys.extend(decoder.feed(&bytes[at..]));
            assert_eq!(keys, whole, "split at {at}");
        }
        whole
    }

    #[test]
    fn text() {
        let expected: Vec<_> = "aä€🦀".chars().map(Key::Char).collect();
        assert_eq!(keys("aä€🦀".as_bytes()), expected);
        assert_eq!(keys(b"\xffa"), [Key::Char('a')]);
        assert_eq!(keys(b"hi\r"), [Key::Char('h'), Key::Char('i'), Key::Enter]);
    }

    #[test]
    fn sequences() {
        assert_eq!(
            keys(b"\x1b[A\x1bOB\x1b[1;5C\x1b[D\x1b[3~\x1b[7~\x1bb\x1b\x7f\x1b[99X\x03"),
            [
                Key::Up,
                Key::Down,
                Key::WordRight,
                Key::Left,
                Key::Delete,
                Key::Home,
                Key::WordLeft,
                Key::KillWord,
                Key::Interrupt,
            ]
        );
    }

    #[test]
    fn a_paste_is_one_key() {
        assert_eq!(
            keys(b"x\x1b[200~a\rb\r\n\x1b[Ac\x1b[201~y"),
            [
                Key::Char('x'),
                Key::Paste("a\nb\n\u{1b}[Ac".to_owned()),
                Key::Char('y'),
            ]
        );
    }
}
