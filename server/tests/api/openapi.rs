use std::collections::BTreeSet;

use palate_shared::routes;

use crate::support::Fixture;

#[tokio::test]
async fn the_document_names_every_route_and_changes_only_on_purpose() {
    let fixture = Fixture::new().await;
    let document = fixture.stranger().get(routes::OPENAPI).await.value();
    let paths: BTreeSet<&str> = document["paths"]
        .as_object()
        .expect("is a map")
        .keys()
        .map(String::as_str)
        .collect();
    let all = [
        routes::SESSION,
        routes::SESSION_CHALLENGE,
        routes::ME,
        routes::ME_RECOVERY,
        routes::ME_ROTATE,
        routes::ME_EXPORT,
        routes::AUTH_RECOVERY,
        routes::CONSENTS,
        routes::CONSENT,
        routes::PACKS,
        routes::BALLOTS,
        routes::COMPARISONS,
        routes::COMPARISON_JUDGMENTS,
        routes::LEADERBOARD,
        routes::MODELS,
        routes::GENERATE,
        routes::COMPARISON_STREAM,
        routes::COMPARISON_STOP,
        routes::COMPARISON_REVEAL,
        routes::COMPARISON_PUBLICATION,
        routes::PUBLICATIONS,
        routes::BLIND_TESTS,
        routes::JUDGMENTS,
        routes::JUDGMENT,
        routes::PROFILE,
        routes::RELEASES,
        routes::RELEASE_FILE,
        routes::RELEASE_PART,
        routes::STUDIES,
        routes::STUDIES_CHECK,
        routes::STUDY,
        routes::STUDY_PROGRESS,
        routes::STUDY_CONSENT,
        routes::STUDY_NEXT,
        routes::PRIVACY,
        routes::OPENAPI,
        routes::HEALTHZ,
        routes::READYZ,
    ];
    assert_eq!(paths, BTreeSet::from(all));
    insta::assert_json_snapshot!("openapi", document);
}
