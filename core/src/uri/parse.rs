//! The grammar of RFC 3986, as far as a WebSocket URI needs it.

use super::{Host, UriError};

pub(super) fn host_and_port(text: &str) -> Result<(Host<'_>, &str, Option<u16>), UriError> {
    if let Some(inside) = text.strip_prefix('[') {
        let (address, after) = inside.split_once(']').ok_or(UriError::InvalidIpv6)?;
        let address = address.parse().map_err(|_| UriError::InvalidIpv6)?;
        let port = match after.strip_prefix(':') {
            Some(digits) => port(digits)?,
            None if after.is_empty() => None,
            None => return Err(UriError::InvalidHost),
        };
        let host_text = text.strip_suffix(after).unwrap_or(text);
        return Ok((Host::Ipv6(address), host_text, port));
    }
    let (name, port) = match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => return Err(UriError::UnbracketedIpv6),
        Some((name, digits)) => (name, port(digits)?),
        None => (text, None),
    };
    if name.is_empty() {
        return Err(UriError::EmptyHost);
    }
    if !is_encoded(name, b"") {
        return Err(UriError::InvalidHost);
    }
    let host = match name.parse() {
        Ok(address) => Host::Ipv4(address),
        // "127.1", "0x7f.1" and their like mean different addresses to
        // different resolvers.
        Err(_) if ends_in_number(name) => return Err(UriError::InvalidIpv4),
        Err(_) => Host::Name(name),
    };
    Ok((host, name, port))
}

/// An empty port is the default one (RFC 3986 §3.2.3).
fn port(text: &str) -> Result<Option<u16>, UriError> {
    if text.is_empty() {
        return Ok(None);
    }
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(UriError::InvalidPort);
    }
    match text.parse() {
        Ok(0) | Err(_) => Err(UriError::PortOutOfRange),
        Ok(port) => Ok(Some(port)),
    }
}

fn ends_in_number(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit_once('.').map_or(name, |(_, last)| last);
    let hexadecimal = last
        .strip_prefix("0x")
        .or_else(|| last.strip_prefix("0X"))
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hexadecimal || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

pub(super) fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Whether `text` has only unreserved characters, sub-delims, percent
/// encodings (RFC 3986 §2) and those of `also`.
pub(super) fn is_encoded(text: &str, also: &[u8]) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let good = match byte {
            b'%' => bytes.next().and_then(hex).is_some() && bytes.next().and_then(hex).is_some(),
            _ => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(&byte)
                    || also.contains(&byte)
            }
        };
        if !good {
            return false;
        }
    }
    true
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The bytes that percent-encoded `text` stands for (RFC 3986 §2.1). A `%`
/// without two hexadecimal digits stands for itself.
pub fn percent_decode(text: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = text.as_bytes();
    core::iter::from_fn(move || {
        if let [b'%', high, low, tail @ ..] = rest
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            rest = tail;
            return Some(high << 4 | low);
        }
        let (first, tail) = rest.split_first()?;
        rest = tail;
        Some(*first)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_decoding() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("user:p%40ss", b"user:p@ss"),
            ("%2f%2F", b"//"),
            ("%c3%a9", "é".as_bytes()),
            ("%", b"%"),
            ("%4", b"%4"),
            ("%zz%", b"%zz%"),
            ("%%41", b"%A"),
        ] {
            assert!(percent_decode(text).eq(bytes.iter().copied()), "{text}");
        }
    }

    #[test]
    fn numbers_that_resolvers_read_as_addresses() {
        for host in [
            "1",
            "127.1",
            "127.0.0.1.",
            "a.0x7f",
            "a.0X",
            "1.2.3.4.5",
            "a.1.",
        ] {
            assert!(ends_in_number(host), "{host}");
        }
        for host in ["a", "1.a", "a1", "0x7g", "x0", "", ".", "1-"] {
            assert!(!ends_in_number(host), "{host}");
        }
    }
}
