//! What a connection does when it is dropped.

use core::ops::{Deref, DerefMut};

use hybi_core::{close_code::CloseCode, connection::State, driver::blocking};

use crate::{compression::Extension, entropy::OsEntropy, stream::Stream};

/// The core's driver over this crate's stream.
pub(crate) type Driver = blocking::WebSocket<Stream, Vec<u8>, Vec<u8>, OsEntropy, Extension>;

/// A driver whose drop says Close with 1001, if that goes without waiting,
/// and ends the stream.
#[derive(Debug)]
pub(crate) struct Ending {
    /// Empty only on the way out of [`into_inner`](Self::into_inner).
    driver: Option<Driver>,
    over: bool,
}

impl From<Driver> for Ending {
    fn from(driver: Driver) -> Self {
        Self {
            driver: Some(driver),
            over: false,
        }
    }
}

impl Ending {
    /// Ends the stream, once.
    pub(crate) fn end(&mut self) {
        if !self.over {
            self.over = true;
            self.transport_mut().end();
        }
    }

    /// The driver, which goes on.
    pub(crate) fn into_inner(mut self) -> Driver {
        match self.driver.take() {
            Some(driver) => driver,
            // Nothing but this takes it, and this takes `self`.
            None => unreachable!(),
        }
    }
}

impl Deref for Ending {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        match &self.driver {
            Some(driver) => driver,
            None => unreachable!(),
        }
    }
}

impl DerefMut for Ending {
    fn deref_mut(&mut self) -> &mut Driver {
        match &mut self.driver {
            Some(driver) => driver,
            None => unreachable!(),
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.over || self.driver.is_none() {
            return;
        }
        self.transport_mut().never_wait();
        if self.connection().state() == State::Open {
            let _ = self.start_close(CloseCode::GOING_AWAY, "");
        }
        self.end();
    }
}
