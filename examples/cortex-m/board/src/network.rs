//! The board's address for smoltcp.

use nic::{Nic as _, smoltcp::Device};
use rand_core::Rng;
use smoltcp::{
    iface::{Config, Interface},
    time::Instant,
    wire::{EthernetAddress, IpCidr, Ipv4Address},
};

use crate::Controller;

/// An interface with the address that QEMU's network gives its first guest,
/// 10.0.2.15/24, and its gateway.
pub fn interface(device: &mut Device<Controller>, rng: &mut impl Rng) -> Interface {
    let address = EthernetAddress(device.nic().address());
    let mut config = Config::new(address.into());
    // Sequence numbers and ports that are not the same after each reset.
    config.random_seed = rng.next_u64();
    let mut interface = Interface::new(config, device, Instant::ZERO);
    interface.update_ip_addrs(|addresses| {
        let _ = addresses.push(IpCidr::new(Ipv4Address::new(10, 0, 2, 15).into(), 24));
    });
    let gateway = Ipv4Address::new(10, 0, 2, 2);
    let _ = interface.routes_mut().add_default_ipv4_route(gateway);
    interface
}

/// Local TCP ports, one after another, from a start that nobody can guess.
/// Each by chance alone would soon meet one that was in use a moment ago; the
/// peer takes that for the old connection, and does not answer.
#[derive(Debug)]
pub struct LocalPorts(u16);

impl LocalPorts {
    /// Starts anywhere.
    pub fn new(rng: &mut impl Rng) -> Self {
        let [a, b, ..] = rng.next_u32().to_le_bytes();
        Self(u16::from_le_bytes([a, b]))
    }

    /// The next port of the range for clients, 49152 to 65535.
    pub const fn next(&mut self) -> u16 {
        self.0 = self.0.wrapping_add(1);
        self.0 | 0xC000
    }
}
