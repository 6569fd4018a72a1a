//! What happens, one JSON object a line.

use core::fmt::{self, Display, Write};

use base64::{display::Base64Display, engine::general_purpose::STANDARD};
use board::print;

/// A line under way. It is printed piece by piece: no message is too long.
pub(crate) struct Line(());

impl Line {
    pub(crate) fn new(event: &str) -> Self {
        print!("{{\"event\":\"{event}\"");
        Self(())
    }

    pub(crate) fn text(self, key: &str, value: impl Display) -> Self {
        print!(",\"{key}\":\"");
        let _ = write!(Escape, "{value}");
        print!("\"");
        self
    }

    pub(crate) fn optional_text(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.raw(key, "null"),
        }
    }

    pub(crate) fn number(self, key: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.raw(key, value),
            None => self.raw(key, "null"),
        }
    }

    pub(crate) fn flag(self, key: &str, value: bool) -> Self {
        self.raw(key, value)
    }

    pub(crate) fn base64(self, value: &[u8]) -> Self {
        self.text("base64", Base64Display::new(value, &STANDARD))
    }

    fn raw(self, key: &str, value: impl Display) -> Self {
        print!(",\"{key}\":{value}");
        self
    }

    pub(crate) fn print(self) {
        print!("}}\n");
    }
}

/// Prints what stands between the quotes of a JSON string (RFC 8259 §7).
struct Escape;

impl Write for Escape {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        let special = |c: char| c == '"' || c == '\\' || c < ' ';
        while let Some(at) = text.find(special) {
            let (before, rest) = text.split_at(at);
            print!("{before}");
            let mut rest = rest.chars();
            match rest.next() {
                Some('\n') => print!("\\n"),
                Some('\r') => print!("\\r"),
                Some('\t') => print!("\\t"),
                Some(c @ ('"' | '\\')) => print!("\\{c}"),
                Some(c) => print!("\\u{:04x}", u32::from(c)),
                None => {}
            }
            text = rest.as_str();
        }
        print!("{text}");
        Ok(())
    }
}
