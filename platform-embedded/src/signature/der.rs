//! As much of DER (X.690) as public keys and certificates need: elements of
//! one-byte tags, at most 65,535 bytes long.

/// The next element: all of it, and its content. It must have `tag`.
pub(crate) fn element<'a>(input: &mut &'a [u8], tag: u8) -> Option<(&'a [u8], &'a [u8])> {
    let (&[found, first], mut rest) = input.split_first_chunk::<2>()?;
    let (length, shortest) = match first {
        0x00..=0x7F => (usize::from(first), 0),
        0x81 => {
            let (&[length], after) = rest.split_first_chunk()?;
            rest = after;
            (usize::from(length), 0x80)
        }
        0x82 => {
            let (&length, after) = rest.split_first_chunk()?;
            rest = after;
            (usize::from(u16::from_be_bytes(length)), 0x100)
        }
        _ => return None,
    };
    // DER knows the shortest form of a length only.
    if found != tag || length < shortest {
        return None;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    let (whole, _) = input.split_at_checked(input.len() - rest.len())?;
    *input = rest;
    Some((whole, content))
}

/// The next element, an INTEGER above zero: its bytes without leading zeros.
pub(super) fn positive<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    match element(input, 0x02)?.1 {
        [0x00, rest @ ..] if matches!(rest, [0x80..=0xFF, ..]) => Some(rest),
        number @ [0x01..=0x7F, ..] => Some(number),
        _ => None,
    }
}
