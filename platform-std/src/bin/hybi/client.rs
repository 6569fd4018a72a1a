//! From the first attempt to the end: connections, and the waits between
//! them.

use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use hybi_core::reconnect::{Backoff, Policy};
#[cfg(not(target_os = "wasi"))]
use hybi_std::OsEntropy;
#[cfg(target_os = "wasi")]
use hybi_std::WasiEntropy as OsEntropy;
use hybi_std::{Builder, ConnectError, Kind, WebSocket};

#[cfg(unix)]
use crate::editor;
#[cfg(target_os = "wasi")]
use crate::input::Orders;
#[cfg(not(target_os = "wasi"))]
use crate::input::{self, Feed, Wake};
use crate::{
    end::End,
    event::Event,
    exit::Exit,
    input::{Order, Source, WAITING},
    interrupt::Interrupt,
    output::{Format, Output},
    session::Session,
    talk::{Plan, Talk},
};

pub(crate) struct Client {
    builder: Builder,
    source: Source,
    output: Arc<Output>,
    interrupt: Arc<Interrupt>,
    #[cfg(not(target_os = "wasi"))]
    wake: Wake,
    talk: Talk,
    retry: Option<Retry>,
    /// Input is read from the first open connection on.
    reading: bool,
}

/// `--reconnect` at work.
struct Retry {
    backoff: Backoff,
    entropy: OsEntropy,
    begin: Instant,
    /// Since the last open connection.
    losses: u32,
}

/// So many messages of a person are kept while there is no connection.
const KEPT: usize = 10_000;

impl Client {
    /// # Errors
    /// There are no random bytes for the waits.
    pub(crate) fn new(
        builder: Builder,
        plan: Plan,
        source: Source,
        policy: Option<Policy>,
        output: &Arc<Output>,
    ) -> io::Result<Self> {
        let retry = match policy {
            Some(policy) => Some(Retry {
                backoff: Backoff::new(policy),
                entropy: entropy()?,
                begin: Instant::now(),
                losses: 0,
            }),
            None => None,
        };
        Ok(Self {
            builder,
            source,
            output: Arc::clone(output),
            interrupt: Interrupt::watch(output),
            #[cfg(not(target_os = "wasi"))]
            wake: Wake::default(),
            talk: Talk::new(plan),
            retry,
            reading: false,
        })
    }

    /// Runs to the end and prints the last line.
    pub(crate) fn run(mut self) -> Exit {
        loop {
            let end = self.connection();
            if !self.again(&end) {
                return finish(&self.output, &end);
            }
        }
    }

    /// One connection, from the attempt to its end.
    fn connection(&mut self) -> End {
        match self.open() {
            Ok(socket) => {
                let greeted = self.greet(&socket);
                if greeted.is_err() {
                    return End::Unread;
                }
                self.read_input();
                let end = Session::new(socket, &mut self.talk, &self.output, &self.interrupt).run();
                #[cfg(not(target_os = "wasi"))]
                self.wake.set(None);
                end
            }
            Err(error) => End::NotOpened(error),
        }
    }

    #[cfg(target_os = "wasi")]
    fn open(&self) -> Result<WebSocket, ConnectError> {
        self.builder.connect()
    }

    #[cfg(not(target_os = "wasi"))]
    fn open(&mut self) -> Result<WebSocket, ConnectError> {
        let socket = self.builder.connect()?;
        let waker = socket.waker().map_err(ConnectError::Io)?;
        self.interrupt.opened(waker.clone());
        self.wake.set(Some(waker));
        Ok(socket)
    }

    fn greet(&mut self, socket: &WebSocket) -> io::Result<()> {
        let mut attempt = 0;
        if let Some(retry) = &mut self.retry {
            attempt = core::mem::take(&mut retry.losses);
            retry.backoff.opened(retry.begin.elapsed());
        }
        self.output.event(&Event::Connected {
            url: socket.url(),
            status: socket.response().status(),
            subprotocol: socket.subprotocol(),
            extensions: socket.extensions(),
            attempt,
        })
    }

    /// Begins to read the input, once.
    #[cfg(target_os = "wasi")]
    fn read_input(&mut self) {
        if !core::mem::replace(&mut self.reading, true) {
            self.talk.orders = Some(match self.source {
                Source::Nothing => Orders::none(),
                Source::Lines => Orders::of_stdin(),
            });
        }
    }

    /// Begins to read the input, once.
    #[cfg(not(target_os = "wasi"))]
    fn read_input(&mut self) {
        if core::mem::replace(&mut self.reading, true) {
            return;
        }
        let (feed, orders) = Feed::new(self.wake.clone());
        self.talk.orders = Some(orders);
        match self.source {
            Source::Nothing => {
                feed.send(Order::End);
            }
            Source::Lines => input::read_lines(feed),
            #[cfg(unix)]
            Source::Editor => {
                self.output
                    .note("Each line is sent as a message; /help shows the commands.");
                match editor::start(feed.clone(), Arc::clone(&self.interrupt)) {
                    Ok(prompt) => self.output.set_prompt(prompt),
                    Err(error) => {
                        log::debug!("no line editor: {error}");
                        input::read_lines(feed);
                    }
                }
            }
        }
    }

    /// Waits for the next attempt. False: there is none.
    fn again(&mut self, end: &End) -> bool {
        if self.talk.closing || !end.is_loss() {
            return false;
        }
        let Some(retry) = &mut self.retry else {
            return false;
        };
        if !self.interrupt.lost() {
            return false;
        }
        let delay = if end.is_final() {
            None
        } else {
            let now = retry.begin.elapsed();
            retry
                .backoff
                .lost(now, end.retry_after(), &mut retry.entropy)
        };
        retry.losses = retry.losses.saturating_add(1);
        let disconnected = Event::Disconnected {
            kind: end.kind().as_str(),
            attempt: retry.losses,
            retry_in_ms: delay.map(|delay| delay.as_millis().try_into().unwrap_or(u64::MAX)),
            message: end.words(),
        };
        let told = self.output.event(&disconnected).is_ok();
        told && delay.is_some_and(|delay| self.wait(delay))
    }

    /// Waits. Ctrl-C ends the program meanwhile. False: the user, or the end
    /// of the input, wants the program to end.
    fn wait(&mut self, delay: Duration) -> bool {
        let Some(until) = Instant::now().checked_add(delay) else {
            return false;
        };
        let most = if self.source.is_person() {
            KEPT
        } else {
            WAITING
        };
        let mut told = false;
        loop {
            let close_at = self.talk.close_at;
            let time = close_at.map_or(until, |at| at.min(until));
            match &mut self.talk.orders {
                Some(orders) => {
                    let kept = || {
                        if self.source.is_person() && !core::mem::replace(&mut told, true) {
                            self.output
                                .note("There is no connection; it is sent on the next.");
                        }
                    };
                    match orders.wait(time, most, kept) {
                        Some(Order::End) => {
                            self.talk.end_of_input();
                            continue;
                        }
                        #[cfg(target_os = "wasi")]
                        Some(Order::Nothing) => {
                            self.talk.no_input();
                            continue;
                        }
                        Some(_) => return false,
                        None => {}
                    }
                }
                None => thread::sleep(time.saturating_duration_since(Instant::now())),
            }
            return close_at.is_none_or(|at| at > Instant::now());
        }
    }
}

#[cfg(not(target_os = "wasi"))]
fn entropy() -> io::Result<OsEntropy> {
    OsEntropy::new()
}

#[cfg(target_os = "wasi")]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
fn entropy() -> io::Result<OsEntropy> {
    Ok(OsEntropy::new())
}

/// Prints the last line.
fn finish(output: &Output, end: &End) -> Exit {
    let Some(event) = end.event() else {
        return Exit::Lost;
    };
    if let End::NotOpened(_) = end {
        say_usage(output, &event);
    }
    if output.last(&event) {
        end.exit()
    } else {
        Exit::Lost
    }
}

/// A usage error is said on stderr, too, where events are not for people.
pub(crate) fn say_usage(output: &Output, event: &Event<'_>) {
    if let (Event::Error { kind, message, .. }, Format::Json) = (event, output.format())
        && *kind == Kind::Usage.as_str()
    {
        output.note(&format!("hybi: {message}"));
    }
}
