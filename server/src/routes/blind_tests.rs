//! `POST /blind-tests`, `GET /blind-tests`.

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use palate_shared::api::blind_tests::{BlindTestRequest, BlindTestTotals};
use palate_shared::api::consents::Purpose;
use palate_shared::api::generation::MOST_CANDIDATES;
use palate_shared::problem::Problem;
use palate_shared::stats::wilson;

use crate::clock::now_ms;
use crate::db::blind_tests::{Kept, PersonTests};
use crate::error::{ApiError, ApiResult};
use crate::extract::{Json, Person};
use crate::routes::{is_uuid, require_consent};
use crate::state::AppState;

/// Fewer people than this have no rate, so that nobody is singled out.
const LEAST_PEOPLE: usize = 10;
/// Longest name of a method, bytes.
const LONGEST_METHOD: usize = 64;

/// Keeps the outcome of a blind test.
///
/// # Errors
/// Without session or consent `publish_votes`, for a bad body, when another outcome is kept, or when storage fails.
#[utoipa::path(
    post, path = palate_shared::routes::BLIND_TESTS, operation_id = "keep_blind_test", tag = "generation", security(("session" = [])), request_body = BlindTestRequest,
    responses(
        (status = 200, description = "Kept before", body = BlindTestRequest),
        (status = 201, description = "Kept", body = BlindTestRequest),
        (status = 403, description = "No consent", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Another outcome of this generation is kept", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn keep(
    State(state): State<AppState>,
    Person(user): Person,
    Json(test): Json<BlindTestRequest>,
) -> ApiResult<(StatusCode, Json<BlindTestRequest>)> {
    require_consent(&state, &user.id, &[Purpose::PublishVotes]).await?;
    validate(&test)?;
    let status = match state.db.keep_blind_test(&user.id, &test, now_ms()).await? {
        Kept::New => StatusCode::CREATED,
        Kept::Again => StatusCode::OK,
        Kept::Differs => {
            return Err(ApiError::conflict(
                "blind_test_exists",
                "Another outcome of this generation is kept",
            ));
        }
    };
    Ok((status, Json(test)))
}

fn validate(test: &BlindTestRequest) -> ApiResult<()> {
    let invalid = |title: String| Err(ApiError::invalid("blind_test_invalid", title));
    if !is_uuid(test.generation.as_str()) {
        return invalid("generation must be a UUID in lower case".to_owned());
    }
    if !(1..=LONGEST_METHOD).contains(&test.method.as_str().len()) {
        return invalid(format!("method must have 1 to {LONGEST_METHOD} bytes"));
    }
    if !(1..=MOST_CANDIDATES).contains(&test.candidates) {
        return invalid(format!("candidates must be 1 to {MOST_CANDIDATES}"));
    }
    Ok(())
}

/// All blind tests of people who contribute, counted.
///
/// # Errors
/// When storage fails.
#[utoipa::path(
    get, path = palate_shared::routes::BLIND_TESTS, operation_id = "count_blind_tests", tag = "data",
    responses((status = 200, description = "Counts, and the rate from ten people on", body = BlindTestTotals))
)]
pub async fn count(
    State(state): State<AppState>,
) -> ApiResult<([(HeaderName, &'static str); 1], Json<BlindTestTotals>)> {
    let people = state.db.blind_tests_by_person().await?;
    Ok(([(header::CACHE_CONTROL, "no-cache")], Json(totals(&people))))
}

/// The rate is a mean over people, so that a few who test much do not speak for all. Each person's share lies between 0 and
/// 1, so its variance is never above that of a coin with the same mean: the Wilson interval for as many coins as people is
/// never too narrow, and never of no width.
fn totals(people: &[PersonTests]) -> BlindTestTotals {
    let sum = |part: fn(&PersonTests) -> i64| people.iter().map(part).sum::<i64>().unsigned_abs();
    let (tests, personal, standard) = (
        sum(|person| person.tests),
        sum(|person| person.personal),
        sum(|person| person.standard),
    );
    let shares: Vec<f64> = people
        .iter()
        .filter(|person| person.personal + person.standard > 0)
        .map(|person| person.personal as f64 / (person.personal + person.standard) as f64)
        .collect();
    let rate = u32::try_from(shares.len())
        .ok()
        .filter(|_| shares.len() >= LEAST_PEOPLE)
        .and_then(|people| wilson(shares.iter().sum(), people))
        .map(|share| [share.value, share.low, share.high]);
    BlindTestTotals {
        people: people.len() as u64,
        tests,
        personal,
        default: standard,
        undecided: tests - personal - standard,
        rate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(personal: i64, standard: i64, undecided: i64) -> PersonTests {
        PersonTests {
            tests: personal + standard + undecided,
            personal,
            standard,
        }
    }

    #[test]
    fn people_count_alike_however_much_they_test() {
        let mut people = vec![person(100, 0, 0)];
        people.extend([person(0, 1, 0); 9]);
        let counted = totals(&people);
        let [mean, low, high] = counted.rate.expect("are ten");
        assert!((mean - 0.1).abs() < 1e-12);
        assert!(low < mean && mean < high && high < 0.5);
        assert_eq!((counted.personal, counted.default), (100, 9));
    }

    #[test]
    fn a_rate_needs_ten_people_who_decided() {
        let mut people = vec![person(1, 0, 3); 9];
        people.push(person(0, 0, 5));
        let counted = totals(&people);
        assert_eq!(counted.rate, None);
        assert_eq!(
            (counted.people, counted.tests, counted.undecided),
            (10, 41, 32)
        );
        people.push(person(1, 0, 0));
        let [mean, low, high] = totals(&people).rate.expect("are ten");
        assert!(mean == 1.0 && high > 1.0 - 1e-9);
        assert!(low < 0.8, "ten who agree are no certainty: {low}");
        assert_eq!(totals(&[]).rate, None);
    }
}
