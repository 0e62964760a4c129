//! `GET /releases`, `GET /releases/{id}/{file}`: open data, no cookies.

use std::path::Path as FilePath;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use palate_shared::api::releases::{Release, Releases};
use palate_shared::problem::Problem;
use tower_http::services::ServeFile;

use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Path};
use crate::packs::is_plain_name;
use crate::release::{is_file_name, offered};
use crate::state::AppState;

/// Files of a release that its list does not name: the list itself and the sums.
const UNLISTED: [&str; 2] = ["release.json", "SHA256SUMS"];

/// Published releases, newest first.
///
/// # Errors
/// When the folder cannot be read.
#[utoipa::path(
    get, path = palate_shared::routes::RELEASES, operation_id = "list_releases", tag = "data",
    responses(
        (status = 200, description = "Releases, newest first", body = Releases,
         links(
             ("file" = (operation_id = "read_release_file", parameters(
                 ("id" = "$response.body#/releases/0/id"), ("file" = "$response.body#/releases/0/files/0/name"),
             ))),
         )),
    )
)]
pub async fn list(
    State(state): State<AppState>,
) -> ApiResult<([(HeaderName, &'static str); 1], Json<Releases>)> {
    let dir = state.releases_dir();
    let releases = tokio::task::spawn_blocking(move || offered(&dir))
        .await
        .map_err(anyhow::Error::from)??;
    Ok((
        [(header::CACHE_CONTROL, "no-cache")],
        Json(Releases { releases }),
    ))
}

/// One file of a release.
///
/// # Errors
/// When there is no such release or file.
#[utoipa::path(
    get, path = palate_shared::routes::RELEASE_FILE, operation_id = "read_release_file", tag = "data",
    params(
        ("id" = String, Path, description = "The release"),
        ("file" = String, Path, description = "A file of its list, `release.json` or `SHA256SUMS`"),
        ("Range" = Option<String>, Header, description = "A range of bytes"),
        ("If-Modified-Since" = Option<String>, Header, description = "When a copy was fetched"),
        ("If-Unmodified-Since" = Option<String>, Header, description = "When the first range was fetched"),
    ),
    responses(
        (status = 200, description = "The file", content(
            (String = "application/x-ndjson"), (Vec<u8> = "application/vnd.apache.parquet"), (serde_json::Value = "application/json"),
            (String = "text/csv"), (String = "text/markdown"), (String = "text/plain"),
        )),
        (status = 206, description = "The range"),
        (status = 304, description = "Not modified"),
        (status = 404, description = "No such release or file", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Modified"),
        (status = 416, description = "No such range"),
    )
)]
pub async fn file(
    State(state): State<AppState>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> ApiResult<Response> {
    send(&state, &id, &name, request).await
}

/// One file in the folders of a large release.
///
/// # Errors
/// When there is no such release or file.
#[utoipa::path(
    get, path = palate_shared::routes::RELEASE_PART, operation_id = "read_release_part", tag = "data",
    params(
        ("id" = String, Path, description = "The release"),
        ("table" = String, Path, description = "The table, which is a folder"),
        ("day" = String, Path, description = "`day=YYYY-MM-DD`"),
        ("pack" = String, Path, description = "`pack=` and its id"),
        ("part" = String, Path, description = "`part-0.parquet` and so on; `release.json` names them all"),
        ("Range" = Option<String>, Header, description = "A range of bytes"),
        ("If-Modified-Since" = Option<String>, Header, description = "When a copy was fetched"),
        ("If-Unmodified-Since" = Option<String>, Header, description = "When the first range was fetched"),
    ),
    responses(
        (status = 200, description = "The file", content((Vec<u8> = "application/vnd.apache.parquet"))),
        (status = 206, description = "The range"),
        (status = 304, description = "Not modified"),
        (status = 404, description = "No such release or file", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "Modified"),
        (status = 416, description = "No such range"),
    )
)]
pub async fn part(
    State(state): State<AppState>,
    Path((id, table, day, pack, part)): Path<(String, String, String, String, String)>,
    request: Request,
) -> ApiResult<Response> {
    let name = [table, day, pack, part].join("/");
    send(&state, &id, &name, request).await
}

/// A file by its name in the list of a release.
async fn send(state: &AppState, id: &str, name: &str, request: Request) -> ApiResult<Response> {
    let missing =
        || ApiError::not_found("There is no such file").advise("See GET /api/v1/releases.");
    if !is_plain_name(id) || !is_file_name(name) {
        return Err(missing());
    }
    let folder = state.releases_dir().join(id);
    let Some(release) = read_release(&folder).await else {
        return Err(missing());
    };
    if !UNLISTED.contains(&name) && !release.files.iter().any(|file| file.name == name) {
        return Err(missing());
    }
    let mut response = ServeFile::new(folder.join(name)).try_call(request).await?;
    if response.status() == StatusCode::NOT_FOUND {
        return Err(missing());
    }
    let media_type = match FilePath::new(name)
        .extension()
        .and_then(|extension| extension.to_str())
    {
        Some("jsonl") => "application/x-ndjson",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("csv") => "text/csv; charset=utf-8",
        Some("json") => "application/json",
        Some("md") => "text/markdown; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=3600"),
    );
    Ok(response.map(axum::body::Body::new))
}

/// Whether there is such a release of people's votes, withdrawn or not.
pub async fn is_offered(state: &AppState, id: &str) -> bool {
    is_plain_name(id) && read_release(&state.releases_dir().join(id)).await.is_some()
}

async fn read_release(folder: &FilePath) -> Option<Release> {
    let bytes = tokio::fs::read(folder.join("release.json")).await.ok()?;
    serde_json::from_slice(&bytes).ok()
}
