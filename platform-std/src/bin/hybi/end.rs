//! How a connection ended, or the attempt at one.

use core::time::Duration;

use hybi_core::reconnect;
use hybi_std::{CloseCode, Closed, ConnectError, Error, Initiator, Kind, error::ProxyError};

use crate::{event::Event, exit::Exit};

#[derive(Debug)]
pub(crate) enum End {
    Closed(Closed),
    Failed(Error),
    NotOpened(ConnectError),
    /// The input cannot be used; the words say why.
    Unusable(String),
    /// Nobody reads what is printed.
    Unread,
}

impl End {
    /// The last line. `None`: nobody would read it.
    pub(crate) fn event(&self) -> Option<Event<'_>> {
        Some(match self {
            Self::Closed(closed) => Event::closed(closed),
            Self::Failed(error) => Event::from(error),
            Self::NotOpened(error) => Event::from(error),
            Self::Unusable(words) => Event::Error {
                kind: Kind::Usage.as_str(),
                close_code: Some(CloseCode::NORMAL.into()),
                status: None,
                message: words.clone(),
            },
            Self::Unread => return None,
        })
    }

    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Closed(closed) => Exit::of_closed(closed),
            _ => Exit::of_error(self.kind()),
        }
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Closed(_) | Self::Unread => Kind::Io,
            Self::Failed(error) => error.kind(),
            Self::NotOpened(error) => error.kind(),
            Self::Unusable(_) => Kind::Usage,
        }
    }

    /// Whether something was lost, or an attempt failed, for another reason
    /// than this side's.
    pub(crate) const fn is_loss(&self) -> bool {
        match self {
            Self::Closed(closed) => {
                matches!(closed.initiator, Initiator::Peer)
                    && !matches!(
                        closed.code,
                        None | Some(CloseCode::NORMAL | CloseCode::GOING_AWAY)
                    )
            }
            Self::Failed(_) => true,
            // Nothing was attempted.
            Self::NotOpened(ConnectError::Proxy {
                error: ProxyError::Url(_),
                ..
            }) => false,
            Self::NotOpened(error) => !matches!(error.kind(), Kind::Url | Kind::Usage),
            Self::Unusable(_) | Self::Unread => false,
        }
    }

    /// Whether another attempt would end the same way.
    pub(crate) const fn is_final(&self) -> bool {
        match self {
            Self::Failed(Error::Tls(error)) | Self::NotOpened(ConnectError::Tls { error, .. }) => {
                error.is_final()
            }
            Self::NotOpened(ConnectError::Handshake { error, .. }) => reconnect::is_final(error),
            Self::NotOpened(ConnectError::Proxy { error, .. }) => match error {
                ProxyError::Tls(error) => error.is_final(),
                // Wrong credentials stay wrong, as with 401.
                error => matches!(error.status(), Some(407)),
            },
            _ => false,
        }
    }

    /// How long the server asked to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NotOpened(error) => {
                reconnect::retry_after(error.response()?.header("Retry-After")?.as_bytes())
            }
            _ => None,
        }
    }

    /// What happened, in words.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Closed(closed) => {
                let mut words = "the peer closed".to_owned();
                if let Some(code) = closed.code {
                    words.push_str(&format!(" with {code}"));
                }
                if !closed.reason.is_empty() {
                    words.push_str(&format!(": {}", closed.reason));
                }
                words
            }
            Self::Failed(error) => error.to_string(),
            Self::NotOpened(error) => error.to_string(),
            Self::Unusable(words) => words.clone(),
            Self::Unread => String::new(),
        }
    }
}
