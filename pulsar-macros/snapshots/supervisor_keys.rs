pub struct Site {
    cache: Cache,
    api: Api,
    importer: Importer,
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
    pub fn new(cache: Cache, api: Api, importer: Importer) -> Self {
        Self { cache, api, importer }
    }
}
///The typed proxy of the supervisor [`Site`]: a method for each child, and what every supervisor answers. Cheap to clone, and a value that can be sent in a message.
pub struct SiteProxy
where
    Cache: ::pulsar::__private::Supervised,
    Api: ::pulsar::__private::Supervised,
    Importer: ::pulsar::__private::Supervised,
{
    __supervisor: ::pulsar::__private::SupervisorProxy,
    cache: <Cache as ::pulsar::__private::Supervised>::Proxy,
    api: <Api as ::pulsar::__private::Supervised>::Proxy,
    importer: <Importer as ::pulsar::__private::Supervised>::Proxy,
}
#[allow(private_interfaces)]
impl SiteProxy
where
    Cache: ::pulsar::__private::Supervised,
    Api: ::pulsar::__private::Supervised,
    Importer: ::pulsar::__private::Supervised,
{
    ///The proxy of the child `cache`.
    #[allow(dead_code)]
    pub fn cache(&self) -> &<Cache as ::pulsar::__private::Supervised>::Proxy {
        &self.cache
    }
    ///The proxy of the child `api`.
    #[allow(dead_code)]
    pub fn api(&self) -> &<Api as ::pulsar::__private::Supervised>::Proxy {
        &self.api
    }
    ///The proxy of the child `importer`.
    #[allow(dead_code)]
    pub fn importer(&self) -> &<Importer as ::pulsar::__private::Supervised>::Proxy {
        &self.importer
    }
}
::pulsar::__private::supervisor_proxy_impls!(
    [Cache : ::pulsar::__private::Supervised, Api : ::pulsar::__private::Supervised,
    Importer : ::pulsar::__private::Supervised] SiteProxy, Site, __supervisor, cache,
    api, importer
);
#[automatically_derived]
#[allow(deprecated, private_interfaces, unused_variables)]
impl ::pulsar::__private::Supervised for Site
where
    Cache: ::pulsar::__private::Supervised,
    Api: ::pulsar::__private::Supervised,
    Importer: ::pulsar::__private::Supervised,
{
    type Proxy = SiteProxy;
    fn into_branch(self) -> ::pulsar::__private::Branch {
        let branch = ::pulsar::__private::Branch::supervisor(
            ::pulsar::__private::SupervisorOptions::new()
                .strategy(::pulsar::__private::Strategy::RestForOne)
                .restarts(3u32)
                .within(::core::time::Duration::from_millis(60000u64))
                .auto_shutdown(::pulsar::__private::AutoShutdown::AnySignificant),
        );
        let branch = branch
            .child(
                "cache",
                ::pulsar::__private::Supervised::into_branch(self.cache),
                ::pulsar::__private::ChildOptions::new()
                    .kind(::pulsar::__private::Kind::Thread)
                    .name("cache")
                    .mailbox(10u32)
                    .timeout(::core::time::Duration::from_millis(60000u64))
                    .start_timeout(::core::time::Duration::from_millis(5000u64))
                    .shutdown(::core::time::Duration::from_millis(500u64)),
            );
        let branch = branch
            .child(
                "api",
                ::pulsar::__private::Supervised::into_branch(self.api),
                ::pulsar::__private::ChildOptions::new()
                    .kind(::pulsar::__private::Kind::Process)
                    .memory(536870912u64)
                    .nofile(256u64)
                    .nice(5i32)
                    .workers(4u32)
                    .routing(::pulsar::__private::Routing::RoundRobin)
                    .max_messages(1000u64)
                    .max_age(::core::time::Duration::from_millis(3600000u64))
                    .max_memory(314572800u64),
            );
        let branch = branch
            .child(
                "importer",
                ::pulsar::__private::Supervised::into_branch(self.importer),
                ::pulsar::__private::ChildOptions::new()
                    .restart(::pulsar::__private::Restart::Transient)
                    .backoff(
                        ::core::time::Duration::from_millis(1000u64),
                        ::core::time::Duration::from_millis(60000u64),
                    )
                    .on_give_up(::pulsar::__private::GiveUp::Park)
                    .significant(),
            );
        branch
    }
    fn proxy(planted: &::pulsar::__private::Planted) -> SiteProxy {
        SiteProxy {
            __supervisor: planted.supervisor(),
            cache: planted.child::<Cache>(0usize),
            api: planted.child::<Api>(1usize),
            importer: planted.child::<Importer>(2usize),
        }
    }
}
#[automatically_derived]
impl ::pulsar::__private::SupervisorExt for Site
where
    Cache: ::pulsar::__private::Supervised,
    Api: ::pulsar::__private::Supervised,
    Importer: ::pulsar::__private::Supervised,
{}
const _: fn() = || ::pulsar::__private::placed::<Cache>();
const _: fn() = || ::pulsar::__private::placed::<Cache>();
const _: fn() = || ::pulsar::__private::placed::<Cache>();
const _: fn() = || ::pulsar::__private::placed::<Cache>();
const _: fn() = || ::pulsar::__private::placed::<Cache>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
const _: fn() = || ::pulsar::__private::placed::<Api>();
