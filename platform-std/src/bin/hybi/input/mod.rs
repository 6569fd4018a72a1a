//! What the user asks for while the connection is open: each line of stdin
//! is a message.

#[cfg(unix)]
use std::io;

use hybi_std::{CloseCode, Message};

use crate::{outgoing::Outgoing, output::Format};

#[cfg_attr(target_os = "wasi", path = "component.rs")]
mod reader;

pub(crate) use reader::*;

/// Something to do for the session.
#[derive(Debug)]
pub(crate) enum Order {
    Text(String),
    Send(Outgoing),
    Ping(Vec<u8>),
    Close(CloseCode, String),
    /// There is no more input.
    End,
    /// There never was any.
    #[cfg(target_os = "wasi")]
    Nothing,
    /// The input cannot be used; the words say why.
    Unusable(String),
}

impl Order {
    /// About how many bytes it puts on the wire.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 8,
            Self::Send(Outgoing::Message(Message::Binary(data))) => data.len() + 8,
            _ => 8,
        }
    }
}

/// What stdin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A person at a terminal. Elsewhere the system's console edits lines.
    #[cfg(unix)]
    Editor,
    /// Lines from a pipe or a file.
    Lines,
    /// The null device: no input at all.
    Nothing,
}

impl Source {
    pub(crate) fn find(format: Format) -> Self {
        #[cfg(unix)]
        use std::io::IsTerminal;
        #[cfg(unix)]
        if format == Format::Human && io::stdin().is_terminal() && io::stdout().is_terminal() {
            return Self::Editor;
        }
        let _ = format;
        if is_null_device() {
            Self::Nothing
        } else {
            Self::Lines
        }
    }

    /// Whether a person sits there.
    pub(crate) fn is_person(self) -> bool {
        #[cfg(unix)]
        if self == Self::Editor {
            return true;
        }
        false
    }
}

#[cfg(unix)]
fn is_null_device() -> bool {
    use std::{
        fs::{self, File},
        os::{
            fd::AsFd,
            unix::fs::{FileTypeExt, MetadataExt},
        },
    };
    let stdin = || {
        let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
        File::from(descriptor).metadata()
    };
    match (stdin(), fs::metadata("/dev/null")) {
        (Ok(stdin), Ok(null)) => stdin.file_type().is_char_device() && stdin.rdev() == null.rdev(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_null_device() -> bool {
    false
}

/// A line as a message: without its end, LF or CRLF.
fn message(mut line: Vec<u8>, number: u64) -> Order {
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    match String::from_utf8(line) {
        Ok(text) => Order::Text(text),
        Err(error) => Order::Unusable(format!(
            "line {number} of stdin is not UTF-8 from byte {} on; it was not sent",
            error.utf8_error().valid_up_to() + 1
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_line_is_cut() {
        for (line, text) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a", "a"),
            ("a\r", "a\r"),
            ("a\r\r\n", "a\r"),
            ("\n", ""),
            ("\r\n", ""),
            (" ä \n", " ä "),
        ] {
            let order = message(line.as_bytes().to_vec(), 1);
            assert!(
                matches!(order, Order::Text(line) if line == text),
                "{line:?}"
            );
        }
        let order = message(b"ab\xff\n".to_vec(), 7);
        let words = "line 7 of stdin is not UTF-8 from byte 3 on; it was not sent";
        assert!(matches!(order, Order::Unusable(said) if said == words));
    }
}
