//! What a client has to be able to do to be measured, once for all of them.
//!
//! A file in `peers/` implements [`Peer`], and either [`Blocking`] or
//! [`Asynch`] for a connection; the loops here are the same for all.

use std::{fmt, rc::Rc};

use tokio::runtime::Runtime;

use crate::{memory, message::Message, net::Target};

/// Why there is no figure.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The library does not do that.
    Cannot(&'static str),
    /// It should, and failed.
    Broken(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cannot(why) => f.write_str(why),
            Self::Broken(why) => write!(f, "failed: {why}"),
        }
    }
}

pub type Outcome<T> = Result<T, Failure>;

#[cold]
#[inline(never)]
pub fn broken(error: impl fmt::Debug) -> Failure {
    Failure::Broken(format!("{error:?}"))
}

#[cold]
#[inline(never)]
pub fn unexpected(what: impl fmt::Debug) -> Failure {
    let mut what = format!("{what:?}");
    what.truncate(80);
    Failure::Broken(format!("unexpected: {what}"))
}

/// What a connection is for.
#[derive(Debug, Clone, Copy)]
pub struct Setup {
    /// The largest message, for clients whose buffers are their caller's.
    pub largest: usize,
    /// Received messages come in fragments.
    pub fragmented: bool,
    pub deflate: Option<Deflate>,
}

/// How compression was negotiated; windows of 15 bits, level 6 both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deflate {
    pub takeover: bool,
}

impl Deflate {
    /// The server's answer.
    pub fn answer(self) -> &'static str {
        if self.takeover {
            "permessage-deflate"
        } else {
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        }
    }
}

/// What a connection runs over.
pub enum Wire {
    Memory(memory::Stream),
    Net(Target),
}

/// One client library.
pub trait Peer {
    /// As its column is headed.
    fn name(&self) -> &'static str;

    /// Version, and how it is used.
    fn about(&self) -> &'static str;

    /// Whether its buffers come from a pool that outlives connections, so that
    /// nobody can say what one takes.
    fn pooled(&self) -> bool {
        false
    }

    /// An open connection.
    fn open(&self, wire: Wire, setup: Setup) -> Outcome<Box<dyn Client>>;

    /// Performs the library's own opening handshake over a connected socket,
    /// and drops the connection.
    fn connect(&self, target: &Target) -> Outcome<()>;
}

/// Takes note of received data messages.
pub trait Look {
    fn look(&mut self, message: &[u8]);
}

/// Counts bytes.
#[derive(Default)]
struct Count(usize);

impl Look for Count {
    #[inline(always)]
    fn look(&mut self, message: &[u8]) {
        self.0 += message.len();
    }
}

impl Look for Vec<u8> {
    fn look(&mut self, message: &[u8]) {
        self.extend_from_slice(message);
    }
}

/// An open connection.
pub trait Client {
    /// Receives so many data messages; returns how many bytes they had
    /// together.
    fn receive(&mut self, count: usize) -> Outcome<usize>;

    /// The bytes of the next data message.
    fn take(&mut self) -> Outcome<Vec<u8>>;

    /// Sends these messages, over and over, so many in all, and flushes after
    /// every so many.
    fn send(&mut self, messages: &[Message], count: usize, flush_every: usize) -> Outcome<()>;

    /// Sends a message and receives one, so many times; tells after each.
    fn exchange(&mut self, message: &Message, count: usize, each: &mut dyn FnMut()) -> Outcome<()>;
}

/// A blocking client's connection.
pub trait Blocking {
    /// Receives the next data message.
    fn receive(&mut self, look: &mut impl Look) -> Outcome<()>;

    /// Sends one that is written at once.
    fn send(&mut self, message: &Message) -> Outcome<()>;

    /// Queues one.
    fn queue(&mut self, message: &Message) -> Outcome<()>;

    /// Writes what is queued.
    fn flush(&mut self) -> Outcome<()>;
}

/// What `queue` says where there is no queue.
pub const NO_QUEUE: Failure = Failure::Cannot("writes each message at once");

impl<B: Blocking> Client for B {
    fn receive(&mut self, count: usize) -> Outcome<usize> {
        let mut bytes = Count::default();
        for _ in 0..count {
            Blocking::receive(self, &mut bytes)?;
        }
        Ok(bytes.0)
    }

    fn take(&mut self) -> Outcome<Vec<u8>> {
        let mut bytes = Vec::new();
        Blocking::receive(self, &mut bytes)?;
        Ok(bytes)
    }

    fn send(&mut self, messages: &[Message], count: usize, flush_every: usize) -> Outcome<()> {
        let messages = messages.iter().cycle().take(count);
        if flush_every == 1 {
            for message in messages {
                Blocking::send(self, message)?;
            }
            return Ok(());
        }
        let mut left = flush_every;
        for message in messages {
            self.queue(message)?;
            left -= 1;
            if left == 0 {
                self.flush()?;
                left = flush_every;
            }
        }
        self.flush()
    }

    fn exchange(&mut self, message: &Message, count: usize, each: &mut dyn FnMut()) -> Outcome<()> {
        let mut bytes = Count::default();
        for _ in 0..count {
            Blocking::send(self, message)?;
            Blocking::receive(self, &mut bytes)?;
            each();
        }
        Ok(())
    }
}

/// An async client's connection.
pub trait Asynch {
    async fn receive(&mut self, look: &mut impl Look) -> Outcome<()>;
    async fn send(&mut self, message: &Message) -> Outcome<()>;
    async fn queue(&mut self, message: &Message) -> Outcome<()>;
    async fn flush(&mut self) -> Outcome<()>;
}

/// An async client with the runtime that drives it.
pub struct Driven<A> {
    pub runtime: Rc<Runtime>,
    pub client: A,
}

impl<A: Asynch> Client for Driven<A> {
    fn receive(&mut self, count: usize) -> Outcome<usize> {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            let mut bytes = Count::default();
            for _ in 0..count {
                client.receive(&mut bytes).await?;
            }
            Ok(bytes.0)
        })
    }

    fn take(&mut self) -> Outcome<Vec<u8>> {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            let mut bytes = Vec::new();
            client.receive(&mut bytes).await?;
            Ok(bytes)
        })
    }

    fn send(&mut self, messages: &[Message], count: usize, flush_every: usize) -> Outcome<()> {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            let messages = messages.iter().cycle().take(count);
            if flush_every == 1 {
                for message in messages {
                    client.send(message).await?;
                }
                return Ok(());
            }
            let mut left = flush_every;
            for message in messages {
                client.queue(message).await?;
                left -= 1;
                if left == 0 {
                    client.flush().await?;
                    left = flush_every;
                }
            }
            client.flush().await
        })
    }

    fn exchange(&mut self, message: &Message, count: usize, each: &mut dyn FnMut()) -> Outcome<()> {
        let Self { runtime, client } = self;
        runtime.block_on(async {
            let mut bytes = Count::default();
            for _ in 0..count {
                client.send(message).await?;
                client.receive(&mut bytes).await?;
                each();
            }
            Ok(())
        })
    }
}
