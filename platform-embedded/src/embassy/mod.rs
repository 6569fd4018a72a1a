//! Async, over embassy-net and embassy-time.

mod stream;
mod timer;

pub use stream::EmbassyStream;
pub use timer::EmbassyTimer;
