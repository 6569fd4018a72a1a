//! Writing text into a borrowed buffer, or only counting it.

/// Appends to `out` and counts. What does not fit is counted but not
/// written, so that one run over an empty slice tells the length.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    out: &'b mut [u8],
    len: usize,
}

impl<'b> Writer<'b> {
    pub(crate) const fn new(out: &'b mut [u8]) -> Self {
        Self { out, len: 0 }
    }

    /// The number of bytes so far, written or only counted.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        if let Some(room) = self.out.get_mut(self.len..end) {
            room.copy_from_slice(bytes);
        }
        self.len = end;
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// `name: value`, with the line ending.
    pub(crate) fn header(&mut self, name: &str, value: &str) {
        self.text(name);
        self.text(": ");
        self.text(value);
        self.text("\r\n");
    }

    /// The padded Base64 of `bytes`.
    pub(crate) fn base64(&mut self, bytes: impl IntoIterator<Item = u8>) {
        let mut bytes = bytes.into_iter().fuse();
        while let Some(first) = bytes.next() {
            let more = [bytes.next(), bytes.next()];
            let [second, third] = more.map(|byte| u32::from(byte.unwrap_or(0)));
            let bits = u32::from(first) << 16 | second << 8 | third;
            let used = 2 + more.iter().flatten().count();
            for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
                let digit = BASE64.get((bits >> shift & 63) as usize);
                let padded = digit.filter(|_| at < used).unwrap_or(&b'=');
                self.bytes(&[*padded]);
            }
        }
    }

    pub(crate) fn decimal(&mut self, number: u16) {
        let mut divisor = 10_000;
        while divisor > 1 && number < divisor {
            divisor /= 10;
        }
        while divisor > 0 {
            // A decimal digit: 0 to 9 after `% 10`.
            let digit = u8::try_from(number / divisor % 10).unwrap_or(0);
            self.bytes(&[b'0' + digit]);
            divisor /= 10;
        }
    }
}

/// RFC 4648 §4.
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl core::fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.text(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_does_not_fit_and_writes_only_whole_pieces() {
        let mut out = [b'.'; 8];
        let mut writer = Writer::new(&mut out);
        writer.text("abcde");
        writer.text("fghij");
        assert_eq!(writer.len(), 10);
        assert_eq!(&out, b"abcde...");
    }

    /// RFC 4648 §10, and the digits that are no letters.
    #[test]
    fn base64() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"fooba", "Zm9vYmE="),
            (b"foobar", "Zm9vYmFy"),
            (b"\xFB\xEF\xFF\xFC\x10", "++///BA="),
        ] {
            let mut out = [0; 8];
            let mut writer = Writer::new(&mut out);
            writer.base64(bytes.iter().copied());
            let len = writer.len();
            assert_eq!(&out[..len], text.as_bytes());
        }
    }

    #[test]
    fn decimal_numbers() {
        for (number, text) in [
            (0, "0"),
            (7, "7"),
            (80, "80"),
            (443, "443"),
            (9001, "9001"),
            (65535, "65535"),
        ] {
            let mut out = [0; 5];
            let mut writer = Writer::new(&mut out);
            writer.decimal(number);
            let len = writer.len();
            assert_eq!(&out[..len], text.as_bytes());
        }
    }
}
