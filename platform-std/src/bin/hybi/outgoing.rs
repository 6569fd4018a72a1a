//! What is to be sent: messages, and files in pieces from the disk.

use std::{
    fs::File,
    io::{self, Read},
};

use hybi_std::Message;

use crate::progress::Progress;

/// So much of a file is in memory. A file with less goes out in one frame.
const PIECE: usize = 256 << 10;

/// One thing to send.
#[derive(Debug)]
pub(crate) enum Outgoing {
    Message(Message),
    /// A binary message, read while it is sent.
    File(Upload),
}

impl Outgoing {
    /// A binary message from hexadecimal digits or `@FILE`, which is opened.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(crate) fn binary(value: &str) -> Result<Self, String> {
        match value.strip_prefix('@') {
            Some(path) => match Upload::open(path) {
                Ok(upload) => Ok(Self::File(upload)),
                Err(error) => Err(format!("{path}: {error}")),
            },
            None => Ok(Self::Message(Message::Binary(hexadecimal(value)?))),
        }
    }
}

/// A file on its way.
#[derive(Debug)]
pub(crate) struct Upload {
    path: String,
    file: File,
    piece: Vec<u8>,
    begun: bool,
    pub(crate) progress: Progress,
}

impl Upload {
    fn open(path: &str) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        // A pipe does not know how much will come out of it.
        let total = metadata.is_file().then_some(metadata.len());
        Ok(Self {
            path: path.to_owned(),
            file,
            piece: Vec::new(),
            begun: false,
            progress: Progress::new("sending", name(path), total),
        })
    }

    /// Reads the next piece.
    ///
    /// # Errors
    /// Why the rest cannot be read, in words.
    pub(crate) fn next(&mut self) -> Result<Piece<'_>, String> {
        self.piece.clear();
        let size = u64::try_from(PIECE).unwrap_or(u64::MAX);
        let read = Read::by_ref(&mut self.file)
            .take(size)
            .read_to_end(&mut self.piece);
        let whole = !self.begun;
        self.begun = true;
        match read {
            Ok(n) => Ok(match (n < PIECE, whole) {
                (true, true) => Piece::Whole(&self.piece),
                (last, _) => Piece::Part(&self.piece, last),
            }),
            Err(error) => Err(format!("{}: {error}", self.path)),
        }
    }
}

/// What comes next of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// The next bytes; true: the last ones.
    Part(&'a [u8], bool),
}

/// What a path ends with, for people.
fn name(path: &str) -> &str {
    path.rsplit(['/', std::path::MAIN_SEPARATOR])
        .next()
        .unwrap_or(path)
}

fn hexadecimal(value: &str) -> Result<Vec<u8>, String> {
    let digits: Option<Vec<u8>> = value
        .chars()
        .map(|digit| u8::try_from(digit.to_digit(16)?).ok())
        .collect();
    let (pairs, rest) = match &digits {
        Some(digits) => digits.as_chunks::<2>(),
        None => return Err("give hexadecimal digits, or @FILE".to_owned()),
    };
    if !rest.is_empty() {
        return Err("an odd number of hexadecimal digits".to_owned());
    }
    Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits() {
        assert_eq!(hexadecimal("").unwrap(), b"");
        assert_eq!(hexadecimal("00fFa0").unwrap(), [0, 255, 160]);
        for wrong in ["0", "000", "0g", "0x00", "+1", "ä0", "0 0"] {
            assert!(hexadecimal(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn files_come_in_pieces() {
        let path = std::env::temp_dir().join(format!("hybi-upload-{}", std::process::id()));
        let lengths = |size: usize| {
            std::fs::write(&path, vec![7; size]).unwrap();
            let mut upload = Upload::open(path.to_str().unwrap()).unwrap();
            let mut lengths = Vec::new();
            loop {
                match upload.next().unwrap() {
                    Piece::Whole(all) => return (vec![all.len()], true),
                    Piece::Part(piece, last) => {
                        lengths.push(piece.len());
                        if last {
                            return (lengths, false);
                        }
                    }
                }
            }
        };
        assert_eq!(lengths(0), (vec![0], true));
        assert_eq!(lengths(PIECE - 1), (vec![PIECE - 1], true));
        assert_eq!(lengths(PIECE), (vec![PIECE, 0], false));
        assert_eq!(lengths(2 * PIECE + 5), (vec![PIECE, PIECE, 5], false));
        std::fs::remove_file(&path).unwrap();
        assert!(Upload::open("/").is_err());
    }
}
