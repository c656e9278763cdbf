//! Several calls in one request, and what is answered to each. Must not know how it is sent.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{Client, ClientError, Outgoing, RpcError};

/// Calls that are sent together. Made by [`Client::batch`].
#[must_use = "a batch does nothing before it is sent"]
pub struct Batch<'a> {
    client: &'a Client,
    requests: Vec<String>,
    calls: usize,
}

/// The place of one call's answer.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ticket<T> {
    id: u64,
    value: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Ticket<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ticket").field(&self.id).finish()
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("requests", &self.requests.len()).finish_non_exhaustive()
    }
}

impl<'a> Batch<'a> {
    pub(super) fn of(client: &'a Client) -> Self {
        Self { client, requests: Vec::new(), calls: 0 }
    }

    /// Adds a call; the ticket is for its answer.
    ///
    /// # Errors
    ///
    /// [`ClientError::Params`].
    ///
    /// ```no_run
    /// # fn doc(batch: &mut pulsar::rpc::Batch<'_>) -> Result<(), pulsar::rpc::ClientError> {
    /// let sum = batch.call::<u64>("calc.add", (1, 2))?;
    /// # Ok(()) }
    /// ```
    pub fn call<T: DeserializeOwned>(
        &mut self,
        method: &str,
        params: impl Serialize,
    ) -> Result<Ticket<T>, ClientError> {
        let id = self.client.next_id();
        self.requests.push(Outgoing::new(method, &params, Some(id))?.text()?);
        self.calls += 1;
        Ok(Ticket { id, value: PhantomData })
    }

    /// Adds a notification, which is not answered.
    ///
    /// # Errors
    ///
    /// [`ClientError::Params`].
    ///
    /// ```no_run
    /// # fn doc(batch: &mut pulsar::rpc::Batch<'_>) -> Result<(), pulsar::rpc::ClientError> {
    /// batch.notify("log.add", ["one"])?;
    /// # Ok(()) }
    /// ```
    pub fn notify(&mut self, method: &str, params: impl Serialize) -> Result<(), ClientError> {
        self.requests.push(Outgoing::new(method, &params, None)?.text()?);
        Ok(())
    }

    /// Sends it, if there is anything in it, and waits for its answers.
    ///
    /// # Errors
    ///
    /// [`ClientError`], where the batch as a whole was not answered: [`ClientError::Rpc`] where the server takes none of this size, for example. What
    /// becomes of one call, its ticket says.
    ///
    /// # Cancel safety
    ///
    /// As of [`Client::call`].
    ///
    /// ```no_run
    /// # async fn doc(client: pulsar::rpc::Client) -> Result<(), pulsar::rpc::ClientError> {
    /// let mut batch = client.batch();
    /// let sum = batch.call::<u64>("calc.add", (1, 2))?;
    /// assert_eq!(batch.send().await?.take(sum)?, 3);
    /// # Ok(()) }
    /// ```
    pub async fn send(self) -> Result<Answers, ClientError> {
        if self.requests.is_empty() {
            return Ok(Answers(HashMap::new()));
        }
        let answer = self.client.post(format!("[{}]", self.requests.join(","))).await?;
        match answer {
            None if self.calls == 0 => Ok(Answers(HashMap::new())),
            None => Err(ClientError::Protocol("a batch of calls was not answered".into())),
            Some(answer) if answer.trim_ascii_start().starts_with(b"[") => {
                let replies: Vec<Reply> = parsed(&answer)?;
                let mut answers = HashMap::new();
                for reply in replies {
                    // One without an id is to what the server could not read: a call of its own misses its answer then.
                    if let Some(id) = reply.id {
                        answers.insert(id, reply);
                    }
                }
                Ok(Answers(answers))
            }
            Some(answer) => match Reply::read(&answer)?.error {
                Some(error) => Err(ClientError::Rpc(error)),
                None => Err(ClientError::Protocol("one answer to a batch".into())),
            },
        }
    }
}

/// What was answered to a batch.
#[derive(Debug)]
pub struct Answers(HashMap<u64, Reply>);

impl Answers {
    /// What was answered to one call.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rpc`] where that is an error, [`ClientError::Protocol`] where nothing was.
    ///
    /// ```no_run
    /// # async fn doc(mut answers: pulsar::rpc::Answers, sum: pulsar::rpc::Ticket<u64>) {
    /// println!("{:?}", answers.take(sum));
    /// # }
    /// ```
    pub fn take<T: DeserializeOwned>(&mut self, ticket: Ticket<T>) -> Result<T, ClientError> {
        let reply = self.0.remove(&ticket.id);
        reply.ok_or_else(|| ClientError::Protocol("a call of a batch was not answered".into()))?.value(Some(ticket.id))
    }
}

/// One answer.
#[derive(Debug, Deserialize)]
pub(super) struct Reply {
    jsonrpc: String,
    #[serde(default, deserialize_with = "there")]
    result: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<RpcError>,
    id: Option<u64>,
}

/// What is there is something, `null` too.
fn there<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

fn parsed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(bytes).map_err(|error| ClientError::Protocol(error.to_string()))
}

impl Reply {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, ClientError> {
        parsed(bytes)
    }

    /// The value, if it answers the call `id`.
    pub(super) fn value<T: DeserializeOwned>(self, id: Option<u64>) -> Result<T, ClientError> {
        if self.jsonrpc != "2.0" {
            return Err(ClientError::Protocol(format!("version {:?}", self.jsonrpc)));
        }
        match (self.result, self.error) {
            // An error may be one about the id.
            (None, Some(error)) if self.id.is_none() || self.id == id => Err(ClientError::Rpc(error)),
            (Some(value), None) if self.id == id => {
                serde_json::from_str(value.get()).map_err(|error| ClientError::Value(error.to_string()))
            }
            (Some(_), None) | (None, Some(_)) => Err(ClientError::Protocol("an answer to another call".into())),
            _ => Err(ClientError::Protocol("neither a result nor an error, or both".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Option<u64>, ClientError> {
        Reply::read(text.as_bytes())?.value(Some(7))
    }

    #[test]
    fn an_answer_is_a_value_or_an_error_to_this_call() {
        assert!(matches!(value(r#"{"jsonrpc":"2.0","result":5,"id":7}"#), Ok(Some(5))));
        assert!(matches!(value(r#"{"jsonrpc":"2.0","result":null,"id":7}"#), Ok(None)));
        let failed = r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"x"},"id":null}"#;
        assert!(matches!(value(failed), Err(ClientError::Rpc(error)) if error.code == -32601));
        assert!(matches!(value(r#"{"jsonrpc":"2.0","result":"x","id":7}"#), Err(ClientError::Value(_))));
        for wrong in [
            r#"{"jsonrpc":"2.0","result":5,"id":8}"#,
            r#"{"jsonrpc":"1.0","result":5,"id":7}"#,
            r#"{"jsonrpc":"2.0","id":7}"#,
            r#"{"jsonrpc":"2.0","result":5,"error":{"code":1,"message":""},"id":7}"#,
            r#"{"jsonrpc":"2.0","error":{"code":1},"id":7}"#,
            "[]",
            "",
            "<html>",
        ] {
            assert!(matches!(value(wrong), Err(ClientError::Protocol(_))), "{wrong}");
        }
    }
}
