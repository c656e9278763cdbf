struct Site {
    cache: &'static Cache,
    stop: Api,
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Site_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
impl Site {
    ///A `Site` with these children, to be spawned.
    #[allow(
        dead_code,
        deprecated,
        clippy::too_many_arguments,
        clippy::new_without_default
    )]
    fn new(cache: &'static Cache, stop: Api) -> Self {
        Self { cache, stop }
    }
}
///The typed proxy of the supervisor [`Site`]: a method for each child, and what every supervisor answers. Cheap to clone, and a value that can be sent in a message.
struct SiteProxy
where
    Api: ::pulsar::__private::Supervised,
{
    __supervisor: ::pulsar::__private::SupervisorProxy,
    stop: <Api as ::pulsar::__private::Supervised>::Proxy,
}
#[allow(private_interfaces)]
impl SiteProxy
where
    Api: ::pulsar::__private::Supervised,
{
    ///The proxy of the child `stop`.
    #[allow(dead_code)]
    fn stop(&self) -> &<Api as ::pulsar::__private::Supervised>::Proxy {
        &self.stop
    }
}
::pulsar::__private::supervisor_proxy_impls!(
    [Api : ::pulsar::__private::Supervised] SiteProxy, Site, __supervisor, stop
);
#[automatically_derived]
#[allow(deprecated, private_interfaces, unused_variables)]
impl ::pulsar::__private::Supervised for Site
where
    Api: ::pulsar::__private::Supervised,
{
    type Proxy = SiteProxy;
    fn into_branch(self) -> ::pulsar::__private::Branch {
        let branch = ::pulsar::__private::Branch::supervisor(
            ::pulsar::__private::SupervisorOptions::new(),
        );
        let branch = branch
            .child(
                "stop",
                ::pulsar::__private::Supervised::into_branch(self.stop),
                ::pulsar::__private::ChildOptions::new(),
            );
        branch
    }
    fn proxy(planted: &::pulsar::__private::Planted) -> SiteProxy {
        SiteProxy {
            __supervisor: planted.supervisor(),
            stop: planted.child::<Api>(0usize),
        }
    }
}
#[automatically_derived]
impl ::pulsar::__private::SupervisorExt for Site
where
    Api: ::pulsar::__private::Supervised,
{}
::core::compile_error! {
    "`strategy` cannot be `one_for_two`: did you mean `one_for_one`?"
}
::core::compile_error! {
    "unknown key `worker`: did you mean `workers`?"
}
::core::compile_error! {
    "a child travels, so it is owned: write `Cache`"
}
::core::compile_error! {
    "a supervisor has children and no state: write `#[child]`, and give the state to an actor"
}
::core::compile_error! {
    "`stop` is a method of every supervisor's proxy, which that of this child would hide: rename the field"
}
struct Pair(Cache, Api);
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Pair_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
///The typed proxy of the supervisor [`Pair`]: a method for each child, and what every supervisor answers. Cheap to clone, and a value that can be sent in a message.
struct PairProxy {
    __supervisor: ::pulsar::__private::SupervisorProxy,
}
#[allow(private_interfaces)]
impl PairProxy {}
::pulsar::__private::supervisor_proxy_impls!([] PairProxy, Pair, __supervisor);
#[automatically_derived]
#[allow(deprecated, private_interfaces, unused_variables)]
impl ::pulsar::__private::Supervised for Pair {
    type Proxy = PairProxy;
    fn into_branch(self) -> ::pulsar::__private::Branch {
        let branch = ::pulsar::__private::Branch::supervisor(
            ::pulsar::__private::SupervisorOptions::new(),
        );
        branch
    }
    fn proxy(planted: &::pulsar::__private::Planted) -> PairProxy {
        PairProxy {
            __supervisor: planted.supervisor(),
        }
    }
}
#[automatically_derived]
impl ::pulsar::__private::SupervisorExt for Pair {}
::core::compile_error! {
    "a supervisor's children have names: write `{ #[child] name: Type }`"
}
struct Any<T> {
    one: T,
}
::core::compile_error! {
    "a supervisor is one type, without generics: name its children's types, or make one supervisor for each"
}
