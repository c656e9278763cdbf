/// Everything.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Site {
    /// Keeps what was asked for last.
    pub cache: Cache,
    #[cfg(feature = "api")]
    #[cfg(not(test))]
    api: Api,
    #[deprecated(note = "ask `jobs`")]
    r#async: Spawn<Asynchronous>,
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Site_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
#[cfg(unix)]
impl Site {
    ///A `Site` with these children, to be spawned.
    #[allow(
        dead_code,
        deprecated,
        clippy::too_many_arguments,
        clippy::new_without_default
    )]
    pub(crate) fn new(
        cache: Cache,
        #[cfg(feature = "api")]
        #[cfg(not(test))]
        api: Api,
        r#async: Spawn<Asynchronous>,
    ) -> Self {
        Self {
            cache,
            #[cfg(feature = "api")]
            #[cfg(not(test))]
            api,
            r#async,
        }
    }
}
#[cfg(unix)]
///The typed proxy of the supervisor [`Site`]: a method for each child, and what every supervisor answers. Cheap to clone, and a value that can be sent in a message.
pub(crate) struct SiteProxy
where
    Cache: ::pulsar::__private::Supervised,
    Spawn<Asynchronous>: ::pulsar::__private::Supervised,
{
    __supervisor: ::pulsar::__private::SupervisorProxy,
    cache: <Cache as ::pulsar::__private::Supervised>::Proxy,
    #[cfg(feature = "api")]
    #[cfg(not(test))]
    api: <Api as ::pulsar::__private::Supervised>::Proxy,
    r#async: <Spawn<Asynchronous> as ::pulsar::__private::Supervised>::Proxy,
}
#[cfg(unix)]
#[allow(private_interfaces)]
impl SiteProxy
where
    Cache: ::pulsar::__private::Supervised,
    Spawn<Asynchronous>: ::pulsar::__private::Supervised,
{
    /// Keeps what was asked for last.
    #[allow(dead_code)]
    pub(crate) fn cache(&self) -> &<Cache as ::pulsar::__private::Supervised>::Proxy {
        &self.cache
    }
    #[cfg(feature = "api")]
    #[cfg(not(test))]
    ///The proxy of the child `api`.
    #[allow(dead_code)]
    pub(crate) fn api(&self) -> &<Api as ::pulsar::__private::Supervised>::Proxy {
        &self.api
    }
    #[deprecated(note = "ask `jobs`")]
    ///The proxy of the child `async`.
    #[allow(dead_code)]
    pub(crate) fn r#async(
        &self,
    ) -> &<Spawn<Asynchronous> as ::pulsar::__private::Supervised>::Proxy {
        &self.r#async
    }
}
#[cfg(unix)]
::pulsar::__private::supervisor_proxy_impls!(
    [Cache : ::pulsar::__private::Supervised, Spawn < Asynchronous > :
    ::pulsar::__private::Supervised] SiteProxy, Site, __supervisor, cache, #[cfg(feature
    = "api")] #[cfg(not(test))] api, r#async
);
#[cfg(unix)]
#[automatically_derived]
#[allow(deprecated, private_interfaces, unused_variables)]
impl ::pulsar::__private::Supervised for Site
where
    Cache: ::pulsar::__private::Supervised,
    Spawn<Asynchronous>: ::pulsar::__private::Supervised,
{
    type Proxy = SiteProxy;
    fn into_branch(self) -> ::pulsar::__private::Branch {
        let branch = ::pulsar::__private::Branch::supervisor(
            ::pulsar::__private::SupervisorOptions::new(),
        );
        let branch = branch
            .child(
                "cache",
                ::pulsar::__private::Supervised::into_branch(self.cache),
                ::pulsar::__private::ChildOptions::new(),
            );
        #[cfg(feature = "api")]
        #[cfg(not(test))]
        let branch = branch
            .child(
                "api",
                ::pulsar::__private::Supervised::into_branch(self.api),
                ::pulsar::__private::ChildOptions::new()
                    .kind(::pulsar::__private::Kind::Task),
            );
        let branch = branch
            .child(
                "async",
                ::pulsar::__private::Supervised::into_branch(self.r#async),
                ::pulsar::__private::ChildOptions::new(),
            );
        branch
    }
    fn proxy(planted: &::pulsar::__private::Planted) -> SiteProxy {
        SiteProxy {
            __supervisor: planted.supervisor(),
            cache: planted.child::<Cache>(0usize),
            #[cfg(feature = "api")]
            #[cfg(not(test))]
            api: planted.child::<Api>(1usize),
            r#async: planted
                .child::<
                    Spawn<Asynchronous>,
                >(1usize + ::core::cfg!(all(feature = "api", not(test))) as usize),
        }
    }
}
#[cfg(unix)]
#[automatically_derived]
impl ::pulsar::__private::SupervisorExt for Site
where
    Cache: ::pulsar::__private::Supervised,
    Spawn<Asynchronous>: ::pulsar::__private::Supervised,
{}
#[cfg(unix)]
#[cfg(feature = "api")]
#[cfg(not(test))]
const _: fn() = || ::pulsar::__private::placed::<Api>();
