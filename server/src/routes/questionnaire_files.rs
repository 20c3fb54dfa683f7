//! Files that belong to a questionnaire: choices as CSV, and pictures, sounds and films of its labels.

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    envelope::Hash,
    problem::{Code, Problem},
    publishing::TakenForm,
    role::Action,
};
use md5::{Digest, Md5};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::questionnaires::{FOR_EVER, keep_draft};
use crate::{
    App,
    auth::Who,
    error::Error,
    extract::{Path, Raw},
    lists::LIST_BYTES_MAX,
    questionnaires::{self, Draft},
    store,
};

/// The addresses of this file.
pub fn router() -> OpenApiRouter<App> {
    let taking = OpenApiRouter::new().routes(routes!(take_file)).layer(DefaultBodyLimit::max(LIST_BYTES_MAX));
    OpenApiRouter::new().routes(routes!(medium)).merge(taking)
}

/// Takes in a file that what is not published yet names: choices (CSV), or a picture, sound or film of at most 2 MiB, all of
/// these together at most 20 MiB.
#[utoipa::path(put, path = "/api/v1/questionnaires/{id}/files/{file}",
    params(("id" = String, Path, description = "the form's id"), ("file" = String, Path, description = "its name, as the form has it")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
    (status = 200, body = TakenForm),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found: nothing of it waits to be published"),
    (status = 409, body = Problem, description = "conflict: it is another by now"),
    (status = 413, body = Problem, description = "too_large: bytes or rows"),
    (status = 415, body = Problem, description = "unsupported_media: no CSV, and none of PNG, JPEG, WebP, GIF, MP3, OGG, M4A, AAC, WAV, MP4, WebM"),
    (status = 422, body = Problem, description = "the name of the file is too long"),
))]
async fn take_file(
    State(app): State<App>,
    who: Who,
    Path((id, file)): Path<(String, String)>,
    Raw(body): Raw<LIST_BYTES_MAX>,
) -> Result<Answer<TakenForm>, Error> {
    who.may(Action::KeepQuestionnaires)?;
    if file.chars().count() > domain::answers::NAME_CHARS_MAX {
        return Err(Error::invalid("file"));
    }
    let json = store::questionnaires::draft(&mut app.db.read().await?, &id).await?.ok_or(Code::NotFound)?;
    let (of_form, upon) = (id.clone(), json.clone());
    let read = tokio::task::spawn_blocking(move || {
        let draft = Draft::of_json(&json, &of_form)?;
        let medium = questionnaires::medium(&body);
        if !draft.names_medium(&file) {
            // It is to be choices, which a picture that nothing names is not.
            if medium.is_some() && !file.ends_with(".csv") {
                return Err(Code::UnsupportedMedia.into());
            }
            return Ok((draft.with_file(&file, &body, &of_form)?, None));
        }
        let medium = medium.ok_or(Code::UnsupportedMedia)?;
        let md5 = hex::encode(Md5::digest(&body));
        let draft = draft.with_medium(&file, medium.clone(), &of_form)?;
        Ok::<_, Error>((draft, Some((medium, md5, body))))
    });
    let (draft, medium) = read.await.map_err(|_| Code::UnsupportedMedia)??;
    let mut db = app.db.write().await?;
    // Another file may have been taken in meanwhile.
    if store::questionnaires::draft(&mut db, &id).await?.is_none_or(|it| it != upon) {
        return Err(Code::Conflict.into());
    }
    if let Some((medium, md5, bytes)) = medium {
        store::questionnaire_media::keep(&mut db, &medium, &md5, &bytes, app.now()).await?;
    }
    // What the office writes here may have errors in it: it is kept all the same.
    keep_draft(&app, &mut db, &who, (&id, &draft.title(&id)), &draft).await?;
    db.commit().await?;
    Ok(Answer(draft.taken()))
}

/// A picture, sound or film that a version names. It never changes.
#[utoipa::path(get, path = "/api/v1/questionnaire-media/{id}",
    params(("id" = String, Path, description = "its SHA-256, 64 hexadecimal digits")), responses(
    (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
    (status = 401, body = Problem, description = "signed_out"),
    (status = 403, body = Problem, description = "forbidden"),
    (status = 404, body = Problem, description = "not_found"),
))]
async fn medium(State(app): State<App>, who: Who, Path(id): Path<String>) -> Result<Response, Error> {
    who.may(Action::Record)?;
    let hash: Hash = id.parse().map_err(|_| Code::NotFound)?;
    let found = store::questionnaire_media::get(&mut app.db.read().await?, hash).await?;
    let (media_type, bytes) = found.ok_or(Code::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type.as_str())),
        (header::CACHE_CONTROL, FOR_EVER),
        // Shown by our pages alone, never a page itself.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'")),
    ];
    Ok((headers, bytes).into_response())
}
