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
