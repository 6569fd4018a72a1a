//! A [`Nic`] for smoltcp.

use smoltcp::{
    phy::{self, DeviceCapabilities, Medium},
    time::Instant,
};

use crate::{Frame, MAX_FRAME, Nic};

/// A controller with a buffer for one frame each way, as a smoltcp device.
#[derive(Debug)]
pub struct Device<N> {
    nic: N,
    received: Frame,
    transmitted: Frame,
}

impl<N: Nic> Device<N> {
    /// Takes the controller over.
    pub const fn new(nic: N) -> Self {
        Self {
            nic,
            received: [0; _],
            transmitted: [0; _],
        }
    }

    /// The controller.
    pub const fn nic(&self) -> &N {
        &self.nic
    }
}

impl<N: Nic> phy::Device for Device<N> {
    type RxToken<'a>
        = RxToken<'a>
    where
        N: 'a;
    type TxToken<'a>
        = TxToken<'a, N>
    where
        N: 'a;

    fn receive(&mut self, _: Instant) -> Option<(RxToken<'_>, TxToken<'_, N>)> {
        if !self.nic.has_room() {
            return None;
        }
        let len = self.nic.receive(&mut self.received).or_else(|| {
            // Nothing. Whoever sleeps now is woken by the next one.
            self.nic.enable_interrupt();
            self.nic.receive(&mut self.received)
        })?;
        Some((
            RxToken(self.received.get(..len)?),
            TxToken(&mut self.nic, &mut self.transmitted),
        ))
    }

    fn transmit(&mut self, _: Instant) -> Option<TxToken<'_, N>> {
        self.nic
            .has_room()
            .then_some(TxToken(&mut self.nic, &mut self.transmitted))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MAX_FRAME;
        capabilities
    }
}

/// A received frame.
#[derive(Debug)]
pub struct RxToken<'a>(&'a [u8]);

impl phy::RxToken for RxToken<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// The right to send a frame.
#[derive(Debug)]
pub struct TxToken<'a, N>(&'a mut N, &'a mut Frame);

impl<N: Nic> phy::TxToken for TxToken<'_, N> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        // The capabilities promise that `len` is no larger.
        #[expect(clippy::indexing_slicing, reason = "smoltcp keeps to the MTU")]
        let frame = &mut self.1[..len];
        let result = f(frame);
        self.0.transmit(frame);
        result
    }
}
