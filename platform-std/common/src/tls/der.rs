//! The four fields of a certificate that rustls does not tell: issuer,
//! subject and the dates (RFC 5280 §4.1).
//!
//! ```text
//! Certificate ::= SEQUENCE { tbsCertificate SEQUENCE {
//!     [0] version?, serialNumber, signature, issuer,
//!     validity SEQUENCE { notBefore, notAfter }, subject, … }, … }
//! ```
//!
//! Used only to name a problem better and for a certificate that the user
//! pinned byte for byte; a chain is verified by rustls alone.

use alloc::{format, string::String};

/// Parts of one certificate, still encoded. Times are seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Outline<'a> {
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

impl<'a> Outline<'a> {
    pub(super) fn parse(certificate: &'a [u8]) -> Option<Self> {
        let (_, certificate, _) = element(certificate)?;
        let (_, mut rest, _) = element(certificate)?;
        let (tag, _, after) = element(rest)?;
        if tag == CONTEXT_0 {
            rest = after;
        }
        let (_, _, rest) = element(rest)?; // serialNumber
        let (_, _, rest) = element(rest)?; // signature
        let (_, issuer, rest) = element(rest)?;
        let (_, validity, rest) = element(rest)?;
        let (_, subject, _) = element(rest)?;
        let (not_before_tag, not_before, after) = element(validity)?;
        let (not_after_tag, not_after, _) = element(after)?;
        Some(Self {
            issuer,
            subject,
            not_before: time(not_before_tag, not_before)?,
            not_after: time(not_after_tag, not_after)?,
        })
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }
}

const CONTEXT_0: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Tag, contents and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (len, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        let len = digits
            .iter()
            .fold(0u64, |len, &digit| len << 8 | u64::from(digit));
        (usize::try_from(len).ok()?, rest)
    };
    let (contents, rest) = rest.split_at_checked(len)?;
    Some((tag, contents, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    let pair = |at: usize| -> Option<i64> {
        let pair = digits.get(at..at + 2)?;
        pair.iter().try_fold(0, |n, digit| {
            digit
                .is_ascii_digit()
                .then(|| n * 10 + i64::from(digit - b'0'))
        })
    };
    let (year, at) = match tag {
        // RFC 5280 §4.1.2.5.1: 50 to 99 are of the last century.
        UTC_TIME => match pair(0)? {
            year if year >= 50 => (1900 + year, 2),
            year => (2000 + year, 2),
        },
        GENERALIZED_TIME => (pair(0)? * 100 + pair(2)?, 4),
        _ => return None,
    };
    if digits.len() != at + 10 {
        return None;
    }
    let days = days_from_civil(year, pair(at)?, pair(at + 2)?);
    Some(days * 86_400 + pair(at + 4)? * 3600 + pair(at + 6)? * 60 + pair(at + 8)?)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. Counts years
/// from March on, so that the leap day comes last.
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// Seconds since 1970 as `2026-01-31 12:00:00 UTC`.
pub(super) fn utc(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    // The year by estimate, then put right; the month likewise.
    let mut year = 1970 + days / 366;
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let month = (1..=12)
        .rev()
        .find(|&month| days_from_civil(year, month, 1) <= days)
        .unwrap_or(1);
    let day = days - days_from_civil(year, month, 1) + 1;
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_there_and_back() {
        assert_eq!(time(UTC_TIME, b"700101000000Z"), Some(0));
        assert_eq!(time(UTC_TIME, b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(
            time(GENERALIZED_TIME, b"20240229120000Z"),
            Some(1_709_208_000)
        );
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(1_709_208_000), "2024-02-29 12:00:00 UTC");
        assert_eq!(utc(1_735_689_599), "2024-12-31 23:59:59 UTC");
        for text in [&b"7001010000Z"[..], b"700101000000", b"70x101000000Z", b""] {
            assert_eq!(time(UTC_TIME, text), None);
        }
    }

    #[test]
    fn any_prefix_of_a_certificate_is_refused_without_a_panic() {
        let signed = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
        let der = signed.cert.der();
        let outline = Outline::parse(der).unwrap();
        assert!(outline.is_self_issued());
        assert!(outline.not_before < outline.not_after);
        for len in 0..der.len() {
            assert_eq!(Outline::parse(&der[..len]), None);
        }
    }
}
