//! Blocking, over smoltcp. The application owns the interface, the sockets,
//! the device and the clock, and lends them as a [`Network`].
//!
//! Every wait of a [`SmoltcpStream`] turns the network over: it polls the
//! interface, looks at the socket, and lets the [`Clock`] pass the time until
//! the next turn. A read with a deadline that has passed is one turn, so an
//! application with a loop of its own reads like that and stays in charge:
//!
//! ```text
//! loop {
//!     receive_until(now)        one turn; an event or nothing
//!     other work                through network(): DHCP, other sockets
//! }
//! ```
//!
//! ```no_run
//! use core::time::Duration;
//!
//! use hybi_core::{
//!     connection::Config,
//!     driver::blocking::WebSocket,
//!     handshake::{Handshake, HandshakeConfig, Request},
//!     uri::Uri,
//! };
//! use hybi_embedded::{
//!     Entropy,
//!     smoltcp::{Network, SmoltcpStream},
//! };
//! use smoltcp::{
//!     iface::{Interface, SocketHandle, SocketSet},
//!     phy::Device,
//!     wire::IpAddress,
//! };
//!
//! # type Error = Box<dyn std::error::Error>;
//! fn telemetry(
//!     interface: &mut Interface,
//!     device: &mut impl Device,
//!     sockets: &mut SocketSet<'_>,
//!     socket: SocketHandle,
//!     entropy: impl Entropy,
//!     millis: fn() -> u64,
//! ) -> Result<(), Error> {
//!     let uptime = || Duration::from_millis(millis());
//!     let now = uptime();
//!     let network = Network { interface, device, sockets, clock: uptime };
//!     let server = (IpAddress::v4(192, 0, 2, 1), 80);
//!     let deadline = Some(now + Duration::from_secs(10));
//!     let stream = SmoltcpStream::connect(network, socket, server, 50_000, deadline)?;
//!
//!     let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
//!     let uri = Uri::parse("ws://192.0.2.1/telemetry")?;
//!     let request = Request::new(&uri);
//!     let config = HandshakeConfig::default();
//!     let handshake =
//!         Handshake::new(&request, &mut rx[..], &mut tx[..], entropy, config, now)?;
//!     let mut client = WebSocket::connect(stream, handshake, Config::default())?;
//!     loop {
//!         client.send_text("21.5")?;
//!         if let Some(_event) = client.receive_until(Some(uptime()))? { /* ... */ }
//!         let _network = client.transport_mut().network(); // for other work
//!     }
//! }
//! ```

mod clock;
mod network;
#[cfg(feature = "smoltcp-dns")]
mod resolve;
mod stream;

pub use clock::Clock;
pub use network::Network;
#[cfg(feature = "smoltcp-dns")]
pub use resolve::resolve;
pub use stream::SmoltcpStream;
