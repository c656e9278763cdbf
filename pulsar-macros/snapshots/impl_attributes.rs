#[cfg(unix)]
impl Store {
    #[cfg(feature = "new")]
    fn get(&mut self, key: u8) -> u8 {
        key
    }
    #[cfg(not(feature = "new"))]
    fn get(&mut self, key: u8) -> u16 {
        0
    }
    #[deprecated(note = "call `get`")]
    #[inline]
    fn fetch(&mut self, r#type: u8) -> u8 {
        r#type
    }
}
#[cfg(unix)]
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Store_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
#[cfg(unix)]
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
        #[cfg(feature = "new")]
        Get { key: u8 },
        #[cfg(not(feature = "new"))]
        Get { key: u8 },
        Fetch { r#type: u8 },
    }
    #[automatically_derived]
    impl renamed::__private::Message for __Message {
        fn tag(&self) -> renamed::__private::Tag {
            match *self {
                #[cfg(feature = "new")]
                __Message::Get { .. } => const { renamed::__private::tag("get") }
                #[cfg(not(feature = "new"))]
                __Message::Get { .. } => const { renamed::__private::tag("get") }
                __Message::Fetch { .. } => const { renamed::__private::tag("fetch") }
            }
        }
        fn name(&self) -> &'static str {
            match *self {
                #[cfg(feature = "new")]
                __Message::Get { .. } => "get",
                #[cfg(not(feature = "new"))]
                __Message::Get { .. } => "get",
                __Message::Fetch { .. } => "fetch",
            }
        }
        fn encode(
            &self,
            out: &mut renamed::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), renamed::__private::EncodeError> {
            match *self {
                #[cfg(feature = "new")]
                __Message::Get { ref key } => {
                    renamed::__private::assert_wire::<u8>();
                    out.put::<u8>(key)?;
                }
                #[cfg(not(feature = "new"))]
                __Message::Get { ref key } => {
                    renamed::__private::assert_wire::<u8>();
                    out.put::<u8>(key)?;
                }
                __Message::Fetch { ref r#type } => {
                    renamed::__private::assert_wire::<u8>();
                    out.put::<u8>(r#type)?;
                }
            }
            ::core::result::Result::Ok(())
        }
        fn decode(
            tag: renamed::__private::Tag,
            input: &mut renamed::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, renamed::__private::DecodeError> {
            match tag {
                #[cfg(feature = "new")]
                tag if tag == const { renamed::__private::tag("get") } => {
                    renamed::__private::assert_wire::<u8>();
                    ::core::result::Result::Ok(__Message::Get {
                        key: input.take::<u8>()?,
                    })
                }
                #[cfg(not(feature = "new"))]
                tag if tag == const { renamed::__private::tag("get") } => {
                    renamed::__private::assert_wire::<u8>();
                    ::core::result::Result::Ok(__Message::Get {
                        key: input.take::<u8>()?,
                    })
                }
                tag if tag == const { renamed::__private::tag("fetch") } => {
                    renamed::__private::assert_wire::<u8>();
                    ::core::result::Result::Ok(__Message::Fetch {
                        r#type: input.take::<u8>()?,
                    })
                }
                tag => {
                    ::core::result::Result::Err(
                        renamed::__private::DecodeError::unknown_command(tag),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl renamed::__private::Actor for Store {
        type Message = __Message;
        type Proxy = StoreProxy;
        const COMMANDS: &'static [renamed::__private::Descriptor] = &[
            #[cfg(feature = "new")]
            renamed::__private::Descriptor {
                name: "get",
                params: &[
                    renamed::__private::Param {
                        name: "key",
                        ty: "u8",
                    },
                ],
                returns: "u8",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: renamed::__private::tag("get"),
            },
            #[cfg(not(feature = "new"))]
            renamed::__private::Descriptor {
                name: "get",
                params: &[
                    renamed::__private::Param {
                        name: "key",
                        ty: "u8",
                    },
                ],
                returns: "u16",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: renamed::__private::tag("get"),
            },
            renamed::__private::Descriptor {
                name: "fetch",
                params: &[
                    renamed::__private::Param {
                        name: "type",
                        ty: "u8",
                    },
                ],
                returns: "u8",
                error: ::core::option::Option::None,
                doc: "",
                idempotent: false,
                tag: renamed::__private::tag("fetch"),
            },
        ];
        fn dispatch_now(
            &mut self,
            cx: &mut renamed::__private::Context<Self>,
            message: __Message,
            reply: renamed::__private::Reply,
        ) -> ::core::option::Option<(__Message, renamed::__private::Reply)> {
            match message {
                #[cfg(feature = "new")]
                __Message::Get { key } => {
                    renamed::__private::assert_wire::<u8>();
                    let out = <Store>::get(self, key);
                    reply.value::<u8>(out);
                    ::core::option::Option::None
                }
                #[cfg(not(feature = "new"))]
                __Message::Get { key } => {
                    renamed::__private::assert_wire::<u16>();
                    let out = <Store>::get(self, key);
                    reply.value::<u16>(out);
                    ::core::option::Option::None
                }
                __Message::Fetch { r#type } => {
                    renamed::__private::assert_wire::<u8>();
                    let out = <Store>::fetch(self, r#type);
                    reply.value::<u8>(out);
                    ::core::option::Option::None
                }
            }
        }
    }
    impl StoreProxy {
        #[cfg(feature = "new")]
        ///Asks for `get`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn get(&self, key: u8) -> renamed::__private::Request<'_, Store, u8> {
            renamed::__private::Request::new(self, __Message::Get { key })
        }
        #[cfg(not(feature = "new"))]
        ///Asks for `get`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn get(&self, key: u8) -> renamed::__private::Request<'_, Store, u16> {
            renamed::__private::Request::new(self, __Message::Get { key })
        }
        #[deprecated(note = "call `get`")]
        ///Asks for `fetch`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn fetch(&self, r#type: u8) -> renamed::__private::Request<'_, Store, u8> {
            renamed::__private::Request::new(self, __Message::Fetch { r#type })
        }
    }
    type __Proxy = StoreProxy;
    renamed::__private::proxy_impls!(__Proxy, Store);
    renamed::__private::supervised_actor!(Store);
    renamed::__private::inventory::submit! {
        renamed::__private::ActorEntry::of:: < Store > ()
    }
    renamed::__private::json_actor!(
        Store, __Message, { #[cfg(feature = "new")] Get {
        renamed::__private::assert_wire:: < u8 > (); } { key : u8, } {
        renamed::__private::assert_wire:: < u8 > (); } u8, renamed::__private::Never } {
        #[cfg(not(feature = "new"))] Get { renamed::__private::assert_wire:: < u8 > (); }
        { key : u8, } { renamed::__private::assert_wire:: < u16 > (); } u16,
        renamed::__private::Never } { Fetch { renamed::__private::assert_wire:: < u8 >
        (); } { r#type : u8, } { renamed::__private::assert_wire:: < u8 > (); } u8,
        renamed::__private::Never }
    );
};
