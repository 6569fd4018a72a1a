//! JSON laid out for people: indented and coloured, everything else as it
//! was written, the order of the keys and the digits of the numbers too.

use core::fmt::Write;
use core::iter::Peekable;
use core::str::CharIndices;

use anstyle::{AnsiColor, Style};
use serde::de::IgnoredAny;

/// What is longer stays as it is.
const LONGEST: usize = 1 << 20;

/// What is deeper, too: each line would be mostly blank.
const DEEPEST: usize = 64;

/// `text` indented, if it is a JSON object or array. Its lines after the
/// first begin with `margin`.
pub(crate) fn json(text: &str, margin: &str, colour: bool) -> Option<String> {
    if text.len() > LONGEST || !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    // Only what is JSON for sure is taken apart here.
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut layout = Layout {
        text,
        rest: text.char_indices().peekable(),
        out: String::with_capacity(text.len() * 2),
        margin,
        depth: 0,
        colour,
    };
    layout.run().then_some(layout.out)
}

struct Layout<'a> {
    text: &'a str,
    rest: Peekable<CharIndices<'a>>,
    out: String,
    margin: &'a str,
    depth: usize,
    colour: bool,
}

impl Layout<'_> {
    /// False: too deep.
    fn run(&mut self) -> bool {
        while let Some((at, character)) = self.next() {
            match character {
                '{' | '[' => {
                    self.out.push(character);
                    match self.peek() {
                        Some(end @ ('}' | ']')) => {
                            self.next();
                            self.out.push(end);
                        }
                        _ => {
                            self.depth += 1;
                            if self.depth > DEEPEST {
                                return false;
                            }
                            self.line();
                        }
                    }
                }
                '}' | ']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.line();
                    self.out.push(character);
                }
                ',' => {
                    self.out.push(',');
                    self.line();
                }
                ':' => self.out.push_str(": "),
                '"' => self.string(at),
                _ => self.word(at),
            }
        }
        true
    }

    fn string(&mut self, begin: usize) {
        let mut escaped = false;
        let end = self.rest.find(|(_, character)| match character {
            '"' if !escaped => true,
            '\\' => {
                escaped = !escaped;
                false
            }
            _ => {
                escaped = false;
                false
            }
        });
        let end = end.map_or(self.text.len(), |(at, _)| at + 1);
        let style = match self.peek() {
            Some(':') => AnsiColor::Blue.on_default().bold(),
            _ => AnsiColor::Green.on_default(),
        };
        self.styled(begin, end, style);
    }

    /// A number, or `true`, `false` or `null`.
    fn word(&mut self, begin: usize) {
        let mut end = begin + 1;
        while let Some((at, character)) = self.rest.peek() {
            if !character.is_ascii_alphanumeric() && !matches!(character, '+' | '-' | '.') {
                break;
            }
            end = at + 1;
            self.rest.next();
        }
        let number = matches!(self.text.as_bytes().get(begin), Some(b'-' | b'0'..=b'9'));
        let style = if number {
            AnsiColor::Cyan.on_default()
        } else {
            AnsiColor::Magenta.on_default()
        };
        self.styled(begin, end, style);
    }

    fn styled(&mut self, begin: usize, end: usize, style: Style) {
        if self.colour {
            let _ = write!(self.out, "{style}");
        }
        for character in self.text.get(begin..end).unwrap_or_default().chars() {
            // JSON lets some through that a terminal obeys.
            if character.is_control() {
                let _ = write!(self.out, "\\u{:04x}", u32::from(character));
            } else {
                self.out.push(character);
            }
        }
        if self.colour {
            let _ = write!(self.out, "{style:#}");
        }
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.out.push_str(self.margin);
        for _ in 0..self.depth {
            self.out.push_str("  ");
        }
    }

    /// The next character that is not blank.
    fn next(&mut self) -> Option<(usize, char)> {
        self.skip_blanks();
        self.rest.next()
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.rest.peek().map(|(_, character)| *character)
    }

    fn skip_blanks(&mut self) {
        while self
            .rest
            .next_if(|(_, character)| character.is_ascii_whitespace())
            .is_some()
        {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Option<String> {
        json(text, "", false)
    }

    #[test]
    fn objects_and_arrays_are_indented() {
        let text = r#"{"b":[1,-2.50e+3,{}],"a" : "x, {\"}\\" ,"c":[ ],"d":{"e":null}, "b":true}"#;
        let expected = r#"{
  "b": [
    1,
    -2.50e+3,
    {}
  ],
  "a": "x, {\"}\\",
  "c": [],
  "d": {
    "e": null
  },
  "b": true
}"#;
        assert_eq!(plain(text).unwrap(), expected);
        // Once more, it stays as it is.
        assert_eq!(plain(expected).unwrap(), expected);
    }

    #[test]
    fn what_is_laid_out_is_the_same_json() {
        for text in [r#"[{"a":[[],[[]]]},"\\",0]"#, "[]", " {} ", r#"["ä€🦀"]"#] {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let again = plain(text).unwrap();
            assert_eq!(
                value,
                serde_json::from_str::<serde_json::Value>(&again).unwrap()
            );
        }
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let (open, close) = ("[".repeat(200_000), "]".repeat(200_000));
        let deep = open + &close;
        for text in [
            "", "a", "1", "\"a\"", "{", "{'a':1}", "[1] 2", "[1,]", &deep,
        ] {
            assert_eq!(plain(text), None, "{text:.20}");
        }
    }

    #[test]
    fn a_peer_does_not_control_the_terminal() {
        let text = plain("[\"\u{9b}2J\u{7f}\"]").unwrap();
        assert_eq!(text, "[\n  \"\\u009b2J\\u007f\"\n]");
    }

    #[test]
    fn colours() {
        assert_eq!(
            json(r#"{"a":[1,null,"b"]}"#, "> ", true).unwrap(),
            "{\n>   \u{1b}[1m\u{1b}[34m\"a\"\u{1b}[0m: [\n>     \u{1b}[36m1\u{1b}[0m,\n>     \
             \u{1b}[35mnull\u{1b}[0m,\n>     \u{1b}[32m\"b\"\u{1b}[0m\n>   ]\n> }"
        );
    }
}
