//! The waits around the lock.

use core::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use std::{
    io,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use hybi_core::{close_code::CloseCode, connection::Event, error::SendError};

use super::state::{Machine, Read, State, earliest};
use crate::{
    error::Error,
    message::Closed,
    socket::{self, pause},
    stream::Stream,
    wait::{Clock, Interest, Wait, Waiter, Waker},
    websocket::About,
};

/// What the senders and the receiver of one connection share.
pub(super) struct Shared {
    state: Mutex<State>,
    /// Output went out, the receiving side became free, or all is over.
    progress: Condvar,
    /// The next in line may send.
    turns: Condvar,
    /// Ends at once what may block with the lock held.
    aborted: AtomicBool,
    clock: Clock,
    waker: Waker,
    /// For the receiving side, with the waker.
    input: Waiter,
    /// For the others, who are not woken.
    output: Waiter,
    pub(super) about: About,
}

pub(super) type Guard<'a> = MutexGuard<'a, State>;

impl Shared {
    pub(super) fn new(stream: Stream, machine: Machine, waker: Waker, about: About) -> Self {
        let clock = stream.clock();
        Self {
            input: stream.waiter(),
            output: Waiter::new(clock),
            state: Mutex::new(State::new(stream, machine)),
            progress: Condvar::new(),
            turns: Condvar::new(),
            aborted: AtomicBool::new(false),
            clock,
            waker,
            about,
        }
    }

    pub(super) fn lock(&self) -> Guard<'_> {
        // Nothing of ours panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits until the system has what is queued up to `mark`, or `until`
    /// passes: false.
    ///
    /// # Errors
    /// It never will have it.
    pub(super) fn flush<'a>(
        &'a self,
        mut state: Guard<'a>,
        mark: u64,
        until: Option<Duration>,
    ) -> Result<bool, Error> {
        loop {
            state.push();
            if state.is_flushed(mark) {
                return Ok(true);
            }
            if state.is_abandoned(mark) {
                return Err(state.loss());
            }
            let now = state.now();
            if passed(until, now) {
                return Ok(false);
            }
            // The closing deadline: how it ended is for the receiving side.
            if passed(state.closing_deadline(), now) {
                return Err(state.loss());
            }
            state = self.wait_for_output(state, until);
        }
    }

    /// Waits for room to write, or for another thread's progress with that.
    pub(super) fn wait_for_output<'a>(
        &'a self,
        mut state: Guard<'a>,
        until: Option<Duration>,
    ) -> Guard<'a> {
        let deadline = earliest(state.output_deadline(), until);
        if state.polling_output {
            state = self.wait_for_progress(state, deadline);
        } else {
            state.polling_output = true;
            let (socket, interest) = (state.socket(), state.output_interest());
            drop(state);
            // An error of the wait itself shows in the next write.
            let _ = wait(socket, &self.output, interest, deadline);
            state = self.lock();
            state.polling_output = false;
            if interest == Interest::Both {
                state.read_ahead();
                if state.reading {
                    self.waker.nudge();
                }
            }
            state.push();
            self.progress.notify_all();
        }
        if passed(state.output_deadline(), self.clock.now()) {
            state.handle_timeout();
            self.waker.nudge();
        }
        state
    }

    fn wait_for_progress<'a>(&'a self, state: Guard<'a>, until: Option<Duration>) -> Guard<'a> {
        match until {
            None => {
                let waited = self.progress.wait(state);
                waited.unwrap_or_else(PoisonError::into_inner)
            }
            Some(until) => {
                let left = until.saturating_sub(self.clock.now());
                let waited = self.progress.wait_timeout(state, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Runs `send` when it is this thread's turn, and gives the turn on.
    pub(super) fn in_turn<'a>(
        &'a self,
        mut state: Guard<'a>,
        send: impl FnOnce(Guard<'a>) -> (Guard<'a>, Result<(), Error>),
    ) -> (Guard<'a>, Result<(), Error>) {
        let mine = state.line_end;
        state.line_end = state.line_end.wrapping_add(1);
        while state.turn != mine {
            let waited = self.turns.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let (mut state, result) = send(state);
        state.turn = state.turn.wrapping_add(1);
        if state.turn != state.line_end {
            self.turns.notify_all();
        }
        (state, result)
    }

    /// Carries out `order`, once there is room for it.
    pub(super) fn order<'a, T>(
        &'a self,
        mut state: Guard<'a>,
        mut order: impl FnMut(&mut Machine) -> Result<T, SendError>,
    ) -> (Guard<'a>, Result<T, Error>) {
        loop {
            match order(&mut state.machine) {
                Err(SendError::Full) => {
                    let before = state.machine.transmit().len();
                    state.push();
                    let stuck = state.machine.transmit().len() == before;
                    if stuck && state.has_output() {
                        state = self.wait_for_output(state, None);
                    }
                }
                result => return (state, result.map_err(Error::Send)),
            }
        }
    }

    /// Waits for the next event and lends it to `take`. Returns where the
    /// queue ends with the replies to it. `None`: `until` passed, or the
    /// waker ended the wait.
    pub(super) fn find(
        &self,
        until: Option<Duration>,
        mut take: impl FnMut(&Event<'_>),
    ) -> Result<Option<u64>, Error> {
        let mut state = self.lock();
        while state.receiving {
            if passed(until, state.now()) {
                return Ok(None);
            }
            state = self.wait_for_progress(state, until);
        }
        state.receiving = true;
        let (mut state, result) = self.find_alone(state, until, &mut take);
        state.receiving = false;
        drop(state);
        self.progress.notify_all();
        result
    }

    fn find_alone<'a>(
        &'a self,
        mut state: Guard<'a>,
        until: Option<Duration>,
        take: &mut impl FnMut(&Event<'_>),
    ) -> (Guard<'a>, Result<Option<u64>, Error>) {
        let mut looked = false;
        loop {
            if self.input.take_wake() {
                return (state, Ok(None));
            }
            if self.aborted.load(Ordering::Acquire) {
                state.abort();
            }
            match state.find(&mut *take) {
                Ok(true) => {
                    state.push();
                    let mark = state.queued();
                    return (state, Ok(Some(mark)));
                }
                Ok(false) => {}
                Err(error) => return (state, Err(error)),
            }
            state.push();
            if looked && passed(until, state.now()) {
                return (state, Ok(None));
            }
            match state.read() {
                Read::Some => {}
                Read::NoRoom => state = self.wait_for_output(state, until),
                Read::Nothing => {
                    let (again, wait) = self.wait_for_input(state, until);
                    state = again;
                    if wait == Wait::Woken {
                        return (state, Ok(None));
                    }
                }
            }
            looked = true;
        }
    }

    fn wait_for_input<'a>(
        &'a self,
        mut state: Guard<'a>,
        until: Option<Duration>,
    ) -> (Guard<'a>, Wait) {
        let deadline = earliest(state.input_deadline(), until);
        let polls_output = state.has_output() && !state.polling_output;
        state.polling_output |= polls_output;
        state.reading = true;
        let (socket, interest) = (state.socket(), state.input_interest(polls_output));
        drop(state);
        // An error of the wait itself shows in the next read.
        let wait = wait(socket, &self.input, interest, deadline).unwrap_or(Wait::Ready);
        let mut state = self.lock();
        state.reading = false;
        if polls_output {
            state.polling_output = false;
            state.push();
            self.progress.notify_all();
        }
        if passed(state.input_deadline(), state.now()) {
            state.handle_timeout();
        }
        (state, wait)
    }

    /// Queues a Close frame, without its reason where there is no room for
    /// one. Returns where the queue ends then. Never waits.
    pub(super) fn start_close(&self, code: CloseCode, reason: &str) -> Result<u64, Error> {
        let mut state = self.lock();
        let now = state.now();
        match state.machine.close(code, reason, now) {
            Err(SendError::Full) => state.machine.close(code, "", now)?,
            result => result?,
        }
        state.push();
        let mark = state.queued();
        drop(state);
        // The closing deadline counts from now on.
        self.waker.nudge();
        Ok(mark)
    }

    /// Waits for the end. The receiving side is run here while nobody else
    /// runs it, and what it finds is dropped.
    pub(super) fn end(&self) -> Result<Closed, Error> {
        loop {
            let mut state = self.lock();
            if let Some(outcome) = state.outcome() {
                return outcome;
            }
            if state.receiving {
                drop(self.wait_for_progress(state, None));
            } else {
                drop(state);
                self.find(None, |_| {})?;
            }
        }
    }

    /// Ends the connection at once.
    pub(super) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
        self.lock().abort();
        self.over();
    }

    /// Says Close with 1001, if that goes without waiting, and ends it.
    pub(super) fn leave(&self) {
        let _ = self.start_close(CloseCode::GOING_AWAY, "");
        self.lock().end();
        self.over();
    }

    fn over(&self) {
        self.waker.nudge();
        self.progress.notify_all();
        self.turns.notify_all();
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("about", &self.about)
            .finish_non_exhaustive()
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

fn wait(
    socket: Option<socket::Shared>,
    waiter: &Waiter,
    interest: Interest,
    deadline: Option<Duration>,
) -> io::Result<Wait> {
    use rustix::fd::AsFd;
    if let Some(socket) = socket {
        return waiter.wait(socket.as_fd(), interest, deadline);
    }
    // Nothing to poll: the stream said "nothing yet" after its own time-out.
    if waiter.take_wake() {
        return Ok(Wait::Woken);
    }
    if passed(deadline, waiter.clock().now()) {
        return Ok(Wait::TimedOut);
    }
    pause();
    Ok(Wait::Ready)
}

pub(super) fn passed(deadline: Option<Duration>, now: Duration) -> bool {
    deadline.is_some_and(|deadline| now >= deadline)
}
