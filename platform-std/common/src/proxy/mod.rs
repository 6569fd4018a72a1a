//! Which proxy to use: its URL, the environment, and what is excepted.

mod choice;
mod exceptions;
#[cfg(feature = "http")]
mod login;
mod url;

pub use choice::{Unusable, choose};
#[cfg(feature = "http")]
pub use login::Login;
pub use url::{Credentials, ProxyScheme, ProxyUrl, ProxyUrlError};

/// Whether to go through a proxy, and through which.
///
/// ```
/// use hybi_common::proxy::{Proxy, ProxyUrl};
///
/// let proxy = Proxy::url("socks5h://user:pass@127.0.0.1:1080")?;
/// let proxy = Proxy::from(ProxyUrl::parse("http://proxy:3128")?.except(".lan, 10.0.0.0/8"));
/// let proxy = Proxy::None;
/// # Ok::<(), hybi_common::proxy::ProxyUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Proxy {
    /// What the environment says at the time of connecting.
    #[default]
    Env,
    /// None, whatever the environment says.
    None,
    /// This one, whatever the environment says, `no_proxy` included.
    Url(ProxyUrl),
}

impl Proxy {
    /// The proxy at `url`, such as `http://user:pass@proxy:3128`; see
    /// [`ProxyUrl::parse`].
    ///
    /// # Errors
    /// [`ProxyUrlError`], which holds no secret.
    pub fn url(url: &str) -> Result<Self, ProxyUrlError> {
        ProxyUrl::parse(url).map(Self::Url)
    }
}

impl From<ProxyUrl> for Proxy {
    fn from(url: ProxyUrl) -> Self {
        Self::Url(url)
    }
}
