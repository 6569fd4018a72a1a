//! The Ethernet controller of TI's (once Luminary's) Stellaris LM3S6965 and
//! its relatives: MAC and PHY in the chip, 2 KiB for frames each way, read
//! and written word by word. Names are those of the data sheet "LM3S6965",
//! chapter "Ethernet Controller".
//!
//! A frame stands in the FIFO behind two bytes for its length, so that its
//! IP packet is aligned; a received one is followed by its check sequence:
//!
//! ```text
//!   length, 2 │ destination, 6 │ source, 6 │ type, 2 │ payload … │ check, 4
//! ```
//!
//! The length counts everything when received, the payload when sent.

use crate::{Frame, MAX_FRAME, Nic, mmio::Registers};

/// The Ethernet controller of a Stellaris LM3S.
///
/// The PHY keeps its default: it negotiates speed and duplex by itself. The
/// MAC takes frames for its own address and broadcasts.
#[derive(Debug)]
pub struct Stellaris {
    registers: Registers,
    address: [u8; 6],
}

impl Stellaris {
    /// Starts the controller whose registers are at `base`. `address` is its
    /// hardware address, which the chip keeps in its user registers.
    ///
    /// # Safety
    /// `base` is the address of such a controller with its clock switched on,
    /// mapped as device memory, and nothing else uses it.
    pub unsafe fn new(base: usize, address: [u8; 6]) -> Self {
        // SAFETY: what is asked for is what the caller has promised.
        let registers = unsafe { Registers::new(base, SIZE) };
        registers.write(MACIM, 0);
        registers.write(MACRCTL, MACRCTL_RSTFIFO);
        registers.write(MACIACK, u32::MAX);
        let [a, b, c, d, e, f] = address;
        registers.write(MACIA0, u32::from_le_bytes([a, b, c, d]));
        registers.write(MACIA1, u32::from_le_bytes([e, f, 0, 0]));
        registers.write(
            MACTCTL,
            MACTCTL_TXEN | MACTCTL_PADEN | MACTCTL_CRC | MACTCTL_DUPLEX,
        );
        // Frames with a wrong check sequence are dropped.
        registers.write(MACRCTL, MACRCTL_RXEN | MACRCTL_BADCRC);
        Self { registers, address }
    }
}

impl Nic for Stellaris {
    fn address(&self) -> [u8; 6] {
        self.address
    }

    fn receive(&mut self, frame: &mut Frame) -> Option<usize> {
        while self.registers.read(MACNP) & 0x3F != 0 {
            let [low, high, first, second] = self.registers.read(MACDATA).to_le_bytes();
            let delivered = usize::from(u16::from_le_bytes([low, high]));
            if delivered > FIFO {
                // Not a length: something went wrong, start afresh.
                let control = self.registers.read(MACRCTL);
                self.registers.write(MACRCTL, control | MACRCTL_RSTFIFO);
                self.registers.write(MACRCTL, control);
                return None;
            }
            let [head, rest @ ..] = frame;
            *head = first;
            let mut rest = rest.iter_mut();
            if let Some(byte) = rest.next() {
                *byte = second;
            }
            for _ in 1..delivered.div_ceil(4) {
                for (to, from) in (&mut rest)
                    .take(4)
                    .zip(self.registers.read(MACDATA).to_le_bytes())
                {
                    *to = from;
                }
            }
            let len = delivered.saturating_sub(LENGTH + CHECK);
            if len <= MAX_FRAME {
                return Some(len);
            }
        }
        None
    }

    fn has_room(&self) -> bool {
        // The FIFO takes one frame of full length.
        self.registers.read(MACTR) & MACTR_NEWTX == 0
    }

    fn transmit(&mut self, frame: &[u8]) {
        let Some(payload) = frame.len().checked_sub(HEADER) else {
            return;
        };
        if frame.len() > MAX_FRAME || !self.has_room() {
            return;
        }
        let Ok(payload) = u16::try_from(payload) else {
            return;
        };
        let mut bytes = payload
            .to_le_bytes()
            .into_iter()
            .chain(frame.iter().copied());
        for _ in 0..(LENGTH + frame.len()).div_ceil(4) {
            let word = [(); 4].map(|()| bytes.next().unwrap_or_default());
            self.registers.write(MACDATA, u32::from_le_bytes(word));
        }
        self.registers.write(MACTR, MACTR_NEWTX);
    }

    fn enable_interrupt(&mut self) {
        self.registers.write(MACIACK, MACRIS_RXINT);
        self.registers.write(MACIM, MACRIS_RXINT);
    }
}

/// The length before a frame.
const LENGTH: usize = 2;
/// Addresses and type: what the length of a frame to send leaves out.
const HEADER: usize = 14;
/// The check sequence after a received frame.
const CHECK: usize = 4;
/// The largest thing that the controller can hold.
const FIFO: usize = 2048;

const SIZE: usize = 0x40;
/// MACRIS when read.
const MACIACK: usize = 0x00;
const MACIM: usize = 0x04;
const MACRCTL: usize = 0x08;
const MACTCTL: usize = 0x0C;
const MACDATA: usize = 0x10;
const MACIA0: usize = 0x14;
const MACIA1: usize = 0x18;
const MACNP: usize = 0x34;
const MACTR: usize = 0x38;

const MACRIS_RXINT: u32 = 1;
const MACRCTL_RXEN: u32 = 1;
const MACRCTL_BADCRC: u32 = 1 << 3;
const MACRCTL_RSTFIFO: u32 = 1 << 4;
const MACTCTL_TXEN: u32 = 1;
const MACTCTL_PADEN: u32 = 1 << 1;
const MACTCTL_CRC: u32 = 1 << 2;
const MACTCTL_DUPLEX: u32 = 1 << 4;
const MACTR_NEWTX: u32 = 1;
