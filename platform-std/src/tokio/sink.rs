//! `Stream` and `Sink`.
//!
//! A stream's last item is [`Message::Closed`] or a fatal error. Closing a
//! sink begins the closing handshake with 1000; the stream then goes on to
//! the end.

use core::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use ::tokio::io::{AsyncRead, AsyncWrite};
use futures_core::{FusedStream, Stream};
use futures_sink::Sink;
use hybi_core::{close_code::CloseCode, error::SendError};

use super::{machine::Machine, receiver::Receiver, sender::Sender, websocket::WebSocket};
use crate::{error::Error, message::Message};

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for WebSocket<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = ready!(self.machine.poll_message(cx));
        self.ended = is_last(&item);
        Poll::Ready(Some(item))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FusedStream for WebSocket<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for Receiver<S> {
    type Item = Result<Message, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_message(cx));
        self.ended = is_last(&item);
        Poll::Ready(Some(item))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> FusedStream for Receiver<S> {
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

const fn is_last(item: &Result<Message, Error>) -> bool {
    matches!(item, Ok(Message::Closed(_)) | Err(_))
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for WebSocket<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.machine.poll_ready(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        match self.machine.start_send(message)? {
            None => Ok(()),
            // It was not asked whether it is ready.
            Some(_) => Err(Error::Send(SendError::Full)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut ticket = self.machine.ticket();
        self.machine.poll_flushed(&mut ticket, cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = &mut *self;
        let asked = this.close_asked;
        let asked = *this
            .close_asked
            .insert(asked.unwrap_or_else(|| this.machine.clock.now()));
        ready!(
            this.machine
                .poll_start_close(CloseCode::NORMAL, "", asked, cx)
        )?;
        let mut ticket = this.machine.ticket();
        this.machine.poll_close_sent(&mut ticket, cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sender<S> {
    /// Takes on a message that had to wait for another one.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while let Some(message) = self.held.take() {
            let mut message = Some(message);
            let taken: Poll<Result<(), Error>> = self.poll(cx, |machine, cx| {
                ready!(machine.poll_ready(cx))?;
                if let Some(mine) = message.take() {
                    message = machine.start_send(mine)?;
                }
                Poll::Ready(Ok(()))
            });
            self.held = message;
            ready!(taken)?;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Sink<Message> for Sender<S> {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_held(cx))?;
        self.poll(cx, Machine::poll_ready)
    }

    fn start_send(mut self: Pin<&mut Self>, message: Message) -> Result<(), Error> {
        if self.held.is_some() {
            // It was not asked whether it is ready.
            return Err(Error::Send(SendError::Full));
        }
        self.held = self.shared.order(|machine| machine.start_send(message))?;
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_held(cx))?;
        let flushing = self.flushing.take();
        let mut ticket = flushing.unwrap_or_else(|| self.shared.order(|machine| machine.ticket()));
        let result = self.poll(cx, |machine, cx| machine.poll_flushed(&mut ticket, cx));
        if result.is_pending() {
            self.flushing = Some(ticket);
        }
        result
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_held(cx))?;
        let asked = self.close_asked;
        let asked = asked.unwrap_or_else(|| self.shared.order(|machine| machine.clock.now()));
        self.close_asked = Some(asked);
        self.poll(cx, |machine, cx| {
            ready!(machine.poll_start_close(CloseCode::NORMAL, "", asked, cx))?;
            let mut ticket = machine.ticket();
            machine.poll_close_sent(&mut ticket, cx)
        })
    }
}
