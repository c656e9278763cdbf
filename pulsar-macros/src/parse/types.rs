//! Types in signatures: what may not travel, `Self` replaced, names recognized by their last segment.
//!
//! It knows types only, no item.

use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, Lifetime, Path, PathArguments, PathSegment, Type, TypeFnPtr, TypeImplTrait, TypeInfer,
    TypeParamBound, TypePath, TypeReference, TypeTraitObject,
};

use crate::errors::Errors;
use crate::names;

/// Reports what in `ty` cannot be owned by another actor; `what` is "a parameter" or the like.
pub(crate) fn owned(ty: &Type, what: &str, errors: &mut Errors) -> bool {
    let count = errors.count();
    Owned { what, errors }.visit_type(ty);
    errors.clean_since(count)
}

struct Owned<'a> {
    what: &'a str,
    errors: &'a mut Errors,
}

impl Owned<'_> {
    /// What to write, and for a field the other way out.
    fn instead(&self, fix: &str) -> String {
        let state = if self.what == "a specification" { ", or mark the field `#[state]`" } else { "" };
        format!("{fix}{state}")
    }
}

impl Visit<'_> for Owned<'_> {
    fn visit_type_reference(&mut self, reference: &TypeReference) {
        let fix = self.instead(&format!("write `{}`", owner(&reference.elem)));
        self.errors.at(reference, format!("{} travels, so it is owned: {fix}", self.what));
    }

    fn visit_type_impl_trait(&mut self, ty: &TypeImplTrait) {
        self.errors.at(ty, format!("{} has one type: name it instead of `{}`", self.what, names::text(ty)));
    }

    fn visit_type_infer(&mut self, ty: &TypeInfer) {
        self.errors.at(ty, format!("{} has one type: name it instead of `_`", self.what));
    }

    fn visit_lifetime(&mut self, lifetime: &Lifetime) {
        if lifetime.ident != "static" {
            self.errors.at(
                lifetime,
                format!("{} travels, so it borrows nothing: write `'static` or an owned type", self.what),
            );
        }
    }

    fn visit_type_fn_ptr(&mut self, ty: &TypeFnPtr) {
        self.errors.at(
            ty,
            format!("{} travels and a function does not: {}", self.what, self.instead("send what it would decide by")),
        );
    }

    fn visit_type_trait_object(&mut self, ty: &TypeTraitObject) {
        let closure = ty.bounds.iter().any(|bound| match bound {
            TypeParamBound::Trait(bound) => {
                bound.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with("Fn"))
            }
            _ => false,
        });
        if closure {
            self.errors.at(
                ty,
                format!(
                    "{} travels and a closure does not: {}",
                    self.what,
                    self.instead("send what it would decide by")
                ),
            );
        } else {
            visit::visit_type_trait_object(self, ty);
        }
    }

    fn visit_type_path(&mut self, ty: &TypePath) {
        match ty.path.segments.last() {
            Some(last) if last.ident == "Rc" => {
                let inner = arguments(last).first().map_or_else(|| "T".to_owned(), names::text);
                self.errors.at(
                    ty,
                    format!(
                        "{} may leave its thread and an `Rc` cannot: {}",
                        self.what,
                        self.instead(&format!("write `{inner}`"))
                    ),
                );
            }
            _ => visit::visit_type_path(self, ty),
        }
    }

    fn visit_parenthesized_generic_arguments(&mut self, _: &syn::ParenthesizedGenericArguments) {}
}

fn owner(borrowed: &Type) -> String {
    match borrowed {
        Type::Slice(slice) => format!("Vec<{}>", names::text(&slice.elem)),
        Type::TraitObject(_) | Type::ImplTrait(_) => "a type of its own".to_owned(),
        Type::Reference(inner) => owner(&inner.elem),
        Type::Paren(inner) => owner(&inner.elem),
        Type::Group(inner) => owner(&inner.elem),
        _ => match last(borrowed).map(|segment| segment.ident.to_string()).as_deref() {
            Some("str") => "String".to_owned(),
            Some("Path") => "PathBuf".to_owned(),
            Some("OsStr") => "OsString".to_owned(),
            Some("CStr") => "CString".to_owned(),
            _ => names::text(borrowed),
        },
    }
}

/// `ty` with the actor's path in the place of `Self`.
pub(crate) fn without_self(ty: &Type, actor: Option<&Path>) -> Type {
    let mut ty = ty.clone();
    if let Some(actor) = actor {
        WithoutSelf(actor).visit_type_mut(&mut ty);
    }
    ty
}

struct WithoutSelf<'a>(&'a Path);

impl VisitMut for WithoutSelf<'_> {
    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        if path.leading_colon.is_none() && path.segments.first().is_some_and(|first| first.ident == "Self") {
            let span = path.segments[0].ident.span();
            let mut replaced = self.0.clone();
            for segment in &mut replaced.segments {
                segment.ident.set_span(span);
            }
            replaced.segments.extend(path.segments.iter().skip(1).cloned());
            *path = replaced;
        }
    }
}

/// Whether `Self` is said anywhere in it.
pub(crate) fn mentions_self(signature: &syn::Signature) -> bool {
    struct Mentions(bool);
    impl Visit<'_> for Mentions {
        fn visit_path(&mut self, path: &Path) {
            self.0 |= path.segments.first().is_some_and(|first| first.ident == "Self");
            visit::visit_path(self, path);
        }
    }
    let mut mentions = Mentions(false);
    mentions.visit_signature(signature);
    mentions.0
}

/// The last segment of a path, under parentheses and invisible groups.
pub(crate) fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(TypePath { qself: None, path, .. }) => path.segments.last(),
        Type::Paren(inner) => last(&inner.elem),
        Type::Group(inner) => last(&inner.elem),
        _ => None,
    }
}

/// Whether the last segment is `name`.
pub(crate) fn is(ty: &Type, name: &str) -> bool {
    last(ty).is_some_and(|segment| segment.ident == name)
}

/// The type arguments of the last segment.
pub(crate) fn arguments(segment: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return Vec::new() };
    arguments
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

/// `&T` and `&mut T`: whether it is `mut`, and `T`.
pub(crate) fn reference(ty: &Type) -> Option<(bool, &Type)> {
    match ty {
        Type::Reference(reference) => Some((reference.mutability.is_some(), &reference.elem)),
        Type::Paren(inner) => reference(&inner.elem),
        Type::Group(inner) => reference(&inner.elem),
        _ => None,
    }
}
