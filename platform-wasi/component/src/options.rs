//! The settings of a connection.

use core::{cell::RefCell, time::Duration};

use hybi_wasi::{
    Builder, Compression, Keepalive, Proxy, Tls,
    tls::{Roots, TlsError},
};

use crate::{
    bindings::exports::hybi::websocket::client::{Error, GuestOptions},
    error::of_settings,
};

/// Kept as they were given: what is wrong with them is told when connecting.
#[derive(Default)]
pub(crate) struct Options(RefCell<Given>);

#[derive(Default)]
struct Given {
    changes: Vec<Box<dyn Fn(Builder) -> Builder>>,
    proxy: Option<String>,
    tls: TlsGiven,
}

#[derive(Default)]
struct TlsGiven {
    roots: Vec<String>,
    no_bundled_roots: bool,
    client: Option<(String, String)>,
    server_name: Option<String>,
    accept_any: bool,
}

impl Options {
    pub(crate) fn builder(&self, url: String) -> Result<Builder, Error> {
        let given = self.0.borrow();
        let tls = given.tls.settings().map_err(of_settings)?;
        let proxy = match &given.proxy {
            Some(url) => Proxy::url(url).map_err(of_settings)?,
            None => Proxy::None,
        };
        let builder = hybi_wasi::builder(url).proxy(proxy).tls(tls);
        Ok(given
            .changes
            .iter()
            .fold(builder, |builder, change| change(builder)))
    }

    fn change(&self, change: impl Fn(Builder) -> Builder + 'static) {
        self.0.borrow_mut().changes.push(Box::new(change));
    }
}

impl TlsGiven {
    fn settings(&self) -> Result<Tls, TlsError> {
        let mut tls = Tls::builder();
        if self.no_bundled_roots {
            tls = tls.roots(Roots::Added);
        }
        for pem in &self.roots {
            tls = tls.add_root_pem(pem.as_bytes())?;
        }
        if let Some((chain, key)) = &self.client {
            tls = tls.client_certificate_pem(chain.as_bytes(), key.as_bytes())?;
        }
        if let Some(name) = &self.server_name {
            tls = tls.server_name(name);
        }
        if self.accept_any {
            tls = tls.danger_accept_any_certificate();
        }
        tls.build()
    }
}

impl GuestOptions for Options {
    fn new() -> Self {
        Self::default()
    }

    fn add_header(&self, name: String, value: String) {
        self.change(move |builder| builder.header(&name, &value));
    }

    fn add_secret_header(&self, name: String, value: String) {
        self.change(move |builder| builder.secret_header(&name, &value));
    }

    fn add_subprotocol(&self, name: String) {
        self.change(move |builder| builder.subprotocol(&name));
    }

    fn set_connect_timeout(&self, timeout: Option<u64>) {
        let timeout = timeout.map(Duration::from_nanos);
        self.change(move |builder| builder.connect_timeout(timeout));
    }

    fn set_idle_timeout(&self, timeout: Option<u64>) {
        let timeout = timeout.map(Duration::from_nanos);
        self.change(move |builder| builder.idle_timeout(timeout));
    }

    fn set_write_timeout(&self, timeout: Option<u64>) {
        let timeout = timeout.map(Duration::from_nanos);
        self.change(move |builder| builder.write_timeout(timeout));
    }

    fn set_close_timeout(&self, timeout: u64) {
        let timeout = Duration::from_nanos(timeout);
        self.change(move |builder| builder.close_timeout(timeout));
    }

    fn set_keepalive(&self, interval: u64, timeout: u64) {
        let keepalive =
            Keepalive::every(Duration::from_nanos(interval)).timeout(Duration::from_nanos(timeout));
        self.change(move |builder| builder.keepalive(keepalive.clone()));
    }

    fn set_max_message_size(&self, bytes: u64) {
        self.change(move |builder| builder.max_message_size(bytes));
    }

    fn set_compression(&self, offer: bool) {
        self.change(move |builder| builder.compression(offer.then(Compression::new)));
    }

    fn set_proxy(&self, url: Option<String>) {
        self.0.borrow_mut().proxy = url;
    }

    fn set_credentials(&self, user: String, password: String) {
        self.change(move |builder| builder.credentials(&user, &password));
    }

    fn add_roots(&self, pem: String) {
        self.0.borrow_mut().tls.roots.push(pem);
    }

    fn set_bundled_roots(&self, trust: bool) {
        self.0.borrow_mut().tls.no_bundled_roots = !trust;
    }

    fn set_client_certificate(&self, chain: String, key: String) {
        self.0.borrow_mut().tls.client = Some((chain, key));
    }

    fn set_server_name(&self, name: String) {
        self.0.borrow_mut().tls.server_name = Some(name);
    }

    fn danger_accept_any_certificate(&self) {
        self.0.borrow_mut().tls.accept_any = true;
    }
}
