//! The rows of the tables.

use std::sync::Arc;

use crate::{
    memory::Stream,
    message::{Content, FIN, Message, TEXT, frame, from_server},
    peer::{Client, Deflate, Outcome, Setup},
    telemetry,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Receive,
    Send,
    /// A message there, then one back.
    Exchange,
}

/// What is measured, of every client.
#[derive(Debug, Clone)]
pub struct Row {
    pub what: What,
    pub content: Content,
    pub size: usize,
    /// Received messages come in fragments of this size.
    pub fragment: Option<usize>,
    /// Sent ones are flushed after so many.
    pub flush_every: usize,
    /// Sent ones are given away, not lent.
    pub own: bool,
    /// JSON of about 1 KiB, compressed.
    pub deflate: Option<Deflate>,
}

impl Row {
    const fn new(what: What, content: Content, size: usize) -> Self {
        Self {
            what,
            content,
            size,
            fragment: None,
            flush_every: 1,
            own: false,
            deflate: None,
        }
    }

    pub const fn receive(content: Content, size: usize) -> Self {
        Self::new(What::Receive, content, size)
    }

    pub const fn send(size: usize) -> Self {
        Self::new(What::Send, Content::Binary, size)
    }

    pub const fn exchange(size: usize) -> Self {
        Self::new(What::Exchange, Content::Binary, size)
    }

    fn deflate(what: What, takeover: bool) -> Self {
        let mut row = Self::new(what, Content::Ascii, 1024);
        row.deflate = Some(Deflate { takeover });
        row
    }

    pub fn batched(mut self, flush_every: usize) -> Self {
        self.flush_every = flush_every;
        self
    }

    fn fragmented(mut self, size: usize) -> Self {
        self.fragment = Some(size);
        self
    }

    fn owned(mut self) -> Self {
        self.own = true;
        self
    }

    /// As the row is headed, and chosen with `--row`.
    pub fn title(&self) -> String {
        let mut title = match self.what {
            What::Receive => "receive ",
            What::Send => "send ",
            What::Exchange => "round trip ",
        }
        .to_owned();
        if let Some(deflate) = self.deflate {
            title += "1 KiB JSON, deflate, ";
            title += if deflate.takeover {
                "context takeover"
            } else {
                "no takeover"
            };
            return title;
        }
        title += &match self.size {
            size if size >= 1 << 20 => format!("{} MiB", size >> 20),
            size if size >= 1 << 10 => format!("{} KiB", size >> 10),
            size => format!("{size} B"),
        };
        match (self.what, self.content) {
            (What::Receive, Content::Binary) => title += " binary",
            (_, Content::Binary) => {}
            (_, Content::Ascii) => title += " ASCII text",
            (_, Content::Japanese) => title += " Japanese text",
        }
        if let Some(fragment) = self.fragment {
            title += &format!(" in fragments of {} KiB", fragment >> 10);
        }
        if self.flush_every > 1 {
            title += &format!(", flush every {}", self.flush_every);
        }
        if self.own {
            title += ", given away";
        }
        title
    }

    /// Large messages are told by the KiB.
    pub fn per_kib(&self) -> bool {
        self.size > 1024
    }

    /// What figures of one message are divided by.
    pub fn unit(&self) -> f64 {
        if self.per_kib() {
            self.size as f64 / 1024.0
        } else {
            1.0
        }
    }

    pub fn setup(&self) -> Setup {
        Setup {
            largest: self.size.max(if self.deflate.is_some() { 4096 } else { 0 }),
            fragmented: self.fragment.is_some(),
            deflate: self.deflate,
        }
    }

    /// How many messages make `budget` bytes, within reason.
    pub fn count(&self, budget: usize) -> usize {
        let count = (budget / self.size.max(100)).max(2);
        match self.what {
            // Whole turns of the input: what a client has read ahead is the same then at the
            // beginning and at the end.
            What::Receive if self.deflate.is_none() => count.next_multiple_of(self.copies()),
            // Whole batches, so that every message is flushed.
            _ => count.next_multiple_of(self.flush_every),
        }
    }

    /// How many messages the input has before it begins again.
    fn copies(&self) -> usize {
        match self.what {
            // One message a read.
            What::Exchange => 1,
            _ => (100_usize << 10).div_ceil(self.size),
        }
    }

    /// The transport for it, in memory. `count` is the most that is received.
    pub fn stream(&self, count: usize) -> Stream {
        let Some(deflate) = self.deflate else {
            let message = from_server(self.content, self.size, self.fragment);
            return Stream::endless(message.repeat(self.copies()).into());
        };
        if self.what == What::Send {
            return Stream::endless(Arc::new([0]));
        }
        let input = telemetry::from_server(deflate, &telemetry::messages(count));
        // Some clients inflate all that they have read, before it is asked for.
        Stream::once(input.into()).largest_read(1 << 10)
    }

    /// What is sent.
    pub fn messages(&self) -> Vec<Message> {
        if self.deflate.is_some() {
            return telemetry::messages(2000)
                .into_iter()
                .map(Message::text)
                .collect();
        }
        let message = Message::new(self.content, self.size);
        vec![if self.own { message.owned() } else { message }]
    }

    /// So many of them with this client.
    pub fn run(&self, client: &mut dyn Client, messages: &[Message], count: usize) -> Outcome<()> {
        match self.what {
            What::Receive => client.receive(count).map(drop),
            What::Send => client.send(messages, count, self.flush_every),
            What::Exchange => client.exchange(&messages[0], count, &mut || ()),
        }
    }
}

/// Those in memory.
pub fn memory() -> Vec<Row> {
    use Content::{Ascii, Binary, Japanese};
    let mut rows = Vec::new();
    for size in [32, 64, 1 << 10, 16 << 10, 1 << 20] {
        rows.push(Row::receive(Binary, size));
    }
    for size in [64, 1 << 10, 16 << 10, 1 << 20] {
        rows.push(Row::receive(Ascii, size));
    }
    for size in [64, 16 << 10, 1 << 20] {
        rows.push(Row::receive(Japanese, size));
    }
    rows.push(Row::receive(Binary, 1 << 20).fragmented(4 << 10));
    rows.push(Row::receive(Ascii, 1 << 20).fragmented(4 << 10));
    rows.push(Row::receive(Japanese, 1 << 20).fragmented(4 << 10));
    for size in [32, 64, 1 << 10, 16 << 10, 1 << 20] {
        rows.push(Row::send(size));
    }
    rows.push(Row::send(64).batched(64));
    rows.push(Row::send(64).owned());
    rows.push(Row::send(1 << 20).owned());
    rows.push(Row::exchange(64));
    for what in [What::Receive, What::Send] {
        for takeover in [true, false] {
            rows.push(Row::deflate(what, takeover));
        }
    }
    rows
}

/// Those over sockets, in the clear.
pub fn sockets() -> Vec<Row> {
    use Content::{Ascii, Binary};
    vec![
        Row::receive(Binary, 64),
        Row::receive(Ascii, 64),
        Row::receive(Binary, 1 << 10),
        Row::receive(Binary, 16 << 10),
        Row::receive(Binary, 1 << 20),
        Row::receive(Ascii, 1 << 20),
        Row::send(64),
        Row::send(64).batched(64),
        Row::send(1 << 10),
        Row::send(16 << 10),
        Row::send(1 << 20),
    ]
}

/// Those over TLS.
pub fn tls() -> Vec<Row> {
    vec![
        Row::receive(Content::Binary, 16 << 10),
        Row::receive(Content::Binary, 1 << 20),
        Row::send(16 << 10),
        Row::send(1 << 20),
    ]
}

/// A text frame, for tests of all kinds.
pub fn text_frame(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    frame(&mut out, FIN | TEXT, text);
    out
}
