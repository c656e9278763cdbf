//! A tree on its way to the arbiter, and what comes back of it.

use serde::{Deserialize, Serialize};

use super::{ChildOptions, Supervised, SupervisorOptions, SupervisorProxy};
use crate::actor::{Actor, MAX_NAME, Params, Spawn};
use crate::command::SpawnRequest;
use crate::error::SpawnError;
use crate::id::ActorId;
use crate::node::node;
use crate::proxy::Proxy;

/// How deep supervisors may be nested: what is told of them has to be read elsewhere, where depth is bounded
/// ([`MAX_DEPTH`](crate::message::MAX_DEPTH)).
pub(crate) const MAX_DEPTH: usize = 12;

/// A child that has not been planted: made by [`Supervised`].
#[doc(hidden)]
pub struct Branch(Shape);

enum Shape {
    Actor { params: Box<Params>, finish: Box<dyn FnOnce(Params) -> Result<SpawnRequest, SpawnError> + Send> },
    Supervisor { options: SupervisorOptions, children: Vec<(String, Branch)> },
}

impl std::fmt::Debug for Branch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Shape::Actor { .. } => f.write_str("Branch(actor)"),
            Shape::Supervisor { children, .. } => write!(f, "Branch(supervisor of {})", children.len()),
        }
    }
}

/// A tree as it travels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Plan {
    /// An actor, or a pool of them.
    Actor(Box<SpawnRequest>),
    /// A supervisor.
    Supervisor(SupervisorPlan),
}

/// A supervisor as it travels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SupervisorPlan {
    pub(crate) options: SupervisorOptions,
    /// By name, in order.
    pub(crate) children: Vec<(String, Plan)>,
}

impl SupervisorPlan {
    /// What it is called where it has no name.
    pub(crate) fn label(&self) -> Option<String> {
        self.options.label.clone()
    }
}

impl Branch {
    /// An actor as its attribute says.
    pub fn actor<A: Actor>(actor: A) -> Self {
        Self::of(Spawn::new(actor))
    }

    pub(crate) fn of<A: Actor>(spawn: Spawn<A>) -> Self {
        let (params, finish) = spawn.split();
        Self(Shape::Actor { params: Box::new(params), finish: Box::new(finish) })
    }

    /// A supervisor without children.
    pub fn supervisor(options: SupervisorOptions) -> Self {
        Self(Shape::Supervisor { options, children: Vec::new() })
    }

    /// Adds a child under this one.
    pub fn child(mut self, name: &str, child: Self, options: ChildOptions) -> Self {
        if let Shape::Supervisor { children, .. } = &mut self.0 {
            children.push((name.to_string(), child.with(options)));
        }
        self
    }

    fn with(mut self, options: ChildOptions) -> Self {
        match &mut self.0 {
            Shape::Actor { params, .. } => options.change_actor(params),
            Shape::Supervisor { options: own, .. } => options.change_supervisor(own),
        }
        self
    }

    pub(super) fn named(mut self, name: Option<String>) -> Self {
        if name.is_some() {
            match &mut self.0 {
                Shape::Actor { params, .. } => params.name = name,
                Shape::Supervisor { options, .. } => options.name = name,
            }
        }
        self
    }

    /// What a supervisor is called where it has no name.
    pub(super) fn labelled(mut self, label: String) -> Self {
        if let Shape::Supervisor { options, .. } = &mut self.0 {
            options.label = Some(label);
        }
        self
    }

    /// As it is sent to the arbiter; `on_params` of each actor has run.
    pub(crate) fn into_plan(self) -> Result<Plan, SpawnError> {
        self.plan(0)
    }

    fn plan(self, depth: usize) -> Result<Plan, SpawnError> {
        if depth > MAX_DEPTH {
            return Err(too_deep());
        }
        Ok(match self.0 {
            Shape::Actor { params, finish } => Plan::Actor(Box::new(finish(*params)?)),
            Shape::Supervisor { options, children } => {
                let mut planned: Vec<(String, Plan)> = Vec::with_capacity(children.len());
                for (name, child) in children {
                    check_name(&name)?;
                    if planned.iter().any(|(known, _)| *known == name) {
                        return Err(SpawnError::Invalid(format!("two children of one supervisor are called `{name}`")));
                    }
                    planned.push((name, child.plan(depth + 1)?));
                }
                Plan::Supervisor(SupervisorPlan { options, children: planned })
            }
        })
    }
}

/// Whether a child can be called this.
pub(crate) fn check_name(name: &str) -> Result<(), SpawnError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(fits) {
        let shown: String = name.chars().take(MAX_NAME).collect();
        let text = format!("`{shown}` is no name of a child: up to {MAX_NAME} letters, digits, `_` and `-` make one");
        return Err(SpawnError::Invalid(text));
    }
    Ok(())
}

pub(crate) fn too_deep() -> SpawnError {
    SpawnError::Invalid(format!("supervisors are nested more than {MAX_DEPTH} deep"))
}

/// What was planted: the ids of a tree, in the order of its children.
#[doc(hidden)]
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Planted {
    pub(crate) id: ActorId,
    pub(crate) children: Vec<Self>,
}

impl Planted {
    /// The handle on the supervisor itself.
    pub fn supervisor(&self) -> SupervisorProxy {
        SupervisorProxy::new(self.proxy())
    }

    /// The handle on its child at this place.
    pub fn child<T: Supervised>(&self, at: usize) -> T::Proxy {
        // The arbiter answers in the shape that it was asked for.
        T::proxy(self.children.get(at).unwrap_or(self))
    }

    /// The handle on an actor.
    pub fn actor<A: Actor>(&self) -> A::Proxy {
        self.proxy::<A>().into()
    }

    fn proxy<A: Actor>(&self) -> Proxy<A> {
        Proxy::from_address(match node() {
            Some(node) => node.address(self.id),
            None => crate::address::Address::new(self.id, None, crate::address::Route::Unknown),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::command::{Internal, Verb};
    use crate::exit::ExitReason;
    use crate::id::{Kind, State};
    use crate::message::{decode, encode};
    use crate::tree::{Role, Tree, TreeNode};

    #[test]
    fn the_deepest_tree_can_be_read_back() {
        let params = Params { name: Some("deep".into()), ..Params::from(&crate::actor::Options::new()) };
        let request = SpawnRequest { actor: "a".into(), fingerprint: 1, specification: vec![1].into(), params };
        let mut plan = Plan::Actor(Box::new(request));
        let mut node = TreeNode::new("leaf".into(), ActorId::ARBITER, Role::Actor { kind: Kind::Task }, State::Running);
        let mut last = ExitReason::Code(3);
        for _ in 0..MAX_DEPTH {
            plan = Plan::Supervisor(SupervisorPlan {
                options: SupervisorOptions::new(),
                children: vec![("child".into(), plan)],
            });
            last = ExitReason::GaveUp { restarts: 1, last: Box::new(last) };
            let role = Role::Supervisor { strategy: crate::supervise::Strategy::OneForOne };
            let mut above = TreeNode::new("above".into(), ActorId::ARBITER, role, State::Running);
            node.last_exit = Some(last.clone());
            node.starts_in = Some(Duration::MAX);
            above.children.push(node);
            node = above;
        }
        let tend = crate::supervisor::Tend::Start { name: "x".into(), plan: Box::new(plan) };
        let verb = Verb::Internal(Internal::Tend { id: ActorId::ARBITER, tend });
        decode::<Verb>(&encode(&verb).expect("it can be sent")).expect("it can be read");
        let tree = Tree { roots: vec![node], left_behind: 0 };
        decode::<Tree>(&encode(&tree).expect("it can be sent")).expect("it can be read");
    }
}
