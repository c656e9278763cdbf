struct Quiet;
impl Quiet {
    ///A `Quiet` with this specification, to be spawned.
    #[allow(dead_code, clippy::too_many_arguments, clippy::new_without_default)]
    fn new() -> Self {
        Self {}
    }
}
///The typed proxy of [`Quiet`]: cheap to clone, and a value that can be sent in a message.
struct QuietProxy(#[doc(hidden)] pub ::pulsar::__private::Proxy<Quiet>);
#[automatically_derived]
impl ::pulsar::__private::Specified for Quiet {
    const NAME: &'static str = ::core::concat!(::core::module_path!(), "::Quiet");
    const SPECIFICATION: &'static str = "";
    const OPTIONS: ::pulsar::__private::Options = ::pulsar::__private::Options::new();
    const CONSTRUCTOR: bool = true;
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
}
impl Quiet {}
#[doc(hidden)]
#[allow(dead_code, non_camel_case_types)]
enum Quiet_takes_actor_on_one_impl_block_and_on_none_if_it_is_a_supervisor {}
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
    pub enum __Message {}
    #[automatically_derived]
    impl ::pulsar::__private::Message for __Message {
        fn tag(&self) -> ::pulsar::__private::Tag {
            match *self {}
        }
        fn name(&self) -> &'static str {
            match *self {}
        }
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            match *self {}
            ::core::result::Result::Ok(())
        }
        fn decode(
            tag: ::pulsar::__private::Tag,
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            match tag {
                tag => {
                    ::core::result::Result::Err(
                        ::pulsar::__private::DecodeError::unknown_command(tag),
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::pulsar::__private::Actor for Quiet {
        type Message = __Message;
        type Proxy = QuietProxy;
        const COMMANDS: &'static [::pulsar::__private::Descriptor] = &[];
    }
    impl QuietProxy {}
    type __Proxy = QuietProxy;
    ::pulsar::__private::proxy_impls!(__Proxy, Quiet);
    ::pulsar::__private::supervised_actor!(Quiet);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::ActorEntry::of:: < Quiet > ()
    }
    ::pulsar::__private::json_actor!(Quiet, __Message,);
};
