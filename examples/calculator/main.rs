//! A calculator over JSON-RPC: `cargo run --release --bin calculator`.
//!
//! A pool of process actors calculates; the workers of a web server pass calls on to it:
//!
//! ```text
//! curl -H 'Content-Type: application/json' -d '{"jsonrpc":"2.0","method":"calc.add","params":[3,4],"id":1}' http://127.0.0.1:8060/
//! ```
//!
//! The same is spoken over WebSocket at `/ws`.

use std::fmt;

use pulsar::http::Router;
use pulsar::prelude::*;
use pulsar::rpc::Rpc;
use serde::{Deserialize, Serialize};

/// Calculates.
#[actor]
struct Calculator {}

/// Why there is no result. Callers are told.
#[derive(Debug, Serialize, Deserialize)]
enum Undefined {
    DivisionByZero { dividend: f64 },
    EmptyMean,
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DivisionByZero { dividend } => write!(f, "{dividend} cannot be divided by zero"),
            Self::EmptyMean => f.write_str("nothing has no mean"),
        }
    }
}

impl std::error::Error for Undefined {}

#[actor]
impl Calculator {
    /// Adds two numbers.
    #[command(idempotent)]
    fn add(&mut self, a: f64, b: f64) -> f64 {
        a + b
    }

    /// Subtracts one number from another.
    #[command(idempotent)]
    fn subtract(&mut self, a: f64, b: f64) -> f64 {
        a - b
    }

    /// Multiplies two numbers.
    #[command(idempotent)]
    fn multiply(&mut self, a: f64, b: f64) -> f64 {
        a * b
    }

    /// Divides one number by another.
    #[command(idempotent)]
    fn divide(&mut self, a: f64, b: f64) -> Result<f64, Undefined> {
        if b == 0.0 { Err(Undefined::DivisionByZero { dividend: a }) } else { Ok(a / b) }
    }

    /// The mean of numbers.
    #[command(idempotent)]
    fn mean(&mut self, of: Vec<f64>) -> Result<f64, Undefined> {
        if of.is_empty() { Err(Undefined::EmptyMean) } else { Ok(of.iter().sum::<f64>() / of.len() as f64) }
    }

    /// Which process calculates.
    #[command(idempotent)]
    fn process(&mut self) -> u32 {
        std::process::id()
    }

    /// Dies, to show that another takes its place.
    #[command]
    fn crash(&mut self) {
        std::process::abort()
    }
}

/// Passes calls on to whoever is called `calc`.
#[pulsar::http]
fn calculator() -> Router {
    let rpc = Rpc::new().mount_name("calc", "calc").about("calculator", env!("CARGO_PKG_VERSION"));
    Router::new().route("/", rpc.clone().http()).route("/ws", rpc.ws())
}

#[pulsar::main]
async fn main() -> Result<()> {
    calculator().child("calc", Calculator::new().workers(2)).run().await
}
