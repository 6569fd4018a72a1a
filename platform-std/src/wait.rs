//! Waiting for a socket with a deadline, and waking that wait from another
//! thread.
//!
//! An operation is tried first, without blocking; only when it would block
//! does a wait begin, over the socket and the waker together:
//!
//! ```text
//!   try ── done ──► return            other threads
//!    │ would block                        │ Waker::wake
//!    ▼                                    ▼
//!   poll [ socket | waker ] until the deadline
//! ```

use core::{
    fmt,
    sync::atomic::{AtomicU8, Ordering},
    time::Duration,
};
use std::{
    io,
    sync::{Arc, OnceLock},
    time::Instant,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fd::{AsFd, BorrowedFd},
};

/// A time on the scale that the core uses: since a fixed origin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    origin: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// `instant` on this clock's scale; a time before the origin is the
    /// origin.
    pub(crate) fn at(&self, instant: Instant) -> Duration {
        instant.saturating_duration_since(self.origin)
    }
}

/// What a wait is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    Write,
    Both,
}

/// How a wait ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// The socket is ready, or has failed, or another thread has changed
    /// something ([`Waker::nudge`]): try again.
    Ready,
    /// A [`Waker`] ended the wait.
    Woken,
    /// The deadline passed.
    TimedOut,
}

/// Waits of one connection: its clock and, once asked for, its waker. Clones
/// share a waker that was made before.
#[derive(Debug, Clone)]
pub(crate) struct Waiter {
    clock: Clock,
    // Made on demand: most connections live on one thread and save the two
    // descriptors.
    wake: OnceLock<Waker>,
}

impl Waiter {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            wake: OnceLock::new(),
        }
    }

    pub(crate) const fn clock(&self) -> Clock {
        self.clock
    }

    /// The handle that ends waits from another thread.
    pub(crate) fn waker(&self) -> io::Result<Waker> {
        if let Some(waker) = self.wake.get() {
            return Ok(waker.clone());
        }
        let made = Waker(Arc::new(Shared {
            signals: AtomicU8::new(0),
            channel: Channel::new()?,
        }));
        Ok(self.wake.get_or_init(|| made).clone())
    }

    /// Whether anybody may wake these waits.
    pub(crate) fn has_waker(&self) -> bool {
        self.wake.get().is_some()
    }

    /// Takes a wake that has been asked for and not yet been noticed.
    pub(crate) fn take_wake(&self) -> bool {
        self.take() & WOKEN != 0
    }

    fn take(&self) -> u8 {
        self.wake.get().map_or(0, |waker| waker.0.take())
    }

    /// Waits until `socket` is ready for `interest`.
    pub(crate) fn wait(
        &self,
        socket: BorrowedFd<'_>,
        interest: Interest,
        deadline: Option<Duration>,
    ) -> io::Result<Wait> {
        let flags = interest.flags();
        loop {
            match self.take() {
                0 => {}
                signals if signals & WOKEN != 0 => return Ok(Wait::Woken),
                _ => return Ok(Wait::Ready),
            }
            let left = match deadline {
                Some(deadline) => match deadline.checked_sub(self.clock.now()) {
                    Some(left) if !left.is_zero() => Some(left),
                    // A passed deadline still gets the answer whether the
                    // socket is ready: no wait, one look.
                    _ => Some(Duration::ZERO),
                },
                None => None,
            };
            let socket_fd = PollFd::from_borrowed_fd(socket, flags);
            let ready = match self.wake.get() {
                Some(waker) => {
                    let waker_fd =
                        PollFd::from_borrowed_fd(waker.0.channel.receiver(), PollFlags::IN);
                    poll_for(&mut [socket_fd, waker_fd], left)?
                }
                None => poll_for(&mut [socket_fd], left)?,
            };
            match ready {
                Polled::First => return Ok(Wait::Ready),
                Polled::Other => continue,
                Polled::Nothing if left == Some(Duration::ZERO) => return Ok(Wait::TimedOut),
                Polled::Nothing => continue,
            }
        }
    }
}

impl Interest {
    const fn flags(self) -> PollFlags {
        match self {
            Self::Read => PollFlags::IN,
            Self::Write => PollFlags::OUT,
            Self::Both => PollFlags::IN.union(PollFlags::OUT),
        }
    }
}

enum Polled {
    First,
    Other,
    Nothing,
}

fn poll_for(fds: &mut [PollFd<'_>], left: Option<Duration>) -> io::Result<Polled> {
    let timeout = left.map(timespec);
    match poll(fds, timeout.as_ref()) {
        Ok(0) => Ok(Polled::Nothing),
        Ok(_) => match fds.first() {
            Some(first) if !first.revents().is_empty() => Ok(Polled::First),
            _ => Ok(Polled::Other),
        },
        // A signal: whoever handles it wakes us if it means us.
        Err(rustix::io::Errno::INTR) => Ok(Polled::Other),
        Err(error) => Err(error.into()),
    }
}

/// At most a day: the caller looks at the clock again after each wait.
pub(crate) fn timespec(left: Duration) -> Timespec {
    let left = left.min(Duration::from_secs(86_400));
    Timespec::try_from(left).unwrap_or_default()
}

/// Ends a blocked wait of one connection, from any thread.
///
/// A wake is remembered: one that comes while nobody waits ends the next
/// wait at once. Several of them before that count as one. Clones wake the
/// same connection; one that has ended is not disturbed.
#[derive(Clone)]
pub struct Waker(Arc<Shared>);

struct Shared {
    /// [`WOKEN`] and [`NUDGED`], not yet noticed.
    signals: AtomicU8,
    channel: Channel,
}

const WOKEN: u8 = 1;
const NUDGED: u8 = 2;

impl Waker {
    /// Makes the wait that is going on, or else the next one, return.
    pub fn wake(&self) {
        self.0.signal(WOKEN);
    }

    /// Makes the wait look again at what it waits for. Nobody notices it
    /// outside this crate.
    pub(crate) fn nudge(&self) {
        self.0.signal(NUDGED);
    }
}

impl Shared {
    fn signal(&self, signal: u8) {
        if self.signals.fetch_or(signal, Ordering::AcqRel) == 0 {
            self.channel.send();
        }
    }

    fn take(&self) -> u8 {
        if self.signals.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        // The flags before the byte: a signal between the two sets its flag
        // again, and the flags are looked at before every wait.
        let signals = self.signals.swap(0, Ordering::AcqRel);
        self.channel.drain();
        signals
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker").finish_non_exhaustive()
    }
}

/// A descriptor that a poll can watch and another thread can make ready.
#[cfg(unix)]
struct Channel {
    sender: std::os::unix::net::UnixStream,
    receiver: std::os::unix::net::UnixStream,
}

#[cfg(unix)]
impl Channel {
    fn new() -> io::Result<Self> {
        let (sender, receiver) = std::os::unix::net::UnixStream::pair()?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self { sender, receiver })
    }

    fn send(&self) {
        // Only a full channel refuses, and that one is ready already.
        let _ = io::Write::write(&mut &self.sender, &[1]);
    }

    fn drain(&self) {
        let mut bytes = [0; 16];
        while matches!(io::Read::read(&mut &self.receiver, &mut bytes), Ok(n) if n == bytes.len()) {
        }
    }

    fn receiver(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }
}

/// Elsewhere: two UDP sockets on the loopback interface, each connected to
/// the other, so that nobody else's datagrams get in.
#[cfg(not(unix))]
struct Channel {
    sender: std::net::UdpSocket,
    receiver: std::net::UdpSocket,
}

#[cfg(not(unix))]
impl Channel {
    fn new() -> io::Result<Self> {
        use core::net::Ipv4Addr;
        let sender = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let receiver = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        sender.connect(receiver.local_addr()?)?;
        receiver.connect(sender.local_addr()?)?;
        sender.set_nonblocking(true)?;
        receiver.set_nonblocking(true)?;
        Ok(Self { sender, receiver })
    }

    fn send(&self) {
        let _ = self.sender.send(&[1]);
    }

    fn drain(&self) {
        let mut bytes = [0; 16];
        while self.receiver.recv(&mut bytes).is_ok() {}
    }

    fn receiver(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::{io::Write, os::unix::net::UnixStream, thread};

    fn millis(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_wait_ends_at_its_deadline() {
        let (here, _there) = UnixStream::pair().unwrap();
        let waiter = Waiter::new(Clock::new());
        let begin = Instant::now();
        let deadline = waiter.clock().now() + millis(30);
        let wait = waiter.wait(here.as_fd(), Interest::Read, Some(deadline));
        assert_eq!(wait.unwrap(), Wait::TimedOut);
        assert!(begin.elapsed() >= millis(29));
    }

    #[test]
    fn a_passed_deadline_still_sees_a_ready_socket() {
        let (here, mut there) = UnixStream::pair().unwrap();
        there.write_all(b"x").unwrap();
        let waiter = Waiter::new(Clock::new());
        let wait = waiter.wait(here.as_fd(), Interest::Read, Some(Duration::ZERO));
        assert_eq!(wait.unwrap(), Wait::Ready);
    }

    #[test]
    fn wake_ends_a_wait_from_another_thread() {
        let (here, _there) = UnixStream::pair().unwrap();
        let waiter = Waiter::new(Clock::new());
        let waker = waiter.waker().unwrap();
        let begin = Instant::now();
        let other = thread::spawn(move || {
            thread::sleep(millis(20));
            waker.wake();
        });
        let wait = waiter.wait(here.as_fd(), Interest::Read, None);
        assert_eq!(wait.unwrap(), Wait::Woken);
        assert!(begin.elapsed() < millis(500));
        other.join().unwrap();
    }

    #[test]
    fn wakes_are_remembered_and_coalesced() {
        let (here, _there) = UnixStream::pair().unwrap();
        let waiter = Waiter::new(Clock::new());
        let waker = waiter.waker().unwrap();
        for _ in 0..100_000 {
            waker.wake();
        }
        let wait = |deadline| waiter.wait(here.as_fd(), Interest::Read, Some(deadline));
        assert_eq!(wait(millis(60_000)).unwrap(), Wait::Woken);
        assert_eq!(wait(Duration::ZERO).unwrap(), Wait::TimedOut);
        waker.wake();
        assert!(waiter.take_wake());
        assert!(!waiter.take_wake());
    }

    #[test]
    fn a_nudge_is_not_a_wake() {
        let (here, _there) = UnixStream::pair().unwrap();
        let waiter = Waiter::new(Clock::new());
        let waker = waiter.waker().unwrap();
        let wait = || waiter.wait(here.as_fd(), Interest::Read, Some(millis(10)));
        waker.nudge();
        assert_eq!(wait().unwrap(), Wait::Ready);
        assert_eq!(wait().unwrap(), Wait::TimedOut);
        waker.nudge();
        waker.wake();
        assert_eq!(wait().unwrap(), Wait::Woken);
        assert_eq!(wait().unwrap(), Wait::TimedOut);
    }
}
