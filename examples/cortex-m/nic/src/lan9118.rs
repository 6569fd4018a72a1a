//! SMSC (now Microchip) LAN9118 and its relatives: a controller with MAC, PHY
//! and FIFOs, on a bus of 32 bits. Names are those of the data sheet
//! DS00002266B, "LAN9118", chapter 5.

use crate::{Frame, MAX_FRAME, Nic, mmio::Registers};

/// A LAN9118.
///
/// The PHY keeps its default: it negotiates speed and duplex by itself. The
/// MAC takes frames for its own address and broadcasts. The hardware address
/// is the one that the chip has read from its EEPROM.
#[derive(Debug)]
pub struct Lan9118 {
    registers: Registers,
    address: [u8; 6],
}

/// There is no LAN9118 at the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotFound {
    /// What stood in its BYTE_TEST register instead of 0x87654321.
    pub byte_test: u32,
}

impl Lan9118 {
    /// Resets and starts the controller whose registers are at `base`.
    ///
    /// # Errors
    /// [`NotFound`]: what answers there is something else.
    ///
    /// # Safety
    /// `base` is the address of a LAN9118, mapped as device memory with access
    /// by whole words, and nothing else uses it.
    pub unsafe fn new(base: usize) -> Result<Self, NotFound> {
        // SAFETY: what is asked for is what the caller has promised.
        let registers = unsafe { Registers::new(base, SIZE) };
        let byte_test = registers.read(BYTE_TEST);
        if byte_test != 0x8765_4321 {
            return Err(NotFound { byte_test });
        }
        registers.write(HW_CFG, HW_CFG_SRST);
        while registers.read(HW_CFG) & HW_CFG_SRST != 0 {}
        // 5 KiB for frames to send, the rest for received ones.
        registers.write(HW_CFG, HW_CFG_SF | 5 << 16);
        registers.write(TX_CFG, TX_CFG_ON);
        registers.write(RX_CFG, 0);
        // An interrupt by the first frame; active high, push-pull.
        registers.write(FIFO_INT, 0x4800_0000);
        registers.write(IRQ_CFG, IRQ_CFG_EN | IRQ_CFG_POL | IRQ_CFG_TYPE);
        registers.write(INT_EN, 0);

        let mut this = Self {
            registers,
            address: [0; 6],
        };
        let low = this.read_mac(MAC_ADDRL).to_le_bytes();
        let high = this.read_mac(MAC_ADDRH).to_le_bytes();
        for (to, from) in this.address.iter_mut().zip(low.iter().chain(&high)) {
            *to = *from;
        }
        this.write_mac(MAC_CR, MAC_CR_FDPX | MAC_CR_TXEN | MAC_CR_RXEN);
        Ok(this)
    }

    fn read_mac(&self, register: u32) -> u32 {
        self.command_mac(MAC_CSR_READ | register);
        self.registers.read(MAC_CSR_DATA)
    }

    fn write_mac(&self, register: u32, value: u32) {
        self.registers.write(MAC_CSR_DATA, value);
        self.command_mac(register);
    }

    fn command_mac(&self, command: u32) {
        self.registers.write(MAC_CSR_CMD, MAC_CSR_BUSY | command);
        while self.registers.read(MAC_CSR_CMD) & MAC_CSR_BUSY != 0 {}
    }
}

impl Nic for Lan9118 {
    fn address(&self) -> [u8; 6] {
        self.address
    }

    fn receive(&mut self, frame: &mut Frame) -> Option<usize> {
        while self.registers.read(RX_FIFO_INF) >> 16 & 0xFF != 0 {
            let status = self.registers.read(RX_STATUS);
            // Its check sequence, 4 bytes, is counted and delivered.
            let delivered = (status >> 16 & 0x3FFF) as usize;
            let mut words = frame.chunks_exact_mut(4);
            for _ in 0..delivered.div_ceil(4) {
                let word = self.registers.read(RX_DATA);
                if let Some(out) = words.next() {
                    out.copy_from_slice(&word.to_le_bytes());
                }
            }
            let len = delivered.saturating_sub(4);
            if status & RX_STATUS_ERROR == 0 && len <= MAX_FRAME {
                return Some(len);
            }
        }
        None
    }

    fn has_room(&self) -> bool {
        let free = self.registers.read(TX_FIFO_INF) & 0xFFFF;
        // With the two command words and the padding of the last word.
        free as usize >= MAX_FRAME + 12
    }

    fn transmit(&mut self, frame: &[u8]) {
        let Ok(len) = u32::try_from(frame.len()) else {
            return;
        };
        if frame.len() > MAX_FRAME || !self.has_room() {
            return;
        }
        self.registers
            .write(TX_DATA, TX_FIRST_SEGMENT | TX_LAST_SEGMENT | len);
        self.registers.write(TX_DATA, len);
        let words = frame.chunks_exact(4);
        let rest = words.remainder();
        for word in words {
            let word = word.try_into().unwrap_or_default();
            self.registers.write(TX_DATA, u32::from_le_bytes(word));
        }
        if !rest.is_empty() {
            let mut word = [0; 4];
            for (to, from) in word.iter_mut().zip(rest) {
                *to = *from;
            }
            self.registers.write(TX_DATA, u32::from_le_bytes(word));
        }
        // How earlier frames fared is of no interest, but takes room.
        while self.registers.read(TX_FIFO_INF) >> 16 & 0xFF != 0 {
            self.registers.read(TX_STATUS);
        }
    }

    fn enable_interrupt(&mut self) {
        self.registers.write(INT_STS, INT_RSFL);
        self.registers.write(INT_EN, INT_RSFL);
    }
}

const SIZE: usize = 0x100;
const RX_DATA: usize = 0x00;
const TX_DATA: usize = 0x20;
const RX_STATUS: usize = 0x40;
const TX_STATUS: usize = 0x48;
const IRQ_CFG: usize = 0x54;
const INT_STS: usize = 0x58;
const INT_EN: usize = 0x5C;
const BYTE_TEST: usize = 0x64;
const FIFO_INT: usize = 0x68;
const RX_CFG: usize = 0x6C;
const TX_CFG: usize = 0x70;
const HW_CFG: usize = 0x74;
const RX_FIFO_INF: usize = 0x7C;
const TX_FIFO_INF: usize = 0x80;
const MAC_CSR_CMD: usize = 0xA4;
const MAC_CSR_DATA: usize = 0xA8;

const RX_STATUS_ERROR: u32 = 1 << 15;
const TX_FIRST_SEGMENT: u32 = 1 << 13;
const TX_LAST_SEGMENT: u32 = 1 << 12;
const IRQ_CFG_EN: u32 = 1 << 8;
const IRQ_CFG_POL: u32 = 1 << 4;
const IRQ_CFG_TYPE: u32 = 1;
const INT_RSFL: u32 = 1 << 3;
const TX_CFG_ON: u32 = 1 << 1;
const HW_CFG_SRST: u32 = 1;
const HW_CFG_SF: u32 = 1 << 20;
const MAC_CSR_BUSY: u32 = 1 << 31;
const MAC_CSR_READ: u32 = 1 << 30;

/// Registers of the MAC, behind MAC_CSR_CMD.
const MAC_CR: u32 = 1;
const MAC_ADDRH: u32 = 2;
const MAC_ADDRL: u32 = 3;
const MAC_CR_FDPX: u32 = 1 << 20;
const MAC_CR_TXEN: u32 = 1 << 3;
const MAC_CR_RXEN: u32 = 1 << 2;
