//! What a value must be to travel, and what generated code asserts of the user's types.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that can be sent to an actor wherever it runs: serializable, owned, and `Send`.
///
/// Implemented for everything that is `Serialize + DeserializeOwned + Send + 'static`; never by hand.
///
/// ```
/// fn travels<T: pulsar::Wire>() {}
/// travels::<Vec<(String, u64)>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel to an actor",
    label = "needs `serde::Serialize`, `serde::Deserialize` and `Send`, and must own what it holds",
    note = "derive both: `#[derive(serde::Serialize, serde::Deserialize)]`; what cannot be serialized belongs into a `#[state]` field"
)]
pub trait Wire: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Wire for T {}

/// Fails to compile where `T` cannot travel.
pub const fn assert_wire<T: Wire>() {}

/// A state field that can be made anew at each start.
#[diagnostic::on_unimplemented(
    message = "the state `{Self}` has no `Default`",
    label = "made anew at each (re)start",
    note = "implement `Default`, or give an expression: `#[state(expression)]`"
)]
pub trait State: Default {}

#[diagnostic::do_not_recommend]
impl<T: Default> State for T {}

/// Fails to compile where a state field cannot be made anew.
pub const fn assert_default<T: State>() {}

/// A parameter that can be sent a second time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Clone`",
    label = "an idempotent command is sent again when its actor dies, so its parameters must be `Clone`"
)]
pub trait Again: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Again for T {}

/// Fails to compile where a parameter of an idempotent command cannot be sent again.
pub const fn assert_clone<T: Again>() {}
