impl Store {
    fn put(&mut self, key: String, value: Vec<u8>) -> bool {
        true
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
        Put { key: String, value: Vec<u8> },
    }
    #[automatically_derived]
    impl ::pulsar::__private::Message for __Message {
        fn tag(&self) -> ::pulsar::__private::Tag {
            match *self {
                __Message::Put { .. } => const { ::pulsar::__private::tag("put") }
            }
        }
        fn name(&self) -> &'static str {
            match *self {
                __Message::Put { .. } => "put",
            }
        }
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            match *self {
                __Message::Put { ref key, ref value } => {
                    ::pulsar::__private::assert_wire::<String>();
                    ::pulsar::__private::assert_wire::<Vec<u8>>();
                    out.put::<String>(key)?;
                    out.put::<Vec<u8>>(value)?;
                }
            }
            ::core::result::Result::Ok(())
        }
        fn decode(
            tag: ::pulsar::__private::Tag,
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            match tag {
                tag if tag == const { ::pulsar::__private::tag("put") } => {
                    ::pulsar::__private::assert_wire::<String>();
                    ::pulsar::__private::assert_wire::<Vec<u8>>();
                    ::core::result::Result::Ok(__Message::Put {
                        key: input.take::<String>()?,
                        value: input.take::<Vec<u8>>()?,
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
                name: "put",
                params: &[
                    ::pulsar::__private::Param {
                        name: "key",
                        ty: "String",
                    },
                    ::pulsar::__private::Param {
                        name: "value",
                        ty: "Vec<u8>",
                    },
                ],
                returns: "bool",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: true,
                tag: ::pulsar::__private::tag("put"),
            },
        ];
        fn dispatch_now(
            &mut self,
            cx: &mut ::pulsar::__private::Context<Self>,
            message: __Message,
            reply: ::pulsar::__private::Reply,
        ) -> ::core::option::Option<(__Message, ::pulsar::__private::Reply)> {
            match message {
                __Message::Put { key, value } => {
                    ::pulsar::__private::assert_wire::<bool>();
                    let out = <Store>::put(self, key, value);
                    reply.value::<bool>(out);
                    ::core::option::Option::None
                }
            }
        }
    }
    impl StoreProxy {
        ///Asks for `put`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn put(
            &self,
            key: impl ::core::convert::Into<String>,
            value: Vec<u8>,
        ) -> ::pulsar::__private::Request<'_, Store, bool> {
            ::pulsar::__private::assert_clone::<String>();
            ::pulsar::__private::assert_clone::<Vec<u8>>();
            let key: String = ::core::convert::Into::into(key);
            ::pulsar::__private::Request::new(
                    self,
                    __Message::Put {
                        key: <String as ::core::clone::Clone>::clone(&key),
                        value: <Vec<u8> as ::core::clone::Clone>::clone(&value),
                    },
                )
                .again(move || __Message::Put {
                    key: <String as ::core::clone::Clone>::clone(&key),
                    value: <Vec<u8> as ::core::clone::Clone>::clone(&value),
                })
        }
    }
    type __Proxy = StoreProxy;
    ::pulsar::__private::proxy_impls!(__Proxy, Store);
    ::pulsar::__private::supervised_actor!(Store);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::ActorEntry::of:: < Store > ()
    }
    ::pulsar::__private::json_actor!(
        Store, __Message, { Put { ::pulsar::__private::assert_wire:: < String > ();
        ::pulsar::__private::assert_wire:: < Vec < u8 > > (); } { key : String, value :
        Vec < u8 >, } { ::pulsar::__private::assert_wire:: < bool > (); } bool,
        ::pulsar::__private::Never }
    );
};
