//! Header values that are lists (RFC 9110 §5.6): elements between commas,
//! parameters after semicolons, quoted strings in which commas and
//! semicolons mean nothing.
//!
//! ```
//! use hybi_core::http::list;
//!
//! let value = br#"permessage-deflate; note="a, b"; server_max_window_bits=10, x"#;
//! let mut elements = list::elements(value);
//! let first = elements.next().unwrap()?;
//! assert_eq!(first.name(), "permessage-deflate");
//! let mut parameters = first.parameters();
//! assert_eq!(parameters.next().unwrap().value(), Some(list::Value::Quoted("a, b")));
//! assert_eq!(parameters.next().unwrap().name(), "server_max_window_bits");
//! assert_eq!(elements.next().unwrap()?.name(), "x");
//! # Ok::<(), list::InvalidList>(())
//! ```

use core::{error::Error as StdError, fmt};

use super::{is_token, split_once, trim};

/// The elements of a list of tokens without parameters or quoted strings,
/// such as `Connection` and `Upgrade` have: what stands between commas,
/// trimmed, empty ones left out (RFC 9110 §5.6.1.2).
pub fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|byte| *byte == b',')
        .map(trim)
        .filter(|element| !element.is_empty())
}

/// The elements of a list whose elements may have parameters, such as
/// `Sec-WebSocket-Extensions` (RFC 6455 §9.1). Empty elements are left out.
/// Ends after the first error.
pub fn elements(value: &[u8]) -> Elements<'_> {
    Elements { rest: Some(value) }
}

/// The pieces of `value` between the separators that stand outside quoted
/// strings, trimmed, empty ones left out: for lists of another grammar, such
/// as the challenges of `WWW-Authenticate`. Ends after the first error.
pub fn split(value: &[u8], separator: u8) -> Split<'_> {
    Split {
        rest: Some(value),
        separator,
    }
}

/// A list that does not follow the grammar: a quoted string without an end,
/// or something that is not a token where one has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidList;

impl fmt::Display for InvalidList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the header's list is malformed")
    }
}

impl StdError for InvalidList {}

/// See [`split`].
#[derive(Debug, Clone)]
pub struct Split<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Iterator for Split<'a> {
    type Item = Result<&'a [u8], InvalidList>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.rest {
            let Ok(end) = unquoted(rest, self.separator) else {
                self.rest = None;
                return Some(Err(InvalidList));
            };
            let (piece, after) = rest.split_at_checked(end)?;
            self.rest = after.get(1..);
            let piece = trim(piece);
            if !piece.is_empty() {
                return Some(Ok(piece));
            }
        }
        None
    }
}

/// See [`elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, InvalidList>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut pieces = split(self.rest?, b',');
        let element = pieces.next().map(|piece| piece.and_then(Element::parse));
        self.rest = match element {
            Some(Ok(_)) => pieces.rest,
            _ => None,
        };
        element
    }
}

/// An element of a list: a token with parameters, all of them well-formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    name: &'a str,
    parameters: &'a [u8],
}

impl<'a> Element<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, InvalidList> {
        let end = unquoted(text, b';')?;
        let (name, parameters) = text.split_at_checked(end).ok_or(InvalidList)?;
        let element = Self {
            name: token(trim(name))?,
            parameters: parameters.get(1..).unwrap_or(&[]),
        };
        // RFC 6455 §9.1: something stands after every semicolon.
        let mut rest = text.get(end..).filter(|rest| !rest.is_empty());
        while let Some([_, parameters @ ..]) = rest {
            let end = unquoted(parameters, b';')?;
            let (parameter, after) = parameters.split_at_checked(end).ok_or(InvalidList)?;
            Parameter::parse(trim(parameter))?;
            rest = Some(after);
        }
        Ok(element)
    }

    /// The element's name, as written.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The parameters, in order, repeated ones included.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'a>> + use<'a> {
        split(self.parameters, b';')
            .map_while(Result::ok)
            .map_while(|parameter| Parameter::parse(parameter).ok())
    }
}

/// A parameter: a token, and after `=` maybe a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    name: &'a str,
    value: Option<Value<'a>>,
}

impl<'a> Parameter<'a> {
    /// Parses `name`, `name=token` or `name="quoted string"`, with optional
    /// whitespace around the `=`.
    ///
    /// # Errors
    /// [`InvalidList`] where the text is none of these.
    pub fn parse(text: &'a [u8]) -> Result<Self, InvalidList> {
        let Some((name, value)) = split_once(text, b'=') else {
            return Ok(Self {
                name: token(text)?,
                value: None,
            });
        };
        Ok(Self {
            name: token(trim(name))?,
            value: Some(Value::parse(trim(value))?),
        })
    }

    /// The parameter's name, as written.
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// The parameter's value, if it has one.
    pub const fn value(&self) -> Option<Value<'a>> {
        self.value
    }
}

/// A parameter's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 9110 §5.6.6 closes the set")]
pub enum Value<'a> {
    /// A token.
    Token(&'a str),
    /// What stands between the quotes of a quoted string, backslashes
    /// included.
    Quoted(&'a str),
}

impl<'a> Value<'a> {
    fn parse(text: &'a [u8]) -> Result<Self, InvalidList> {
        let [b'"', inside @ ..] = text else {
            return token(text).map(Self::Token);
        };
        // The first quote that no backslash escapes must be the last byte.
        let end = quoted_end(inside).ok_or(InvalidList)?;
        if end + 1 != inside.len() {
            return Err(InvalidList);
        }
        let inside = inside.get(..end).ok_or(InvalidList)?;
        str::from_utf8(inside)
            .map(Self::Quoted)
            .map_err(|_| InvalidList)
    }

    /// The characters that the value stands for: quotes and backslashes
    /// undone (RFC 9110 §5.6.4).
    pub fn chars(&self) -> impl Iterator<Item = char> + use<'a> {
        let (text, quoted) = match *self {
            Self::Token(text) => (text, false),
            Self::Quoted(text) => (text, true),
        };
        let mut chars = text.chars();
        core::iter::from_fn(move || match chars.next() {
            Some('\\') if quoted => chars.next(),
            next => next,
        })
    }

    /// The value as a number: decimal digits only, without a leading zero
    /// unless it is the only digit, at most `u32::MAX`.
    pub fn number(&self) -> Option<u32> {
        let mut number = None;
        for character in self.chars() {
            let digit = character.to_digit(10)?;
            number = Some(match number {
                None => digit,
                Some(0) => return None,
                Some(number) => u32::checked_mul(number, 10)?.checked_add(digit)?,
            });
        }
        number
    }
}

impl PartialEq<str> for Value<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

fn token(text: &[u8]) -> Result<&str, InvalidList> {
    if !is_token(text) {
        return Err(InvalidList);
    }
    str::from_utf8(text).map_err(|_| InvalidList)
}

/// Where the first `separator` outside a quoted string is, or the end.
fn unquoted(text: &[u8], separator: u8) -> Result<usize, InvalidList> {
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if *byte == separator {
            return Ok(at);
        }
        at += 1;
        if *byte == b'"' {
            let inside = text.get(at..).unwrap_or(&[]);
            at += quoted_end(inside).ok_or(InvalidList)? + 1;
        }
    }
    Ok(text.len())
}

/// Where the quote is that ends a quoted string, given what follows the
/// opening one.
fn quoted_end(inside: &[u8]) -> Option<usize> {
    let mut escaped = false;
    inside.iter().position(|byte| {
        let end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        end
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{format, string::String, vec::Vec};

    fn written(value: &str) -> Result<String, InvalidList> {
        let mut out = Vec::new();
        for element in elements(value.as_bytes()) {
            let element = element?;
            let mut text = String::from(element.name());
            for parameter in element.parameters() {
                text += &format!(";{}", parameter.name());
                if let Some(value) = parameter.value() {
                    text += &format!("={}", value.chars().collect::<String>());
                }
            }
            out.push(text);
        }
        Ok(out.join("|"))
    }

    /// The comma-split bug of wsproto's `utilities.py` FIXME.
    #[test]
    fn comma_inside_a_quoted_string_does_not_split_the_list() {
        assert_eq!(
            written(r#"foo; bar="a, b;c=d", baz"#).unwrap(),
            "foo;bar=a, b;c=d|baz"
        );
    }

    #[test]
    fn element_lists() {
        for (value, expected) in [
            ("", ""),
            (" , ,\t", ""),
            ("permessage-deflate", "permessage-deflate"),
            ("a,b , c", "a|b|c"),
            ("a; x ; y=1;z = \"2\"", "a;x;y=1;z=2"),
            (r#"a; x="q\"u\\o""#, r#"a;x=q"u\o"#),
            (r#"a; x="""#, "a;x="),
        ] {
            assert_eq!(written(value).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn malformed_lists() {
        for value in [
            "a b",
            ";x",
            "a; =1",
            "a; x=",
            "a; x=\"1",
            "a; x=\"1\"2",
            "a; x=1 2",
            "a; \"x\"",
            "\"a\"",
            "a, b; c d",
            "a; x=\"\\\"",
            "é",
            "a; x=é",
            "a=1",
            "a;",
            "a;;x",
            "a; ;x",
            "a;x;",
            "a;x;, b",
        ] {
            assert_eq!(written(value), Err(InvalidList), "{value}");
        }
        let mut ends = elements(b"a b, c");
        assert_eq!(ends.next(), Some(Err(InvalidList)));
        assert_eq!(ends.next(), None);
    }

    #[test]
    fn token_lists() {
        let list: Vec<_> = tokens(b"keep-alive, Upgrade,,\t x ").collect();
        assert_eq!(list, [&b"keep-alive"[..], b"Upgrade", b"x"]);
        assert_eq!(tokens(b"").count(), 0);
    }

    #[test]
    fn numbers() {
        for (value, number) in [
            (Value::Token("15"), Some(15)),
            (Value::Quoted("1\\0"), Some(10)),
            (Value::Token("0"), Some(0)),
            (Value::Token("08"), None),
            (Value::Token("+8"), None),
            (Value::Token("4294967296"), None),
            (Value::Quoted(""), None),
        ] {
            assert_eq!(value.number(), number, "{value:?}");
        }
        assert!(Value::Quoted("a\\b") == *"ab");
    }
}
