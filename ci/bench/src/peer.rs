//! What a client has to be able to do to be measured.

use crate::memory::{Input, Output};

/// How compression was negotiated; windows of 15 bits, level 6 both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    pub takeover: bool,
}

/// One client library. It works in memory: a server's bytes come in, the
/// client's own go out, and the opening handshake is over.
pub trait Peer {
    /// Its name and version.
    fn name(&self) -> &'static str;

    /// A connection that receives `input`, or `None` where the library cannot
    /// do that.
    fn receiver(&self, setup: Setup, input: Input) -> Option<Box<dyn Receiver>>;

    /// A connection that sends to `output`, likewise.
    fn sender(&self, setup: Setup, output: Output) -> Option<Box<dyn Sender>>;
}

pub trait Receiver {
    /// Receives `count` text messages; returns how many bytes they had
    /// together.
    fn receive(&mut self, count: usize) -> usize;
}

pub trait Sender {
    /// Sends each as a text message and flushes after each.
    fn send(&mut self, messages: &[String]);
}
