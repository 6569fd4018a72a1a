//! What the server answered, kept.

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};
use core::fmt;

use hybi_core::{handshake::Response as Borrowed, http::shown, proxy::ProxyResponse};

/// The server's response to the opening handshake: of an open connection, or
/// of a refusal.
///
/// `Debug` shows the names of secret headers but not their values.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    reason: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Response {
    /// Keeps what was answered.
    #[must_use]
    pub fn keep(response: &Borrowed<'_>) -> Self {
        Self {
            status: response.status(),
            reason: response.reason().to_owned(),
            headers: response
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: response.body().to_owned(),
        }
    }

    /// Keeps what a proxy has answered; there is no body.
    #[must_use]
    pub fn of_proxy(response: &ProxyResponse<'_>) -> Self {
        Self {
            status: response.status(),
            reason: response.reason().to_owned(),
            headers: response
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            body: Vec::new(),
        }
    }

    /// The HTTP status: 101 for an open connection.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase; often empty.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// All headers in the order received, repeated ones included.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The value of the first header of this name, in any case, where it is
    /// UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self
            .headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        str::from_utf8(value).ok()
    }

    /// The body of a refusal, as much as the limits let through.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value);
            let value = shown(name, &value).to_owned();
            (name, value)
        });
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("reason", &self.reason)
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body_len", &self.body.len())
            .finish()
    }
}
