//! Standard input, line by line, from the host. QEMU stops while it waits for
//! more: this is for input that is there, a file or what another program has
//! written.

use semihosting::{fs::File, io::Read as _};

use crate::failure::Failure;

/// The longest line.
const LINE: usize = 2048;

/// What is left of the input.
pub(crate) struct Lines {
    file: File,
    bytes: [u8; LINE],
    filled: usize,
    /// The line that was handed over, with its ending, is this long.
    taken: usize,
    end: bool,
}

impl Lines {
    pub(crate) fn open() -> Result<Self, Failure> {
        let file = File::open(c"/dev/stdin");
        Ok(Self {
            file: file.map_err(|_| Failure::Usage("the host has no standard input"))?,
            bytes: [0; _],
            filled: 0,
            taken: 0,
            end: false,
        })
    }

    /// The next line, without its ending; `None` at the end of the input.
    pub(crate) fn next(&mut self) -> Result<Option<&str>, Failure> {
        self.bytes.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        let line = loop {
            let bytes = self.bytes.get(..self.filled).unwrap_or_default();
            if let Some(at) = bytes.iter().position(|byte| *byte == b'\n') {
                self.taken = at + 1;
                let bytes = self.bytes.get(..at).unwrap_or_default();
                break bytes.strip_suffix(b"\r").unwrap_or(bytes);
            }
            if self.end {
                if self.filled == 0 {
                    return Ok(None);
                }
                self.taken = self.filled;
                break self.bytes.get(..self.filled).unwrap_or_default();
            }
            let room = self.bytes.get_mut(self.filled..).unwrap_or_default();
            if room.is_empty() {
                return Err(Failure::Usage("a line of the input is too long"));
            }
            match self.file.read(room) {
                Ok(0) => self.end = true,
                Ok(n) => self.filled += n,
                Err(_) => return Err(Failure::Usage("the input cannot be read")),
            }
        };
        let text = str::from_utf8(line);
        text.map(Some)
            .map_err(|_| Failure::Usage("a line of the input is not UTF-8"))
    }
}
