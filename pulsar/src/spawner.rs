//! Spawning, from wherever: a task on the loop of whoever asks, everything else by the arbiter.

use std::future::poll_fn;
use std::sync::Arc;

use crate::address::{Address, Route};
use crate::command::{BuiltIn, Internal, SpawnRequest, Verb};
use crate::error::{Failure, SpawnError};
use crate::id::{ActorId, Kind};
use crate::node::node;
use crate::proxy::Proxy;
use crate::request::LONG;
use crate::supervisor::{Plan, Planted};
use crate::{actor, host};

/// Starts an actor, and waits until it is ready.
pub(crate) async fn spawn(request: SpawnRequest) -> Result<Arc<Address>, SpawnError> {
    let Some(node) = node() else { return Err(SpawnError::Ask(Box::new(Failure::NotRunning))) };
    // A pool is kept by the arbiter, whatever its workers are.
    if request.params.kind == Kind::Task && request.params.workers.is_none() {
        let slot = host::spawn_task(request).ok_or(SpawnError::NoLoop)??;
        let id = poll_fn(|cx| slot.poll(cx.waker())).await?;
        return Ok(node.address(id));
    }
    let arbiter = Proxy::<actor::AnyActor>::from_address(node.arbiter().clone());
    // The arbiter keeps the deadline: it kills what does not become ready in time.
    let ask = arbiter.built_in(BuiltIn::<ActorId, SpawnError>::new(Verb::Internal(Internal::Spawn(Box::new(request)))));
    let id = ask.timeout(LONG).await?;
    let address = node.address(id);
    if matches!(address.route(), Route::Unknown) {
        // So that it is known by the time somebody sends.
        node.resolver().resolve(&address);
    }
    Ok(address)
}

/// Plants a tree, and waits until all of it is ready.
pub(crate) async fn plant(plan: Plan) -> Result<Planted, SpawnError> {
    let Some(node) = node() else { return Err(SpawnError::Ask(Box::new(Failure::NotRunning))) };
    let arbiter = Proxy::<actor::AnyActor>::from_address(node.arbiter().clone());
    let ask = BuiltIn::<Planted, SpawnError>::new(Verb::Internal(Internal::Plant(Box::new(plan))));
    Ok(arbiter.built_in(ask).timeout(LONG).await?)
}
