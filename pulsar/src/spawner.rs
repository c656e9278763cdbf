//! Spawning, from wherever: a task on the loop of whoever asks, everything else by the arbiter.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use bytes::Bytes;

use crate::actor::Params;
use crate::address::{Address, Route};
use crate::command::{BuiltIn, Internal, SpawnRequest, Verb};
use crate::error::{Failure, SpawnError};
use crate::host::Begun;
use crate::id::{ActorId, Kind};
use crate::node::node;
use crate::proxy::Proxy;
use crate::request::LONG;
use crate::supervisor::{Plan, Planted};
use crate::{actor, host};

/// Starts an actor, and waits until it is ready.
pub(crate) async fn spawn(request: SpawnRequest) -> Result<Arc<Address>, SpawnError> {
    if is_task(&request.params) {
        return spawn_task(&request.actor, request.specification, &request.params).await;
    }
    let Some(node) = node() else { return Err(SpawnError::Ask(Box::new(Failure::NotRunning))) };
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

/// Whether it lives on the loop of whoever spawns it. A pool is kept by the arbiter, whatever its workers are.
pub(crate) fn is_task(params: &Params) -> bool {
    params.kind == Kind::Task && params.workers.is_none()
}

/// Starts a task actor on this loop, and waits until it is ready.
pub(crate) async fn spawn_task(actor: &str, specification: Bytes, params: &Params) -> Result<Arc<Address>, SpawnError> {
    if node().is_none() {
        return Err(SpawnError::Ask(Box::new(Failure::NotRunning)));
    }
    match host::spawn_task(actor, specification, params)? {
        Begun::Ready { address, many: false } => Ok(address),
        Begun::Ready { address, many: true } => {
            let mut waited = false;
            poll_fn(|cx| {
                if std::mem::replace(&mut waited, true) {
                    return Poll::Ready(());
                }
                host::give_way();
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            Ok(address)
        }
        Begun::Waiting { address, outcome } => {
            poll_fn(|cx| outcome.poll(cx.waker())).await?;
            Ok(address)
        }
    }
}

/// Plants a tree, and waits until all of it is ready.
pub(crate) async fn plant(plan: Plan) -> Result<Planted, SpawnError> {
    let Some(node) = node() else { return Err(SpawnError::Ask(Box::new(Failure::NotRunning))) };
    let arbiter = Proxy::<actor::AnyActor>::from_address(node.arbiter().clone());
    let ask = BuiltIn::<Planted, SpawnError>::new(Verb::Internal(Internal::Plant(Box::new(plan))));
    Ok(arbiter.built_in(ask).timeout(LONG).await?)
}
