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
