//! The board's address for smoltcp.

use nic::{Lan9118, Nic as _, smoltcp::Device};
use rand_core::Rng;
use smoltcp::{
    iface::{Config, Interface},
    time::Instant,
    wire::{EthernetAddress, IpCidr, Ipv4Address},
};

/// An interface with the address that QEMU's network gives its first guest,
/// 10.0.2.15/24, and its gateway.
pub fn interface(device: &mut Device<Lan9118>, rng: &mut impl Rng) -> Interface {
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

/// A local TCP port from the range for clients, by chance: one that was in
/// use a moment ago would be taken for the old connection.
pub fn local_port(rng: &mut impl Rng) -> u16 {
    let [a, b, ..] = rng.next_u32().to_le_bytes();
    u16::from_le_bytes([a, b]) | 0xC000
}
