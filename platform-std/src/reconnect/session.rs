//! The loop of attempts, connections and waits.

use core::{fmt, mem, time::Duration};
use std::{sync::Arc, time::Instant};

use hybi_core::{
    connection::{Delivery, Event},
    entropy::Entropy,
    reconnect::{Backoff, Policy},
};

use super::{
    Handle,
    event::{Cause, Disconnected, Opened, Outcome, SessionEvent, is_loss},
    link::{Link, Stop, Waited},
};
use crate::{
    builder::Builder,
    entropy::OsEntropy,
    error::ConnectError,
    message::Closed,
    split::{Found, Receiver},
    websocket::WebSocket,
};

/// A connection that comes back; see [`reconnect`](crate::reconnect).
///
/// It is an iterator over [`SessionEvent`]s. Everything happens while it is
/// asked for the next one, except that attempts run on a thread of their own.
/// Dropping it says Close with 1001 and ends TCP.
#[must_use]
pub struct Reconnecting {
    builder: Arc<Builder>,
    configure: Option<Configure>,
    retry_if: Option<RetryIf>,
    backoff: Option<Backoff>,
    jitter: Jitter,
    begin: Instant,
    link: Arc<Link>,
    stage: Stage,
    reconnect: bool,
}

type Configure = Box<dyn FnMut(Builder, u32) -> Builder + Send>;
type RetryIf = Box<dyn FnMut(&Cause) -> bool + Send>;

enum Stage {
    /// An attempt is next.
    Idle,
    Connecting,
    Open(Receiver),
    Waiting(Instant),
    /// Only the last event is left.
    Ending(Outcome),
    Over,
}

/// What happened, with received data still in the receiver.
pub(crate) enum Step {
    Open(Opened),
    Received(Found),
    Disconnected(Disconnected),
    Closed(Outcome),
}

impl Reconnecting {
    /// A session with the connections that `builder` makes, by the default
    /// [`Policy`]. Nothing happens before the first event is asked for.
    pub fn new(builder: Builder) -> Self {
        Self {
            builder: Arc::new(builder),
            configure: None,
            retry_if: None,
            backoff: Some(Backoff::new(Policy::default())),
            jitter: Jitter(OsEntropy::new().ok()),
            begin: Instant::now(),
            link: Arc::default(),
            stage: Stage::Idle,
            reconnect: false,
        }
    }

    /// How often and how fast to try again. `None`: never.
    pub fn policy(mut self, policy: impl Into<Option<Policy>>) -> Self {
        self.backoff = policy.into().map(Backoff::new);
        self
    }

    /// Decides after each loss whether to try again, as long as the policy
    /// allows. Default: unless [`Cause::is_final`].
    pub fn retry_if(mut self, decide: impl FnMut(&Cause) -> bool + Send + 'static) -> Self {
        self.retry_if = Some(Box::new(decide));
        self
    }

    /// Changes the settings before each attempt. The second parameter counts
    /// the attempts since the last open connection, from 1; 0 for the first
    /// attempt of all.
    pub fn configure(
        mut self,
        configure: impl FnMut(Builder, u32) -> Builder + Send + 'static,
    ) -> Self {
        self.configure = Some(Box::new(configure));
        self
    }

    /// Adds headers that are made anew before each attempt, with a token that
    /// expires for instance. They are treated as
    /// [secrets](Builder::secret_header). For anything else, see
    /// [`configure`](Self::configure), which this replaces.
    pub fn headers_from<H>(self, mut headers: impl FnMut(u32) -> H + Send + 'static) -> Self
    where
        H: IntoIterator<Item = (String, String)>,
    {
        self.configure(move |builder, attempt| {
            headers(attempt)
                .into_iter()
                .fold(builder, |builder, (name, value)| {
                    builder.secret_header(name, value)
                })
        })
    }

    /// The way in from other threads.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle::new(self.link.clone())
    }

    /// Waits for the next event. `None` after [`SessionEvent::Closed`].
    pub fn next_event(&mut self) -> Option<SessionEvent> {
        self.event_by(None)
    }

    /// Like [`next_event`](Self::next_event), waiting at most for `timeout`.
    /// `None`: the time is over, or the session [is](Self::is_over).
    pub fn next_event_timeout(&mut self, timeout: Duration) -> Option<SessionEvent> {
        self.event_by(Instant::now().checked_add(timeout))
    }

    /// Whether the last event has been handed over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    fn event_by(&mut self, until: Option<Instant>) -> Option<SessionEvent> {
        loop {
            return Some(match self.advance(until)? {
                Step::Open(opened) => SessionEvent::Open(opened),
                Step::Disconnected(loss) => SessionEvent::Disconnected(loss),
                Step::Closed(outcome) => SessionEvent::Closed(outcome),
                Step::Received(found) => match self.receiver()?.message(found) {
                    Some(message) => SessionEvent::Message(message),
                    None => continue,
                },
            });
        }
    }

    /// How messages are handed over.
    pub(crate) fn delivery(&mut self, delivery: Delivery) {
        let builder = Arc::make_mut(&mut self.builder);
        *builder = builder.clone().delivery(delivery);
    }

    /// Where received data is; there while a connection is open.
    pub(crate) const fn receiver(&mut self) -> Option<&mut Receiver> {
        match &mut self.stage {
            Stage::Open(receiver) => Some(receiver),
            _ => None,
        }
    }

    /// What happens next. `None`: `until` passed, or it is over.
    pub(crate) fn advance(&mut self, until: Option<Instant>) -> Option<Step> {
        loop {
            match mem::replace(&mut self.stage, Stage::Over) {
                Stage::Idle => self.attempt(),
                Stage::Connecting => {
                    self.stage = Stage::Connecting;
                    match self.link.wait(until) {
                        Waited::TimedOut => return None,
                        Waited::Stopped => self.stage = Stage::Ending(Outcome::Stopped),
                        Waited::Arrived(result) => {
                            if let Some(step) = self.arrived(*result) {
                                return Some(step);
                            }
                        }
                    }
                }
                Stage::Open(receiver) => match self.receive(receiver, until) {
                    Ok(Some(step)) => return Some(step),
                    Ok(None) => {}
                    Err(TimedOut) => return None,
                },
                Stage::Waiting(at) => {
                    let first = until.map_or(at, |until| until.min(at));
                    match self.link.wait(Some(first)) {
                        Waited::Stopped => self.stage = Stage::Ending(Outcome::Stopped),
                        _ if at <= Instant::now() => self.stage = Stage::Idle,
                        _ => {
                            self.stage = Stage::Waiting(at);
                            return None;
                        }
                    }
                }
                Stage::Ending(outcome) => {
                    self.link.end();
                    return Some(Step::Closed(outcome));
                }
                Stage::Over => return None,
            }
        }
    }

    fn attempt(&mut self) {
        if self.link.stop().is_some() {
            self.stage = Stage::Ending(Outcome::Stopped);
            return;
        }
        let attempt = self.backoff.as_ref().map_or(0, Backoff::attempt);
        let common = self.builder.clone();
        let builder = match &mut self.configure {
            Some(configure) => Arc::new(configure((*common).clone(), attempt)),
            None => common.clone(),
        };
        self.stage = Stage::Connecting;
        self.link.attempt(move || {
            builder.share_tls(&common);
            builder.connect()
        });
    }

    /// An attempt is over. `None`: and so is all, a handle said so.
    fn arrived(&mut self, result: Result<WebSocket, ConnectError>) -> Option<Step> {
        let result = result.and_then(|socket| socket.split().map_err(ConnectError::Io));
        let (sender, receiver) = match result {
            Ok(halves) => halves,
            Err(error) => return Some(self.lost(Cause::Connect(Arc::new(error)))),
        };
        if !self.link.opened(sender) {
            self.stage = Stage::Ending(Outcome::Stopped);
            return None;
        }
        let mut attempt = 0;
        if let Some(backoff) = &mut self.backoff {
            attempt = backoff.attempt();
            backoff.opened(self.begin.elapsed());
        }
        let opened = Opened {
            reconnect: mem::replace(&mut self.reconnect, true),
            attempt,
            url: receiver.url().to_owned(),
            response: receiver.response().clone(),
            subprotocol: receiver.subprotocol().map(str::to_owned),
        };
        self.stage = Stage::Open(receiver);
        Some(Step::Open(opened))
    }

    fn receive(
        &mut self,
        mut receiver: Receiver,
        until: Option<Instant>,
    ) -> Result<Option<Step>, TimedOut> {
        let found = match receiver.advance_until(until) {
            Ok(found) => found,
            Err(error) => {
                self.link.gone();
                return Ok(match self.link.stop() {
                    Some(Stop::Abort) => {
                        self.stage = Stage::Ending(Outcome::Stopped);
                        None
                    }
                    _ => Some(self.lost(Cause::Connection(Arc::new(error)))),
                });
            }
        };
        let Some(found) = found else {
            self.stage = Stage::Open(receiver);
            return match until {
                Some(until) if until <= Instant::now() => Err(TimedOut),
                _ => Ok(None),
            };
        };
        if let Event::Closed(closed) = receiver.event(found) {
            self.link.gone();
            let closed = Closed::from(closed);
            if is_loss(&closed) {
                return Ok(Some(self.lost(Cause::Closed(closed))));
            }
            self.stage = Stage::Ending(Outcome::Closed(closed));
            return Ok(None);
        }
        self.stage = Stage::Open(receiver);
        Ok(Some(Step::Received(found)))
    }

    /// Decides what follows a loss.
    fn lost(&mut self, cause: Cause) -> Step {
        let retry = self.link.stop().is_none()
            && match &mut self.retry_if {
                Some(decide) => decide(&cause),
                None => !cause.is_final(),
            };
        let mut next_delay = None;
        let mut attempt = 0;
        if let Some(backoff) = &mut self.backoff {
            if retry {
                let now = self.begin.elapsed();
                next_delay = backoff.lost(now, cause.retry_after(), &mut self.jitter);
            }
            attempt = backoff.attempt();
        }
        self.stage = match next_delay {
            Some(delay) => Stage::Waiting(later(delay)),
            None => Stage::Ending(Outcome::Failed(cause.clone())),
        };
        Step::Disconnected(Disconnected {
            cause,
            attempt,
            next_delay,
        })
    }
}

/// In `delay`, or as late as can be told.
fn later(delay: Duration) -> Instant {
    let now = Instant::now();
    let year = Duration::from_secs(365 * 86_400);
    now.checked_add(delay)
        .or_else(|| now.checked_add(year))
        .unwrap_or(now)
}

struct TimedOut;

impl Iterator for Reconnecting {
    type Item = SessionEvent;

    fn next(&mut self) -> Option<SessionEvent> {
        self.next_event()
    }
}

impl Drop for Reconnecting {
    fn drop(&mut self) {
        self.link.end();
    }
}

impl fmt::Debug for Reconnecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            Stage::Idle => "idle",
            Stage::Connecting => "connecting",
            Stage::Open(_) => "open",
            Stage::Waiting(_) => "waiting",
            Stage::Ending(_) | Stage::Over => "over",
        };
        f.debug_struct("Reconnecting")
            .field("builder", &self.builder)
            .field("backoff", &self.backoff)
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}

/// Spreads the waits. A system without random bytes opens no connection
/// either; the waits lie in the middle then.
struct Jitter(Option<OsEntropy>);

impl Entropy for Jitter {
    fn fill(&mut self, bytes: &mut [u8]) {
        match &mut self.0 {
            Some(entropy) => entropy.fill(bytes),
            None => bytes.fill(0x80),
        }
    }
}
