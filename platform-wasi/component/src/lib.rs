//! `hybi:websocket/client`, exported: hybi-wasi behind the functions of
//! `platform-wasi/wit/client.wit`.
//!
//! Outside WASI this is empty, so that a workspace with native members still
//! builds.
#![cfg(all(target_os = "wasi", target_env = "p2"))]

mod connection;
mod error;
mod options;

#[expect(unsafe_code, reason = "written by wit-bindgen")]
mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        world: "component",
        with: { "wasi:io/poll@0.2.12": hybi_wasi::wasi::io::poll },
    });

    use super::Component;

    export!(Component with_types_in self);
}

use bindings::exports::hybi::websocket::client::{self, Error, Guest, OptionsBorrow};

use connection::Connection;
use options::Options;

struct Component;

impl Guest for Component {
    type Connection = Connection;
    type Options = Options;

    fn connect(
        url: String,
        options: Option<OptionsBorrow<'_>>,
    ) -> Result<client::Connection, Error> {
        let builder = match &options {
            Some(options) => options.get::<Options>().builder(url)?,
            None => hybi_wasi::builder(url),
        };
        let socket = builder.connect().map_err(error::of_connect)?;
        Ok(client::Connection::new(Connection::new(socket)))
    }
}
