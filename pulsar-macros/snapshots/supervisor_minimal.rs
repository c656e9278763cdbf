struct Site {
    cache: Cache,
    jobs: jobs::Jobs,
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
    fn new(cache: Cache, jobs: jobs::Jobs) -> Self {
        Self { cache, jobs }
    }
}
///The typed proxy of the supervisor [`Site`]: a method for each child, and what every supervisor answers. Cheap to clone, and a value that can be sent in a message.
struct SiteProxy
where
    Cache: ::pulsar::__private::Supervised,
    jobs::Jobs: ::pulsar::__private::Supervised,
{
    __supervisor: ::pulsar::__private::SupervisorProxy,
    cache: <Cache as ::pulsar::__private::Supervised>::Proxy,
    jobs: <jobs::Jobs as ::pulsar::__private::Supervised>::Proxy,
}
#[allow(private_interfaces)]
impl SiteProxy
where
    Cache: ::pulsar::__private::Supervised,
    jobs::Jobs: ::pulsar::__private::Supervised,
{
    ///The proxy of the child `cache`.
    #[allow(dead_code)]
    fn cache(&self) -> &<Cache as ::pulsar::__private::Supervised>::Proxy {
        &self.cache
    }
    ///The proxy of the child `jobs`.
    #[allow(dead_code)]
    fn jobs(&self) -> &<jobs::Jobs as ::pulsar::__private::Supervised>::Proxy {
        &self.jobs
    }
}
::pulsar::__private::supervisor_proxy_impls!(
    [Cache : ::pulsar::__private::Supervised, jobs::Jobs :
    ::pulsar::__private::Supervised] SiteProxy, Site, __supervisor, cache, jobs
);
#[automatically_derived]
#[allow(deprecated, private_interfaces, unused_variables)]
impl ::pulsar::__private::Supervised for Site
where
    Cache: ::pulsar::__private::Supervised,
    jobs::Jobs: ::pulsar::__private::Supervised,
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
        let branch = branch
            .child(
                "jobs",
                ::pulsar::__private::Supervised::into_branch(self.jobs),
                ::pulsar::__private::ChildOptions::new(),
            );
        branch
    }
    fn proxy(planted: &::pulsar::__private::Planted) -> SiteProxy {
        SiteProxy {
            __supervisor: planted.supervisor(),
            cache: planted.child::<Cache>(0usize),
            jobs: planted.child::<jobs::Jobs>(1usize),
        }
    }
}
#[automatically_derived]
impl ::pulsar::__private::SupervisorExt for Site
where
    Cache: ::pulsar::__private::Supervised,
    jobs::Jobs: ::pulsar::__private::Supervised,
{}
struct Empty {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Empty_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
///The typed proxy of the supervisor [`Empty`]: a method for each child, and what every supervisor answers. Cheap to clone, and a value that can be sent in a message.
struct EmptyProxy {
    __supervisor: renamed::__private::SupervisorProxy,
}
#[allow(private_interfaces)]
impl EmptyProxy {}
renamed::__private::supervisor_proxy_impls!([] EmptyProxy, Empty, __supervisor);
#[automatically_derived]
#[allow(deprecated, private_interfaces, unused_variables)]
impl renamed::__private::Supervised for Empty {
    type Proxy = EmptyProxy;
    fn into_branch(self) -> renamed::__private::Branch {
        let branch = renamed::__private::Branch::supervisor(
            renamed::__private::SupervisorOptions::new(),
        );
        branch
    }
    fn proxy(planted: &renamed::__private::Planted) -> EmptyProxy {
        EmptyProxy {
            __supervisor: planted.supervisor(),
        }
    }
}
#[automatically_derived]
impl renamed::__private::SupervisorExt for Empty {}
