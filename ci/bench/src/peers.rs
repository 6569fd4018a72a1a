//! The clients, one file each.

mod floor;
mod hybi;
mod sockudo;
mod wtx;
mod yawc;

use crate::peer::Peer;

pub fn all() -> Vec<Box<dyn Peer>> {
    vec![
        Box::new(floor::Floor),
        Box::new(hybi::Hybi),
        Box::new(hybi::Core),
        Box::new(yawc::Yawc),
        Box::new(sockudo::Sockudo),
        Box::new(wtx::Wtx),
    ]
}

/// One thread, with timers, which some of them need.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
}
