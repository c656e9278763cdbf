pub(crate) struct Counter {
    start: u64,
}
///The typed proxy of [`Counter`]: cheap to clone, and a value that can be sent in a message.
pub(crate) struct CounterProxy(#[doc(hidden)] pub ::pulsar::__private::Proxy<Counter>);
#[automatically_derived]
impl ::pulsar::__private::Specified for Counter {
    const NAME: &'static str = ::core::concat!(::core::module_path!(), "::Counter");
    const SPECIFICATION: &'static str = "start: u64";
    const OPTIONS: ::pulsar::__private::Options = ::pulsar::__private::Options::new()
        .kind(::pulsar::__private::Kind::Task)
        .name("counter")
        .mailbox(10u32)
        .timeout(::core::time::Duration::from_millis(30000u64))
        .start_timeout(::core::time::Duration::from_millis(60000u64))
        .shutdown(::core::time::Duration::from_millis(500u64))
        .restart(::pulsar::__private::Restart::Transient)
        .backoff(
            ::core::time::Duration::from_millis(100u64),
            ::core::time::Duration::from_millis(30000u64),
        );
    #[allow(unused_variables)]
    fn encode(
        &self,
        out: &mut ::pulsar::__private::Encoder<'_>,
    ) -> ::core::result::Result<(), ::pulsar::__private::EncodeError> {
        ::pulsar::__private::assert_wire::<u64>();
        out.put::<u64>(&self.start)?;
        ::core::result::Result::Ok(())
    }
    #[allow(unused_variables)]
    fn decode(
        input: &mut ::pulsar::__private::Decoder<'_>,
    ) -> ::core::result::Result<Self, ::pulsar::__private::DecodeError> {
        ::pulsar::__private::assert_wire::<u64>();
        ::core::result::Result::Ok(Self {
            start: input.take::<u64>()?,
        })
    }
}
struct Limited;
impl Limited {
    ///A `Limited` with this specification, to be spawned.
    #[allow(dead_code, clippy::too_many_arguments, clippy::new_without_default)]
    fn new() -> Self {
        Self {}
    }
}
///The typed proxy of [`Limited`]: cheap to clone, and a value that can be sent in a message.
struct LimitedProxy(#[doc(hidden)] pub crate::renamed::__private::Proxy<Limited>);
#[automatically_derived]
impl crate::renamed::__private::Specified for Limited {
    const NAME: &'static str = ::core::concat!(::core::module_path!(), "::Limited");
    const SPECIFICATION: &'static str = "";
    const OPTIONS: crate::renamed::__private::Options = crate::renamed::__private::Options::new()
        .kind(crate::renamed::__private::Kind::Process)
        .memory(536870912u64)
        .nofile(1024u64)
        .nice(-5i32);
    const CONSTRUCTOR: bool = true;
    #[allow(unused_variables)]
    fn encode(
        &self,
        out: &mut crate::renamed::__private::Encoder<'_>,
    ) -> ::core::result::Result<(), crate::renamed::__private::EncodeError> {
        ::core::result::Result::Ok(())
    }
    #[allow(unused_variables)]
    fn decode(
        input: &mut crate::renamed::__private::Decoder<'_>,
    ) -> ::core::result::Result<Self, crate::renamed::__private::DecodeError> {
        ::core::result::Result::Ok(Self {})
    }
}
