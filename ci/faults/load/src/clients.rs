//! Each client behind the same four calls, as its own documentation shows them.

use futures_util::{SinkExt as _, StreamExt as _};
use hybi_std::{CloseCode, Compression, Message};
use tokio::net::TcpStream;

use crate::{Failure, dial};

pub(crate) trait Client: Sized + Send + 'static {
    fn open(url: &str) -> impl Future<Output = Result<Self, Failure>> + Send;
    /// Sends a text and returns the next that comes.
    fn echo(&mut self, text: &str) -> impl Future<Output = Result<String, Failure>> + Send;
    fn close(self) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub(crate) struct Hybi(hybi_std::tokio::WebSocket);

impl Client for Hybi {
    async fn open(url: &str) -> Result<Self, Failure> {
        // The others have no compression.
        let builder = hybi_std::builder(url).compression(None::<Compression>);
        Ok(Self(builder.connect_async().await?))
    }

    async fn echo(&mut self, text: &str) -> Result<String, Failure> {
        self.0.send_text(text).await?;
        match self.0.receive_message().await? {
            Message::Text(text) => Ok(text.to_string()),
            other => Err(format!("unexpected: {other:?}").into()),
        }
    }

    async fn close(mut self) -> Result<(), Failure> {
        self.0.close(CloseCode::NORMAL, "").await?;
        Ok(())
    }
}

pub(crate) struct TokioTungstenite(tokio_tungstenite::WebSocketStream<TcpStream>);

impl Client for TokioTungstenite {
    async fn open(url: &str) -> Result<Self, Failure> {
        let stream = dial(url).await?;
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await?;
        Ok(Self(socket))
    }

    async fn echo(&mut self, text: &str) -> Result<String, Failure> {
        use tokio_tungstenite::tungstenite::Message;
        self.0.send(Message::text(text)).await?;
        match self.0.next().await.ok_or("the connection ended")?? {
            Message::Text(text) => Ok(text.as_str().to_owned()),
            other => Err(format!("unexpected: {other:?}").into()),
        }
    }

    async fn close(mut self) -> Result<(), Failure> {
        self.0.close(None).await?;
        while let Some(message) = self.0.next().await {
            message?;
        }
        Ok(())
    }
}

pub(crate) struct TokioWebsockets(tokio_websockets::WebSocketStream<TcpStream>);

impl Client for TokioWebsockets {
    async fn open(url: &str) -> Result<Self, Failure> {
        let stream = dial(url).await?;
        let builder = tokio_websockets::ClientBuilder::new().uri(url)?;
        let (socket, _) = builder.connect_on(stream).await?;
        Ok(Self(socket))
    }

    async fn echo(&mut self, text: &str) -> Result<String, Failure> {
        use tokio_websockets::Message;
        self.0.send(Message::text(text.to_owned())).await?;
        let message = self.0.next().await.ok_or("the connection ended")??;
        Ok(message.as_text().ok_or("no text")?.to_owned())
    }

    async fn close(mut self) -> Result<(), Failure> {
        self.0.close().await?;
        while let Some(message) = self.0.next().await {
            message?;
        }
        Ok(())
    }
}
