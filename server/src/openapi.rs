//! The description of the API: what each address declares, and the answers that they have in common.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::{
    OpenApi as _,
    openapi::{
        ContentBuilder,
        KnownFormat::Uuid,
        ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
        SchemaFormat, Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// Addresses that nobody needs to be signed in for, by method and path.
const OPEN: [(&str, &str); 5] = [
    ("post", "/api/v1/session"),
    ("delete", "/api/v1/session"),
    ("post", "/api/v1/first-accounts"),
    ("options", "/api/v1/uploads"),
    ("options", "/api/v1/uploads/{id}"),
];

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Zoufang 走访", description = "Visits in, sorted issues and CSV out."),
    components(schemas(domain::problem::Problem))
)]
struct Description;

/// A router that the addresses are added to.
pub fn begin() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Description::openapi())
}

/// The description with the answers that addresses have in common: who is signed out, what does not fit, and
/// what goes wrong on our side are answered alike everywhere.
pub fn complete(mut description: OpenApi) -> OpenApi {
    open_parts(&mut description);
    for (path, item) in &mut description.paths.paths {
        let open_to_all = |method| OPEN.contains(&(method, path.as_str()));
        for (method, operation) in operations(item) {
            name_parts(path, operation);
            let changes = !matches!(method, "get" | "head" | "options");
            add_common(path, operation, open_to_all(method), changes);
        }
    }
    description
}

/// A form that is a part of something larger takes the fields of the rest beside its own.
fn open_parts(description: &mut OpenApi) {
    let Some(components) = &mut description.components else { return };
    let wholes = components.schemas.values().filter_map(|it| match it {
        RefOr::T(Schema::AllOf(whole)) => Some(&whole.items),
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    let parts: BTreeSet<String> = wholes
        .flatten()
        .filter_map(|it| match it {
            RefOr::Ref(part) => part.ref_location.rsplit('/').next().map(str::to_owned),
            RefOr::T(_) => None,
        })
        .collect();
    for (_, schema) in components.schemas.iter_mut().filter(|(name, _)| parts.contains(*name)) {
        if let RefOr::T(Schema::Object(form)) = schema {
            form.additional_properties = None;
        }
    }
}

/// What stands in a path is an id, unless the address says otherwise itself.
fn name_parts(path: &str, operation: &mut Operation) {
    let parameters = operation.parameters.get_or_insert_default();
    for name in path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}')) {
        let named = |it: &RefOr<Parameter>| matches!(it, RefOr::T(it) if it.name == name);
        if !parameters.iter().any(named) {
            let id =
                ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(Uuid)));
            let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
            parameters.push(RefOr::T(parameter.required(Required::True).schema(Some(id)).build()));
        }
    }
}

/// The operations of one address, by method.
pub fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("head", &mut item.head),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
        ("options", &mut item.options),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

fn add_common(path: &str, operation: &mut Operation, open_to_all: bool, changes: bool) {
    let mut parameters = operation.parameters.iter().flatten();
    let has_query = parameters.any(|it| matches!(it, RefOr::T(it) if it.parameter_in == ParameterIn::Query));
    let body = operation.request_body.is_some();
    let json = matches!(&operation.request_body,
        Some(RefOr::T(it)) if it.content.contains_key("application/json"));
    let answers = [
        (json || has_query, "400", "malformed: the body or the query"),
        (!open_to_all, "401", "signed_out"),
        (!open_to_all, "403", "forbidden: not for this role, or the password must be changed first"),
        (changes, "403", "forbidden: another site's page asks"),
        (path.contains('{'), "404", "not_found"),
        (body, "413", "too_large"),
        (body, "415", "unsupported_media"),
        (true, "415", "unsupported_media: the body comes encoded"),
        (json, "422", "invalid: a field does not keep its rule"),
        (true, "500", "internal"),
        (true, "503", "busy"),
        (true, "507", "disk_full"),
    ];
    let declared: &mut BTreeMap<String, RefOr<Response>> = &mut operation.responses.responses;
    for (_, status, what) in answers.into_iter().filter(|it| it.0) {
        declared.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(what)));
    }
    // Whatever is no success is a problem, and says so by its media type.
    for answer in declared.values_mut() {
        if let RefOr::T(answer) = answer
            && let Some(content) = answer.content.shift_remove("application/json")
        {
            let schema = if let RefOr::T(content) = &content { content.schema.as_ref() } else { None };
            let is_problem = matches!(schema, Some(RefOr::Ref(it)) if it.ref_location.ends_with("/Problem"));
            let media_type = if is_problem { "application/problem+json" } else { "application/json" };
            answer.content.insert(media_type.to_owned(), content);
        }
    }
}

fn problem(what: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(what).content("application/problem+json", content).build()
}
