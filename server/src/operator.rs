//! The operator's token: calls that carry it as `Authorization: Bearer` may make and steer studies. Cookies count nothing
//! here, so no page can lead a browser to such a call.

use std::convert::Infallible;
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, ensure};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::address::Network;
use crate::error::ApiError;
use crate::state::AppState;

/// Fewest characters of a token.
const FEWEST: usize = 16;

/// A token as it is configured. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorToken(String);

impl std::fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OperatorToken(..)")
    }
}

impl FromStr for OperatorToken {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl OperatorToken {
    /// The token of the settings: from the file, or as it is given.
    ///
    /// # Errors
    /// When the file cannot be read, or the token is too short or has signs that no header carries.
    pub fn load(given: Option<&Self>, file: Option<&Path>) -> anyhow::Result<Option<Self>> {
        let token = match (given, file) {
            (Some(token), _) => token.clone(),
            (None, None) => return Ok(None),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).with_context(|| {
                    format!("cannot read the operator's token in {}", path.display())
                })?;
                Self(text.trim().to_owned())
            }
        };
        ensure!(
            token.0.len() >= FEWEST && token.0.bytes().all(|byte| byte.is_ascii_graphic()),
            "the operator's token must have {FEWEST} or more visible ASCII characters and no spaces"
        );
        Ok(Some(token))
    }

    /// Whether `presented` is it; how long this takes does not tell how much of it was right.
    fn is(&self, presented: &str) -> bool {
        let mac = |key: &str| {
            let mac = <Hmac<Sha256> as Mac>::new_from_slice(key.as_bytes())
                .expect("HMAC takes keys of any length");
            mac.chain_update(b"palate/operator/1")
        };
        let right = mac(&self.0).finalize().into_bytes();
        mac(presented).verify_slice(&right).is_ok()
    }
}

/// Proof that a call carries the operator's token.
#[derive(Clone, Copy, Debug)]
pub struct Operator;

impl FromRequestParts<AppState> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let Some(token) = &state.operator else {
            return Err(
                ApiError::not_found("There is no such route").advise("See /api/v1/openapi.json.")
            );
        };
        if let Some(network) = parts.extensions.get::<Network>() {
            state.limits.operator(network)?;
        }
        let presented = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        if presented.is_some_and(|presented| token.is(presented)) {
            return Ok(Self);
        }
        Err(ApiError::refused(
            StatusCode::UNAUTHORIZED,
            "operator_token_required",
            "This call needs the operator's token",
        )
        .advise("Send it as `Authorization: Bearer TOKEN`."))
    }
}
