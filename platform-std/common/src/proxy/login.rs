//! How this side shows an HTTP proxy who it is.

use hybi_core::{
    entropy::Entropy,
    proxy::{HttpConnect, Target},
};

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};

use super::ProxyUrl;
use crate::{
    auth::{self, Asked, Challenge, Credentials},
    response::Response,
};

/// Basic with the first request, then what the proxy asks for, each time over
/// a new connection: many proxies end the one that they refuse on.
///
/// ```text
///   ask ─► 200: open
///    ▲ └─► 407 ─► answer ─┐
///    └────────────────────┘
/// ```
#[derive(Debug)]
pub struct Login {
    known: Option<Credentials>,
    /// The value of `Proxy-Authorization`.
    said: Option<String>,
    answers: u8,
}

/// A challenge is answered once, and once more where only its nonce was old.
const MAX_ANSWERS: u8 = 2;

impl Login {
    /// For a proxy with the credentials of its URL, if it has any.
    #[must_use]
    pub fn new(proxy: &ProxyUrl) -> Self {
        let known = proxy.credentials();
        let known = known.map(|known| Credentials::new(&*known.user, &*known.password));
        Self {
            said: known.as_ref().and_then(Credentials::basic),
            known,
            answers: 0,
        }
    }

    /// The next request.
    #[must_use]
    pub fn ask<'a>(&'a self, target: Target<'a>) -> HttpConnect<'a> {
        let ask = HttpConnect::new(target);
        match &self.said {
            Some(value) => ask.authorization(value),
            None => ask,
        }
    }

    /// What to do after a refusal: ask again, or nothing more, where that was
    /// not a challenge that can be answered.
    pub fn go_on(
        &mut self,
        refusal: Option<&Response>,
        target: Target<'_>,
        entropy: &mut impl Entropy,
    ) -> bool {
        let Some(known) = &self.known else {
            return false;
        };
        let challenges = challenges(refusal);
        if self.answers == MAX_ANSWERS || (self.answers > 0 && !auth::is_stale(&challenges)) {
            return false;
        }
        let asked = Asked {
            method: "CONNECT",
            target: &target.to_string(),
        };
        let answer = known.answer(&challenges, asked, entropy);
        // What was refused once is not said again.
        if answer.is_none() || answer == self.said {
            return false;
        }
        log::debug!("407: once more, with credentials");
        self.said = answer;
        self.answers += 1;
        true
    }
}

/// What a 407 asks for (RFC 9110 §11.7.1).
fn challenges(refusal: Option<&Response>) -> Vec<Challenge> {
    let response = refusal.filter(|response| response.status() == 407);
    let headers = response.into_iter().flat_map(Response::headers);
    Challenge::all(
        headers
            .filter(|(name, _)| name.eq_ignore_ascii_case("Proxy-Authenticate"))
            .map(|(_, value)| value),
    )
}
