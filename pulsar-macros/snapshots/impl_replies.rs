impl Counter {
    /// Adds `n` and
    /// returns the new total.
    fn add(&mut self, n: u64) -> u64 {
        self.total += n;
        self.total
    }
    pub fn total(&self) -> u64 {
        self.total
    }
    fn clear(&mut self) {
        self.total = 0;
    }
    async fn divide(
        &mut self,
        cx: &mut Context<Self>,
        by: u64,
    ) -> Result<u64, DivideError> {
        cx.x(by)
    }
    fn load(&mut self, path: PathBuf, name: String) -> Result<()> {
        todo(path, name)
    }
    fn later(&mut self, cx: &mut Context<Self>) -> Deferred<u64> {
        cx.defer(async { 1 })
    }
    async fn later_still(
        &mut self,
        cx: &mut Context<Self>,
    ) -> Deferred<Result<u64, Failed>> {
        cx.defer()
    }
    fn merge(&mut self, other: Vec<Self>) -> Option<Self> {
        None
    }
    fn helper(&self) {}
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Counter_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
#[allow(
    deprecated,
    missing_debug_implementations,
    non_local_definitions,
    private_interfaces,
    unreachable_code,
    unreachable_patterns,
    unused_variables,
    clippy::unused_unit,
    clippy::let_unit_value
)]
const _: () = {
    #[doc(hidden)]
    pub enum __Message {
        Add { n: u64 },
        Total {},
        Clear {},
        Divide { by: u64 },
        Load { path: PathBuf, name: String },
        Later {},
        LaterStill {},
        Merge { other: Vec<Counter> },
    }
    #[automatically_derived]
    impl ::pulsar::__private::Message for __Message {
        fn tag(&self) -> ::pulsar::__private::Tag {
            match *self {
                __Message::Add { .. } => const { ::pulsar::__private::tag("add") }
                __Message::Total { .. } => const { ::pulsar::__private::tag("total") }
                __Message::Clear { .. } => const { ::pulsar::__private::tag("clear") }
                __Message::Divide { .. } => const { ::pulsar::__private::tag("divide") }
                __Message::Load { .. } => const { ::pulsar::__private::tag("load") }
                __Message::Later { .. } => const { ::pulsar::__private::tag("later") }
                __Message::LaterStill { .. } => {
                    const { ::pulsar::__private::tag("later_still") }
                }
                __Message::Merge { .. } => const { ::pulsar::__private::tag("merge") }
            }
        }
        fn name(&self) -> &'static str {
            match *self {
                __Message::Add { .. } => "add",
                __Message::Total { .. } => "total",
                __Message::Clear { .. } => "clear",
                __Message::Divide { .. } => "divide",
                __Message::Load { .. } => "load",
                __Message::Later { .. } => "later",
                __Message::LaterStill { .. } => "later_still",
                __Message::Merge { .. } => "merge",
            }
        }
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            match *self {
                __Message::Add { ref n } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    out.put::<u64>(n)?;
                }
                __Message::Total {} => {}
                __Message::Clear {} => {}
                __Message::Divide { ref by } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    out.put::<u64>(by)?;
                }
                __Message::Load { ref path, ref name } => {
                    ::pulsar::__private::assert_wire::<PathBuf>();
                    ::pulsar::__private::assert_wire::<String>();
                    out.put::<PathBuf>(path)?;
                    out.put::<String>(name)?;
                }
                __Message::Later {} => {}
                __Message::LaterStill {} => {}
                __Message::Merge { ref other } => {
                    ::pulsar::__private::assert_wire::<Vec<Counter>>();
                    out.put::<Vec<Counter>>(other)?;
                }
            }
            ::core::result::Result::Ok(())
        }
        fn decode(
            tag: ::pulsar::__private::Tag,
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            match tag {
                tag if tag == const { ::pulsar::__private::tag("add") } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    ::core::result::Result::Ok(__Message::Add {
                        n: input.take::<u64>()?,
                    })
                }
                tag if tag == const { ::pulsar::__private::tag("total") } => {
                    ::core::result::Result::Ok(__Message::Total {})
                }
                tag if tag == const { ::pulsar::__private::tag("clear") } => {
                    ::core::result::Result::Ok(__Message::Clear {})
                }
                tag if tag == const { ::pulsar::__private::tag("divide") } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    ::core::result::Result::Ok(__Message::Divide {
                        by: input.take::<u64>()?,
                    })
                }
                tag if tag == const { ::pulsar::__private::tag("load") } => {
                    ::pulsar::__private::assert_wire::<PathBuf>();
                    ::pulsar::__private::assert_wire::<String>();
                    ::core::result::Result::Ok(__Message::Load {
                        path: input.take::<PathBuf>()?,
                        name: input.take::<String>()?,
                    })
                }
                tag if tag == const { ::pulsar::__private::tag("later") } => {
                    ::core::result::Result::Ok(__Message::Later {})
                }
                tag if tag == const { ::pulsar::__private::tag("later_still") } => {
                    ::core::result::Result::Ok(__Message::LaterStill {})
                }
                tag if tag == const { ::pulsar::__private::tag("merge") } => {
                    ::pulsar::__private::assert_wire::<Vec<Counter>>();
                    ::core::result::Result::Ok(__Message::Merge {
                        other: input.take::<Vec<Counter>>()?,
                    })
                }
                tag => {
                    ::core::result::Result::Err(
                        ::pulsar::__private::DecodeError::unknown_command(tag),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::pulsar::__private::Actor for Counter {
        type Message = __Message;
        type Proxy = CounterProxy;
        const COMMANDS: &'static [::pulsar::__private::Descriptor] = &[
            ::pulsar::__private::Descriptor {
                name: "add",
                params: &[
                    ::pulsar::__private::Param {
                        name: "n",
                        ty: "u64",
                    },
                ],
                returns: "u64",
                error: ::core::option::Option::None,
                doc: "Adds `n` and\nreturns the new total.",
                idempotent: false,
                tag: ::pulsar::__private::tag("add"),
            },
            ::pulsar::__private::Descriptor {
                name: "total",
                params: &[],
                returns: "u64",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("total"),
            },
            ::pulsar::__private::Descriptor {
                name: "clear",
                params: &[],
                returns: "()",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("clear"),
            },
            ::pulsar::__private::Descriptor {
                name: "divide",
                params: &[
                    ::pulsar::__private::Param {
                        name: "by",
                        ty: "u64",
                    },
                ],
                returns: "u64",
                error: ::core::option::Option::Some("DivideError"),
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("divide"),
            },
            ::pulsar::__private::Descriptor {
                name: "load",
                params: &[
                    ::pulsar::__private::Param {
                        name: "path",
                        ty: "PathBuf",
                    },
                    ::pulsar::__private::Param {
                        name: "name",
                        ty: "String",
                    },
                ],
                returns: "()",
                error: ::core::option::Option::Some("Error"),
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("load"),
            },
            ::pulsar::__private::Descriptor {
                name: "later",
                params: &[],
                returns: "u64",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("later"),
            },
            ::pulsar::__private::Descriptor {
                name: "later_still",
                params: &[],
                returns: "u64",
                error: ::core::option::Option::Some("Failed"),
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("later_still"),
            },
            ::pulsar::__private::Descriptor {
                name: "merge",
                params: &[
                    ::pulsar::__private::Param {
                        name: "other",
                        ty: "Vec<Counter>",
                    },
                ],
                returns: "Option<Counter>",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("merge"),
            },
        ];
        fn dispatch_now(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
            message: __Message,
            reply: ::pulsar::__private::Reply,
        ) -> ::core::option::Option<(__Message, ::pulsar::__private::Reply)> {
            match message {
                __Message::Add { n } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    let out = <Counter>::add(self, n);
                    reply.value::<u64>(out);
                    ::core::option::Option::None
                }
                __Message::Total {} => {
                    ::pulsar::__private::assert_wire::<u64>();
                    let out = <Counter>::total(self);
                    reply.value::<u64>(out);
                    ::core::option::Option::None
                }
                __Message::Clear {} => {
                    let out = <Counter>::clear(self);
                    reply.value::<()>(out);
                    ::core::option::Option::None
                }
                __Message::Load { path, name } => {
                    let out = <Counter>::load(self, path, name);
                    reply
                        .result::<
                            (),
                            ::pulsar::__private::ErrorText,
                        >(
                            match out {
                                ::core::result::Result::Ok(out) => {
                                    ::core::result::Result::Ok(out)
                                }
                                ::core::result::Result::Err(error) => {
                                    ::core::result::Result::Err(
                                        <::pulsar::__private::ErrorText as ::core::convert::From<
                                            _,
                                        >>::from(error),
                                    )
                                }
                            },
                        );
                    ::core::option::Option::None
                }
                __Message::Later {} => {
                    ::pulsar::__private::assert_wire::<u64>();
                    let out = <Counter>::later(self, cx);
                    reply.deferred(cx, out);
                    ::core::option::Option::None
                }
                __Message::Merge { other } => {
                    ::pulsar::__private::assert_wire::<Option<Counter>>();
                    let out = <Counter>::merge(self, other);
                    reply.value::<Option<Counter>>(out);
                    ::core::option::Option::None
                }
                message => ::core::option::Option::Some((message, reply)),
            }
        }
        async fn dispatch(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
            message: __Message,
            reply: ::pulsar::__private::Reply,
        ) {
            match message {
                __Message::Divide { by } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    ::pulsar::__private::assert_wire::<DivideError>();
                    let out = <Counter>::divide(self, cx, by).await;
                    reply.result::<u64, DivideError>(out)
                }
                __Message::LaterStill {} => {
                    ::pulsar::__private::assert_wire::<u64>();
                    ::pulsar::__private::assert_wire::<Failed>();
                    let out = <Counter>::later_still(self, cx).await;
                    reply.deferred_result(cx, out)
                }
                _ => {}
            }
        }
    }
    impl CounterProxy {
        /// Adds `n` and
        /// returns the new total.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn add(&self, n: u64) -> ::pulsar::__private::Request<'_, Counter, u64> {
            ::pulsar::__private::Request::new(self, __Message::Add { n })
        }
        ///Asks for `total`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn total(&self) -> ::pulsar::__private::Request<'_, Counter, u64> {
            ::pulsar::__private::Request::new(self, __Message::Total {})
        }
        ///Asks for `clear`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn clear(&self) -> ::pulsar::__private::Request<'_, Counter, ()> {
            ::pulsar::__private::Request::new(self, __Message::Clear {})
        }
        ///Asks for `divide`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn divide(
            &self,
            by: u64,
        ) -> ::pulsar::__private::Request<'_, Counter, u64, DivideError> {
            ::pulsar::__private::Request::new(self, __Message::Divide { by })
        }
        ///Asks for `load`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn load(
            &self,
            path: impl ::core::convert::Into<PathBuf>,
            name: impl ::core::convert::Into<String>,
        ) -> ::pulsar::__private::Request<
            '_,
            Counter,
            (),
            ::pulsar::__private::ErrorText,
        > {
            ::pulsar::__private::Request::new(
                self,
                __Message::Load {
                    path: ::core::convert::Into::into(path),
                    name: ::core::convert::Into::into(name),
                },
            )
        }
        ///Asks for `later`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn later(&self) -> ::pulsar::__private::Request<'_, Counter, u64> {
            ::pulsar::__private::Request::new(self, __Message::Later {})
        }
        ///Asks for `later_still`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn later_still(
            &self,
        ) -> ::pulsar::__private::Request<'_, Counter, u64, Failed> {
            ::pulsar::__private::Request::new(self, __Message::LaterStill {})
        }
        ///Asks for `merge`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn merge(
            &self,
            other: Vec<Counter>,
        ) -> ::pulsar::__private::Request<'_, Counter, Option<Counter>> {
            ::pulsar::__private::Request::new(self, __Message::Merge { other })
        }
    }
    type __Proxy = CounterProxy;
    ::pulsar::__private::proxy_impls!(__Proxy, Counter);
    ::pulsar::__private::supervised_actor!(Counter);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::ActorEntry::of:: < Counter > ()
    }
    ::pulsar::__private::json_actor!(
        Counter, __Message, { Add { ::pulsar::__private::assert_wire:: < u64 > (); } { n
        : u64, } { ::pulsar::__private::assert_wire:: < u64 > (); } u64,
        ::pulsar::__private::Never } { Total {} {} { ::pulsar::__private::assert_wire:: <
        u64 > (); } u64, ::pulsar::__private::Never } { Clear {} {} {} (),
        ::pulsar::__private::Never } { Divide { ::pulsar::__private::assert_wire:: < u64
        > (); } { by : u64, } { ::pulsar::__private::assert_wire:: < u64 > ();
        ::pulsar::__private::assert_wire:: < DivideError > (); } u64, DivideError } {
        Load { ::pulsar::__private::assert_wire:: < PathBuf > ();
        ::pulsar::__private::assert_wire:: < String > (); } { path : PathBuf, name :
        String, } {} (), ::pulsar::__private::ErrorText } { Later {} {} {
        ::pulsar::__private::assert_wire:: < u64 > (); } u64, ::pulsar::__private::Never
        } { LaterStill {} {} { ::pulsar::__private::assert_wire:: < u64 > ();
        ::pulsar::__private::assert_wire:: < Failed > (); } u64, Failed } { Merge {
        ::pulsar::__private::assert_wire:: < Vec < Counter > > (); } { other : Vec <
        Counter >, } { ::pulsar::__private::assert_wire:: < Option < Counter > > (); }
        Option < Counter >, ::pulsar::__private::Never }
    );
};
