//! A transport and a clock that stand still until they are told to go on.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future::poll_fn,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use embedded_io_async::{ErrorType, Read, Write};
use hybi_core::driver::asynch::Timer;

#[derive(Debug, Default)]
pub struct State {
    /// On the way to the client, and to the peer.
    pub to_client: Vec<u8>,
    pub to_peer: Vec<u8>,
    /// How many bytes may still be read, and written.
    pub readable: usize,
    pub writable: usize,
    /// The peer ended its side.
    pub ended: bool,
    flushing: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Pipe(pub Rc<RefCell<State>>);

impl ErrorType for Pipe {
    type Error = Infallible;
}

impl Read for Pipe {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        assert!(!buf.is_empty(), "a read into nothing");
        poll_fn(|_| {
            let mut state = self.0.borrow_mut();
            let n = buf.len().min(state.readable).min(state.to_client.len());
            if n == 0 && !(state.ended && state.to_client.is_empty()) {
                return Poll::Pending;
            }
            state.readable -= n;
            for (to, from) in buf.iter_mut().zip(state.to_client.drain(..n)) {
                *to = from;
            }
            Poll::Ready(Ok(n))
        })
        .await
    }
}

impl Write for Pipe {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        assert!(!bytes.is_empty(), "a write of nothing");
        poll_fn(|_| {
            let mut state = self.0.borrow_mut();
            let n = bytes.len().min(state.writable);
            if n == 0 {
                return Poll::Pending;
            }
            state.writable -= n;
            state.to_peer.extend_from_slice(&bytes[..n]);
            Poll::Ready(Ok(n))
        })
        .await
    }

    async fn flush(&mut self) -> Result<(), Infallible> {
        poll_fn(|_| {
            let mut state = self.0.borrow_mut();
            state.flushing = !state.flushing;
            if state.flushing {
                Poll::Pending
            } else {
                Poll::Ready(Ok(()))
            }
        })
        .await
    }
}

#[derive(Debug, Clone, Default)]
pub struct Clock(pub Rc<Cell<Duration>>);

impl Timer for Clock {
    fn now(&mut self) -> Duration {
        self.0.get()
    }

    async fn sleep_until(&mut self, deadline: Duration) {
        poll_fn(|_| {
            if self.0.get() >= deadline {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}
