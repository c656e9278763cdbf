///The request of [`peek()`], made by that function.
#[allow(non_camel_case_types)]
struct peek {}
#[automatically_derived]
impl ::core::fmt::Debug for peek {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        formatter.write_str("peek")
    }
}
#[deprecated]
///The request `peek`, to be sent to an actor.
#[allow(dead_code, clippy::too_many_arguments)]
fn peek() -> peek {
    peek {}
}
#[allow(non_local_definitions)]
const _: () = {
    #[automatically_derived]
    impl ::pulsar::__private::OpenCommand for peek {
        const NAME: &'static str = ::core::concat!(::core::module_path!(), "::peek");
        const DESCRIPTOR: ::pulsar::__private::Descriptor = ::pulsar::__private::Descriptor {
            name: "peek",
            params: &[],
            returns: "u64",
            error: ::core::option::Option::None,
            doc: "",
            idempotent: false,
            tag: ::pulsar::__private::tag(
                ::core::concat!(::core::module_path!(), "::peek"),
            ),
        };
        type Target = Counter;
        type Reply = u64;
        type Error = ::pulsar::__private::Never;
        #[allow(unused_variables)]
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            ::core::result::Result::Ok(())
        }
        #[allow(unused_variables)]
        fn decode(
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            ::core::result::Result::Ok(Self {})
        }
        #[allow(unused_mut, clippy::let_unit_value)]
        async fn run(
            self,
            mut on: ::pulsar::__private::On<'_>,
            reply: ::pulsar::__private::Reply,
        ) {
            fn peek(actor: &mut Counter) -> u64 {
                actor.total
            }
            ::pulsar::__private::assert_wire::<u64>();
            let out = peek(on.actor::<Counter>());
            reply.value::<u64>(out)
        }
    }
    ::pulsar::__private::one_actor!(peek, Counter);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::OpenEntry::of:: < peek > ()
    }
    ::pulsar::__private::json_open!(
        peek {} {} { ::pulsar::__private::assert_wire:: < u64 > (); } u64,
        ::pulsar::__private::Never
    );
};
///The request of [`wait()`], made by that function.
#[allow(non_camel_case_types)]
struct wait {
    n: u64,
}
#[automatically_derived]
impl ::core::fmt::Debug for wait {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        formatter.write_str("wait")
    }
}
///The request `wait`, to be sent to an actor.
#[allow(dead_code, clippy::too_many_arguments)]
fn wait(n: u64) -> wait {
    wait { n }
}
#[allow(non_local_definitions)]
const _: () = {
    #[automatically_derived]
    impl ::pulsar::__private::OpenCommand for wait {
        const NAME: &'static str = ::core::concat!(::core::module_path!(), "::wait");
        const DESCRIPTOR: ::pulsar::__private::Descriptor = ::pulsar::__private::Descriptor {
            name: "wait",
            params: &[
                ::pulsar::__private::Param {
                    name: "n",
                    ty: "u64",
                },
            ],
            returns: "u64",
            error: ::core::option::Option::Some("Error"),
            doc: "",
            idempotent: true,
            tag: ::pulsar::__private::tag(
                ::core::concat!(::core::module_path!(), "::wait"),
            ),
        };
        type Target = Counter;
        type Reply = u64;
        type Error = ::pulsar::__private::ErrorText;
        #[allow(unused_variables)]
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            ::pulsar::__private::assert_wire::<u64>();
            out.put::<u64>(&self.n)?;
            ::core::result::Result::Ok(())
        }
        #[allow(unused_variables)]
        fn decode(
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            ::pulsar::__private::assert_wire::<u64>();
            ::core::result::Result::Ok(Self { n: input.take::<u64>()? })
        }
        #[allow(unused_mut, clippy::let_unit_value)]
        async fn run(
            self,
            mut on: ::pulsar::__private::On<'_>,
            reply: ::pulsar::__private::Reply,
        ) {
            async fn wait(
                actor: &mut Counter,
                cx: &mut Context<Counter>,
                n: u64,
            ) -> Result<u64> {
                Ok(n)
            }
            ::pulsar::__private::assert_wire::<u64>();
            let (actor, cx) = on.both::<Counter>();
            let caller = reply.caller();
            match caller.until_gone(wait(actor, cx, self.n)).await {
                ::core::option::Option::Some(out) => {
                    reply
                        .result::<
                            u64,
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
                        )
                }
                ::core::option::Option::None => reply.cancelled(),
            }
        }
    }
    ::pulsar::__private::one_actor!(wait, Counter);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::OpenEntry::of:: < wait > ()
    }
    ::pulsar::__private::json_open!(
        wait { ::pulsar::__private::assert_wire:: < u64 > (); } { n : u64, } {
        ::pulsar::__private::assert_wire:: < u64 > (); } u64,
        ::pulsar::__private::ErrorText
    );
};
