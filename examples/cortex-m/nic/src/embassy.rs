//! A [`Nic`] for embassy-net.

use core::{fmt, task::Context};

use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState};
use embassy_sync::waitqueue::AtomicWaker;

use crate::{Frame, MAX_FRAME, Nic};

/// A controller with a buffer for one frame each way, as an embassy-net
/// driver.
///
/// The handler of the controller's interrupt masks its line and wakes
/// `waker`; `unmask` is called to have it unmasked.
pub struct Device<N> {
    nic: N,
    received: Frame,
    transmitted: Frame,
    waker: &'static AtomicWaker,
    unmask: fn(),
}

impl<N: Nic> Device<N> {
    /// Takes the controller over.
    pub const fn new(nic: N, waker: &'static AtomicWaker, unmask: fn()) -> Self {
        Self {
            nic,
            received: [0; _],
            transmitted: [0; _],
            waker,
            unmask,
        }
    }
}

impl<N: fmt::Debug> fmt::Debug for Device<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device")
            .field("nic", &self.nic)
            .finish_non_exhaustive()
    }
}

impl<N: Nic> Driver for Device<N> {
    type RxToken<'a>
        = RxToken<'a>
    where
        N: 'a;
    type TxToken<'a>
        = TxToken<'a, N>
    where
        N: 'a;

    fn receive(&mut self, context: &mut Context<'_>) -> Option<(RxToken<'_>, TxToken<'_, N>)> {
        if !self.nic.has_room() {
            // It sends by itself, a frame in 0.1 ms: look again.
            context.waker().wake_by_ref();
            return None;
        }
        let len = self.nic.receive(&mut self.received).or_else(|| {
            self.waker.register(context.waker());
            self.nic.enable_interrupt();
            (self.unmask)();
            self.nic.receive(&mut self.received)
        })?;
        Some((
            RxToken(self.received.get_mut(..len)?),
            TxToken(&mut self.nic, &mut self.transmitted),
        ))
    }

    fn transmit(&mut self, context: &mut Context<'_>) -> Option<TxToken<'_, N>> {
        if !self.nic.has_room() {
            context.waker().wake_by_ref();
            return None;
        }
        Some(TxToken(&mut self.nic, &mut self.transmitted))
    }

    /// Always up: a cable that is out shows as silence.
    fn link_state(&mut self, _: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = MAX_FRAME;
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        HardwareAddress::Ethernet(self.nic.address())
    }
}

/// A received frame.
#[derive(Debug)]
pub struct RxToken<'a>(&'a mut [u8]);

impl embassy_net_driver::RxToken for RxToken<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, f: F) -> R {
        f(self.0)
    }
}

/// The right to send a frame.
#[derive(Debug)]
pub struct TxToken<'a, N>(&'a mut N, &'a mut Frame);

impl<N: Nic> embassy_net_driver::TxToken for TxToken<'_, N> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        // The capabilities promise that `len` is no larger.
        #[expect(clippy::indexing_slicing, reason = "embassy-net keeps to the MTU")]
        let frame = &mut self.1[..len];
        let result = f(frame);
        self.0.transmit(frame);
        result
    }
}
