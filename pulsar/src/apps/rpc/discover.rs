//! What `rpc.discover` answers: the commands that are mounted, in the manner of OpenRPC. Made of descriptors alone.

use serde_json::{Map, Value, json};

use super::answer::ErrorKind;
use crate::command::{Descriptor, Param};

/// The document. `absent` are mounted, and could not be asked what they are.
pub(super) fn document(title: &str, version: &str, methods: Vec<Value>, absent: &[&str]) -> Value {
    let mut document = json!({
        "openrpc": "1.2.6",
        "info": {"title": title, "version": version},
        "methods": methods,
    });
    if let (false, Some(document)) = (absent.is_empty(), document.as_object_mut()) {
        document.insert("x-absent".into(), json!(absent));
    }
    document
}

/// One command, mounted under the name `mount`.
pub(super) fn method(mount: &str, command: &Descriptor) -> Value {
    let name = if mount.is_empty() { command.name.to_string() } else { format!("{mount}.{}", command.name) };
    let mut method = Map::new();
    method.insert("name".into(), name.into());
    if let Some(summary) = command.doc.lines().next().filter(|line| !line.is_empty()) {
        method.insert("summary".into(), summary.into());
        method.insert("description".into(), command.doc.into());
    }
    method.insert("paramStructure".into(), "either".into());
    method.insert("params".into(), command.params.iter().map(param).collect());
    method.insert("result".into(), json!({"name": "result", "schema": schema(command.returns)}));
    if let Some(error) = command.error {
        let kind = ErrorKind::Command;
        let error = json!({"code": kind.code(), "message": kind.message(), "data": {"title": error}});
        method.insert("errors".into(), json!([error]));
    }
    if command.idempotent {
        method.insert("x-idempotent".into(), true.into());
    }
    Value::Object(method)
}

fn param(param: &Param) -> Value {
    json!({"name": param.name, "required": inside(param.ty, "Option").is_none(), "schema": schema(param.ty)})
}

/// What is known of a type by its text alone: its title always, more where it is one of the common ones.
fn schema(ty: &str) -> Value {
    let mut schema = Map::new();
    schema.insert("title".into(), ty.into());
    let known = match ty {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            schema.insert("minimum".into(), 0.into());
            Some(json!("integer"))
        }
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => Some(json!("integer")),
        "f32" | "f64" => Some(json!("number")),
        "bool" => Some(json!("boolean")),
        "String" | "char" | "PathBuf" => Some(json!("string")),
        "()" => Some(json!("null")),
        _ => None,
    };
    if let Some(known) = known {
        schema.insert("type".into(), known);
    } else if let Some(item) = inside(ty, "Vec") {
        schema.insert("type".into(), "array".into());
        schema.insert("items".into(), self::schema(item));
    } else if let Some(some) = inside(ty, "Option") {
        schema.insert("anyOf".into(), json!([self::schema(some), {"type": "null"}]));
    }
    Value::Object(schema)
}

/// `T` of `outer<T>`.
fn inside<'a>(ty: &'a str, outer: &str) -> Option<&'a str> {
    ty.strip_prefix(outer)?.strip_prefix('<')?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tag;

    #[test]
    fn a_descriptor_says_what_it_can() {
        let command = Descriptor {
            name: "add",
            params: &[Param { name: "n", ty: "Vec<u64>" }, Param { name: "m", ty: "Option<Point>" }],
            returns: "()",
            error: Some("Trouble"),
            doc: "Adds.\n\nAnd so on.",
            idempotent: true,
            tag: tag("add"),
        };
        let expected = json!({
            "name": "calc.add",
            "summary": "Adds.",
            "description": "Adds.\n\nAnd so on.",
            "paramStructure": "either",
            "params": [
                {"name": "n", "required": true, "schema": {
                    "title": "Vec<u64>", "type": "array", "items": {"title": "u64", "type": "integer", "minimum": 0},
                }},
                {"name": "m", "required": false, "schema": {
                    "title": "Option<Point>", "anyOf": [{"title": "Point"}, {"type": "null"}],
                }},
            ],
            "result": {"name": "result", "schema": {"title": "()", "type": "null"}},
            "errors": [{"code": -32000, "message": "Command failed", "data": {"title": "Trouble"}}],
            "x-idempotent": true,
        });
        assert_eq!(method("calc", &command), expected);
        assert_eq!(method("", &command)["name"], "add");
    }
}
