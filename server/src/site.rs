//! The static site: pages, hashed assets, packs and the encoder's weights.
//!
//! `index.html` is the landing page, `rank.html` the shell of `/rank`, `app.html` that of every other page and of 404.

use std::path::{Path, PathBuf};

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use palate_shared::routes;
use tower_http::services::ServeDir;

use crate::config::ServeConfig;
use crate::error::ApiError;
use crate::routes::releases;
use crate::state::AppState;

/// Files whose name changes with their content.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Files that are asked for again each time, cheaply by ETag.
const REVALIDATE: &str = "no-cache";

/// Where the encoder's weights are served.
const ENCODER: &str = "/models/encoder/";

/// Serves a `GET` or `HEAD` that no route took.
pub async fn serve(state: &AppState, request: Request) -> Response {
    let config = &state.config;
    let path = request.uri().path().to_owned();
    if let Some(name) = path.strip_prefix(ENCODER) {
        return encoder(config, name, request).await;
    }
    if path == "/" {
        return page(&config.site, "index.html", StatusCode::OK, request).await;
    }
    if routes::PAGES.contains(&path.as_str()) {
        let has_own = path == "/rank" && config.site.join("rank.html").is_file();
        let shell = if has_own { "rank.html" } else { "app.html" };
        return page(&config.site, shell, StatusCode::OK, request).await;
    }
    let is_study = path
        .strip_prefix(routes::STUDY_PAGES)
        .is_some_and(crate::packs::is_plain_name);
    let is_known = match path.strip_prefix(routes::RELEASE_PAGES) {
        Some(id) => releases::is_offered(state, id).await,
        None => is_study,
    };
    if is_known {
        return page(&config.site, "app.html", StatusCode::OK, request).await;
    }
    let (parts, body) = request.into_parts();
    let copy = Request::from_parts(parts.clone(), axum::body::Body::empty());
    // Names are plain: no folder above, no hidden file, nothing percent-encoded.
    let is_plain = path.split('/').skip(1).all(crate::packs::is_plain_name);
    let found = if is_plain {
        file(config.site.clone(), Request::from_parts(parts, body)).await
    } else {
        None
    };
    match found {
        Some(mut response) => {
            let immutable = path.starts_with("/assets/")
                || (path.starts_with("/packs/") && !path.ends_with("/manifest.json"));
            cache(
                &mut response,
                if immutable { IMMUTABLE } else { REVALIDATE },
            );
            response
        }
        None if path.starts_with("/assets/") || path.starts_with("/packs/") => {
            ApiError::not_found("There is no such file").into_response()
        }
        None => page(&config.site, "app.html", StatusCode::NOT_FOUND, copy).await,
    }
}

async fn encoder(config: &ServeConfig, name: &str, mut request: Request) -> Response {
    let missing = || {
        ApiError::refused(
            StatusCode::NOT_FOUND,
            "encoder_missing",
            "The encoder's weights are not on this server",
        )
        .advise("The operator can fetch them and name their folder with --encoder-dir.")
        .into_response()
    };
    let Some(dir) = &config.encoder_dir else {
        return missing();
    };
    let is_manifest = name == "manifest.json";
    if !crate::packs::is_plain_name(name) {
        return missing();
    }
    let Ok(uri) = format!("/{name}").parse::<Uri>() else {
        return missing();
    };
    *request.uri_mut() = uri;
    match file(dir.clone(), request).await {
        Some(mut response) => {
            cache(
                &mut response,
                if is_manifest { REVALIDATE } else { IMMUTABLE },
            );
            response
        }
        None => missing(),
    }
}

async fn page(site: &Path, name: &str, status: StatusCode, mut request: Request) -> Response {
    *request.uri_mut() = Uri::from_static(match name {
        "index.html" => "/index.html",
        "rank.html" => "/rank.html",
        _ => "/app.html",
    });
    if status != StatusCode::OK {
        // A missing page has a whole body: no ranges, nothing conditional.
        for name in [
            header::RANGE,
            header::IF_NONE_MATCH,
            header::IF_MODIFIED_SINCE,
            header::IF_MATCH,
        ] {
            request.headers_mut().remove(name);
        }
    }
    match file(site.to_owned(), request).await {
        Some(mut response) => {
            if status != StatusCode::OK {
                *response.status_mut() = status;
                response.headers_mut().remove(header::ETAG);
                response.headers_mut().remove(header::LAST_MODIFIED);
            }
            cache(&mut response, REVALIDATE);
            response
        }
        None => ApiError::not_found("The site is not built")
            .advise("Build it, then name its folder with --site.")
            .into_response(),
    }
}

/// A file below `dir`, with ranges, ETag and a `.br` sibling where accepted; `None` when there is none.
async fn file(dir: PathBuf, request: Request) -> Option<Response> {
    let mut service = ServeDir::new(dir)
        .precompressed_br()
        .append_index_html_on_directories(false);
    let response = service.try_call(request).await.ok()?;
    if response.status() == StatusCode::NOT_FOUND {
        return None;
    }
    let mut response = response.map(axum::body::Body::new);
    let media_type = response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if let Some(with_charset) = media_type
        .filter(|text| text.starts_with("text/"))
        .and_then(|text| {
            (!text.contains("charset"))
                .then(|| HeaderValue::from_str(&format!("{text}; charset=utf-8")).ok())?
        })
    {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, with_charset);
    }
    Some(response)
}

fn cache(response: &mut Response, value: &'static str) {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
}
