//! Ctrl-C: the first one asks for the closing handshake, a second one, or
//! one before a connection is open, drops the connection.

use std::{
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use hybi_std::{Kind, Waker};

use crate::{event::Event, exit::Exit, output::Output};

enum Phase {
    Connecting,
    Open(Waker),
    Interrupted,
}

pub(crate) struct Interrupt {
    phase: Mutex<Phase>,
    asked: AtomicBool,
    output: Arc<Output>,
}

impl Interrupt {
    /// Listens for Ctrl-C from now on.
    pub(crate) fn watch(output: &Arc<Output>) -> Arc<Self> {
        let interrupt = Arc::new(Self {
            phase: Mutex::new(Phase::Connecting),
            asked: AtomicBool::new(false),
            output: Arc::clone(output),
        });
        let pressed = Arc::clone(&interrupt);
        if let Err(error) = ctrlc::set_handler(move || pressed.press()) {
            log::warn!("Ctrl-C ends the program without a closing handshake: {error}");
        }
        interrupt
    }

    /// The connection is open, and this waker ends its waits.
    pub(crate) fn opened(&self, waker: Waker) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        *phase = Phase::Open(waker);
    }

    /// The connection is lost, and another one will be tried: Ctrl-C drops
    /// that attempt. False: it was pressed already, so do not try.
    pub(crate) fn lost(&self) -> bool {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Interrupted = *phase {
            return false;
        }
        *phase = Phase::Connecting;
        true
    }

    /// Whether the closing handshake was asked for since the last look.
    pub(crate) fn take(&self) -> bool {
        self.asked.swap(false, Ordering::AcqRel)
    }

    /// Ctrl-C was pressed.
    pub(crate) fn press(&self) {
        let mut phase = self.phase.lock().unwrap_or_else(PoisonError::into_inner);
        match core::mem::replace(&mut *phase, Phase::Interrupted) {
            Phase::Open(waker) => {
                self.asked.store(true, Ordering::Release);
                waker.wake();
            }
            Phase::Connecting | Phase::Interrupted => self.drop_connection(),
        }
    }

    /// Ends the program from this thread: the main one may be in the middle
    /// of connecting, or of a write that nobody takes.
    fn drop_connection(&self) {
        let output = Arc::clone(&self.output);
        let (printed, wait) = mpsc::channel();
        thread::spawn(move || {
            if output.last(&Event::error(Kind::Io, "interrupted")) {
                let _ = printed.send(());
            }
        });
        // Where stdout takes nothing either, go without the last line.
        match wait.recv_timeout(Duration::from_millis(500)) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => process::exit(Exit::Lost as i32),
            // The main thread has printed its last line and is about to end.
            Err(RecvTimeoutError::Disconnected) => {}
        }
    }
}
