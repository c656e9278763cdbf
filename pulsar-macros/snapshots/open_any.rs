///The request of [`greet()`], made by that function.
#[allow(non_camel_case_types)]
pub struct greet {
    name: String,
    times: u8,
}
#[automatically_derived]
impl ::core::fmt::Debug for greet {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        formatter.write_str("greet")
    }
}
/// Greets whoever is told.
#[allow(dead_code, clippy::too_many_arguments)]
pub fn greet(name: impl ::core::convert::Into<String>, times: u8) -> greet {
    greet {
        name: ::core::convert::Into::into(name),
        times,
    }
}
#[allow(non_local_definitions)]
const _: () = {
    #[automatically_derived]
    impl ::pulsar::__private::OpenCommand for greet {
        const NAME: &'static str = ::core::concat!(::core::module_path!(), "::greet");
        const DESCRIPTOR: ::pulsar::__private::Descriptor = ::pulsar::__private::Descriptor {
            name: "greet",
            params: &[
                ::pulsar::__private::Param {
                    name: "name",
                    ty: "String",
                },
                ::pulsar::__private::Param {
                    name: "times",
                    ty: "u8",
                },
            ],
            returns: "String",
            error: ::core::option::Option::None,
            doc: "Greets whoever is told.",
            idempotent: false,
            tag: ::pulsar::__private::tag(
                ::core::concat!(::core::module_path!(), "::greet"),
            ),
        };
        type Target = ::pulsar::__private::AnyActor;
        type Reply = String;
        type Error = ::pulsar::__private::Never;
        #[allow(unused_variables)]
        fn encode(
            &self,
            out: &mut ::pulsar::__private::Encoder<'_>,
        ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
            ::pulsar::__private::assert_wire::<String>();
            ::pulsar::__private::assert_wire::<u8>();
            out.put::<String>(&self.name)?;
            out.put::<u8>(&self.times)?;
            ::core::result::Result::Ok(())
        }
        #[allow(unused_variables)]
        fn decode(
            input: &mut ::pulsar::__private::Decoder<'_>,
        ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
            ::pulsar::__private::assert_wire::<String>();
            ::pulsar::__private::assert_wire::<u8>();
            ::core::result::Result::Ok(Self {
                name: input.take::<String>()?,
                times: input.take::<u8>()?,
            })
        }
        #[allow(unused_mut, clippy::let_unit_value)]
        async fn run(
            self,
            mut on: ::pulsar::__private::On<'_>,
            reply: ::pulsar::__private::Reply,
        ) {
            /// Greets whoever is told.
            async fn greet(cx: &mut Context, name: String, times: u8) -> String {
                name
            }
            ::pulsar::__private::assert_wire::<String>();
            let out = greet(on.context(), self.name, self.times).await;
            reply.value::<String>(out)
        }
    }
    ::pulsar::__private::any_actor!(greet);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::OpenEntry::of:: < greet > ()
    }
    ::pulsar::__private::json_open!(
        greet { ::pulsar::__private::assert_wire:: < String > ();
        ::pulsar::__private::assert_wire:: < u8 > (); } { name : String, times : u8, } {
        ::pulsar::__private::assert_wire:: < String > (); } String,
        ::pulsar::__private::Never
    );
};
///The request of [`nothing()`], made by that function.
#[allow(non_camel_case_types)]
struct nothing {}
#[automatically_derived]
impl ::core::fmt::Debug for nothing {
    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        formatter.write_str("nothing")
    }
}
///The request `nothing`, to be sent to an actor.
#[allow(dead_code, clippy::too_many_arguments)]
fn nothing() -> nothing {
    nothing {}
}
#[allow(non_local_definitions)]
const _: () = {
    #[automatically_derived]
    impl ::pulsar::__private::OpenCommand for nothing {
        const NAME: &'static str = ::core::concat!(::core::module_path!(), "::nothing");
        const DESCRIPTOR: ::pulsar::__private::Descriptor = ::pulsar::__private::Descriptor {
            name: "nothing",
            params: &[],
            returns: "()",
            error: ::core::option::Option::None,
            doc: "",
            idempotent: false,
            tag: ::pulsar::__private::tag(
                ::core::concat!(::core::module_path!(), "::nothing"),
            ),
        };
        type Target = ::pulsar::__private::AnyActor;
        type Reply = ();
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
            fn nothing(_: &mut Context) {}
            let out = nothing(on.context());
            reply.value::<()>(out)
        }
    }
    ::pulsar::__private::any_actor!(nothing);
    ::pulsar::__private::inventory::submit! {
        ::pulsar::__private::OpenEntry::of:: < nothing > ()
    }
    ::pulsar::__private::json_open!(nothing {} {} {} (), ::pulsar::__private::Never);
};
