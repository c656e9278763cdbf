//! The applications: what can be spoken by the workers of an [`App`](crate::App). Each behind a feature.

#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "rpc")]
pub mod rpc;
#[cfg(feature = "socket")]
pub mod socket;
#[cfg(feature = "ws")]
pub mod ws;
