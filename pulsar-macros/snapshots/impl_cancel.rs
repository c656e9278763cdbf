impl Store {
    async fn slow(&mut self, cx: &mut Context<Self>, n: u64) -> Result<u64, Failed> {
        wait(n).await
    }
}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Store_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
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
        Slow { n: u64 },
    }
    #[automatically_derived]
    impl ::pulsar::__private::Message for __Message {
        fn tag(&self) -> ::pulsar::__private::Tag {
            match *self {
                __Message::Slow { .. } => const { ::pulsar::__private::tag("slow") }
            }
        }
        fn name(&self) -> &'static str {
            match *self {
                __Message::Slow { .. } => "slow",
            }
        }
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            match *self {
                __Message::Slow { ref n } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    out.put::<u64>(n)?;
                }
            }
            ::core::result::Result::Ok(())
        }
        fn decode(
            tag: ::pulsar::__private::Tag,
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            match tag {
                tag if tag == const { ::pulsar::__private::tag("slow") } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    ::core::result::Result::Ok(__Message::Slow {
                        n: input.take::<u64>()?,
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
    impl ::pulsar::__private::Actor for Store {
        type Message = __Message;
        type Proxy = StoreProxy;
        const COMMANDS: &'static [::pulsar::__private::Descriptor] = &[
            ::pulsar::__private::Descriptor {
                name: "slow",
                params: &[
                    ::pulsar::__private::Param {
                        name: "n",
                        ty: "u64",
                    },
                ],
                returns: "u64",
                error: ::core::option::Option::Some("Failed"),
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("slow"),
            },
        ];
        async fn dispatch(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
            message: __Message,
            reply: ::pulsar::__private::Reply,
        ) {
            match message {
                __Message::Slow { n } => {
                    ::pulsar::__private::assert_wire::<u64>();
                    ::pulsar::__private::assert_wire::<Failed>();
                    let caller = reply.caller();
                    match caller.until_gone(<Store>::slow(self, cx, n)).await {
                        ::core::option::Option::Some(out) => {
                            reply.result::<u64, Failed>(out)
                        }
                        ::core::option::Option::None => reply.cancelled(),
                    }
                }
            }
        }
    }
    impl StoreProxy {
        ///Asks for `slow`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn slow(
            &self,
            n: u64,
        ) -> ::pulsar::__private::Request<'_, Store, u64, Failed> {
            ::pulsar::__private::Request::new(self, __Message::Slow { n })
        }
    }
    type __Proxy = StoreProxy;
    ::pulsar::__private::proxy_impls!(__Proxy, Store);
    ::pulsar::__private::supervised_actor!(Store);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::ActorEntry::of:: < Store > ()
    }
    ::pulsar::__private::json_actor!(
        Store, __Message, { Slow { ::pulsar::__private::assert_wire:: < u64 > (); } { n :
        u64, } { ::pulsar::__private::assert_wire:: < u64 > ();
        ::pulsar::__private::assert_wire:: < Failed > (); } u64, Failed }
    );
};
