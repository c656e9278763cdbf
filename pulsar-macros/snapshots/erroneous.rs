pub struct Counter {
    label: &'static str,
    total: u64,
}
///The typed proxy of [`Counter`]: cheap to clone, and a value that can be sent in a message.
pub struct CounterProxy(#[doc(hidden)] pub ::pulsar::__private::Proxy<Counter>);
#[automatically_derived]
impl ::pulsar::__private::Specified for Counter {
    const NAME: &'static str = ::core::concat!(::core::module_path!(), "::Counter");
    const SPECIFICATION: &'static str = "label: &'static str";
    const OPTIONS: ::pulsar::__private::Options = ::pulsar::__private::Options::new();
    #[allow(unused_variables)]
    fn encode(
        &self,
        out: &mut ::pulsar::__private::Encoder<'_>,
    ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
        ::core::unreachable!()
    }
    #[allow(unused_variables)]
    fn decode(
        input: &mut ::pulsar::__private::Decoder<'_>,
    ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
        ::core::unreachable!()
    }
}
::core::compile_error! {
    "unknown key `mailbx`: did you mean `mailbox`?"
}
::core::compile_error! {
    "a duration is a text with its unit: write `timeout = \"30s\"`"
}
::core::compile_error! {
    "a specification travels, so it is owned: write `String`, or mark the field `#[state]`"
}
::core::compile_error! {
    "write `#[state]`, or `#[state(expression)]` for the value it starts with"
}
impl Counter {
    fn add(&mut self, n: u64) -> u64 {
        n
    }
    fn name(&mut self, name: &str) {}
    fn strat(&mut self) {}
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
    }
    #[automatically_derived]
    impl ::pulsar::__private::Message for __Message {
        fn tag(&self) -> ::pulsar::__private::Tag {
            match *self {
                __Message::Add { .. } => const { ::pulsar::__private::tag("add") }
            }
        }
        fn name(&self) -> &'static str {
            match *self {
                __Message::Add { .. } => "add",
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
                doc: "",
                idempotent: false,
                tag: ::pulsar::__private::tag("add"),
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
            }
        }
    }
    impl CounterProxy {
        ///Asks for `add`.
        #[allow(dead_code, clippy::too_many_arguments)]
        pub fn add(&self, n: u64) -> ::pulsar::__private::Request<'_, Counter, u64> {
            ::pulsar::__private::Request::new(self, __Message::Add { n })
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
        ::pulsar::__private::Never }
    );
};
::core::compile_error! {
    "a parameter travels, so it is owned: write `String`"
}
::core::compile_error! {
    "unknown hook `strat`: did you mean `start`?"
}
::core::compile_error! {
    "there is a command `add` already: give this one another name"
}
