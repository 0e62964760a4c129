//! Who wrote an answer is nowhere before the reveal.

use futures_util::future::join_all;
use palate_shared::api::generation::{Finish, Reveal};
use palate_shared::routes;
use serde_json::json;

use crate::support::{Model, SHORT_LIMITS, World, entry, request};
use crate::upstream::Upstream;
use crate::upstream::behaviour::ECHO;

/// How answers name their makers, and the words of it that nobody may read.
const LEAKS: &[(&str, &[&str])] = &[
    ("I am ChatGPT, a large language model.", &["ChatGPT"]),
    ("I'm ChatGPT, trained by OpenAI.", &["ChatGPT", "OpenAI"]),
    ("As an AI developed by OpenAI, I cannot taste.", &["OpenAI"]),
    ("I am GPT-4, and I can help.", &["GPT"]),
    ("This is GPT-4o mini speaking.", &["GPT", "4o"]),
    ("You are talking to gpt-3.5-turbo.", &["gpt", "turbo"]),
    ("I am Claude, made by Anthropic.", &["Claude", "Anthropic"]),
    ("My name is Claude 3.5 Sonnet.", &["Claude", "Sonnet"]),
    ("Anthropic created me to be helpful.", &["Anthropic"]),
    ("I am Gemini, a model by Google.", &["Gemini", "Google"]),
    ("I was trained by Google DeepMind.", &["Google", "DeepMind"]),
    ("I'm Bard!", &["Bard"]),
    ("I am Gemma, an open-weights model.", &["Gemma"]),
    ("I am LLaMA, made by Meta AI.", &["LLaMA", "Meta"]),
    ("I'm Llama 3.1 8B Instruct.", &["Llama", "3.1"]),
    ("I was created by Meta.", &["Meta"]),
    ("I am Mistral 7B, from Mistral AI.", &["Mistral"]),
    ("My name is Mixtral-8x7B.", &["Mixtral", "8x7B"]),
    ("I'm Qwen, created by Alibaba Cloud.", &["Qwen", "Alibaba"]),
    ("I am qwen2.5:7b-instruct.", &["qwen", "7b"]),
    ("I am DeepSeek-V3.", &["DeepSeek", "V3"]),
    ("I am DeepSeek Chat by DeepSeek.", &["DeepSeek"]),
    ("I'm Grok, built by xAI.", &["Grok", "xAI"]),
    ("I am Phi-3, developed by Microsoft.", &["Phi", "Microsoft"]),
    ("I'm Microsoft Copilot.", &["Microsoft", "Copilot"]),
    (
        "I am Command R+, trained by Cohere.",
        &["Command R", "Cohere"],
    ),
    ("I am Falcon, developed by TII.", &["Falcon", "TII"]),
    (
        "I'm Vicuna, a chat assistant by LMSYS.",
        &["Vicuna", "LMSYS"],
    ),
    ("I am Kimi, made by Moonshot AI.", &["Kimi", "Moonshot"]),
    ("I am ChatGLM, from Zhipu.", &["ChatGLM", "Zhipu"]),
    ("I am ERNIE Bot, by Baidu.", &["ERNIE", "Baidu"]),
    ("I am Granite, developed by IBM.", &["Granite", "IBM"]),
    (
        "I was made by NVIDIA and I am Nemotron.",
        &["NVIDIA", "Nemotron"],
    ),
    (
        "Ich bin ChatGPT, entwickelt von OpenAI.",
        &["ChatGPT", "OpenAI"],
    ),
    (
        "Je suis Claude, créé par Anthropic.",
        &["Claude", "Anthropic"],
    ),
    ("我是通义千问。", &["通义千问"]),
    ("I am **GPT-4** and _Claude_.", &["GPT", "Claude"]),
    ("I am Contract Model, at your service.", &["Contract Model"]),
    ("Sure! — ChatGPT", &["ChatGPT"]),
];

/// Answers that only mention such words, and must stay as they are.
const HARMLESS: &[&str] = &[
    "A meta-analysis of llamas in the Andes.",
    "The falcon flew over the Amazon.",
    "Apple pie with cinnamon; command the dough to rise.",
    "Claim, clause and clay are words.",
];

#[tokio::test(flavor = "multi_thread")]
async fn row_3_no_answer_names_its_maker_before_the_reveal_however_it_is_cut() {
    for cut in [1, 2, 3, 5, 400] {
        let name = format!("markdown?cut={cut}&gap_ms=1");
        let world = World::new(&[Model("echo", &name, "")], SHORT_LIMITS).await;
        let own = format!("I run on {name}.");
        let own_name = [name.as_str()];
        let leaks = LEAKS.iter().copied();
        let all: Vec<_> = leaks.chain([(own.as_str(), &own_name[..])]).collect();
        let asked = all.iter().map(async |(phrase, hidden)| {
            let person = world.person().await;
            let text = format!("Well. {phrase} Anything else?");
            let prompt = format!("{}{text}{}", ECHO[0], ECHO[1]);
            let id = person.begin("echo", &prompt).await;
            let heard = person.listen(&id, None).await.rest().await;
            let shown = heard.text(0);
            assert_eq!(heard.done(0), (Finish::Stop, true), "cut {cut}: {shown}");
            for word in *hidden {
                let is_told = shown.contains(word) || heard.raw.contains(word);
                assert!(!is_told, "cut {cut}: {shown}");
            }
            assert!(
                shown.starts_with("Well. ") && shown.ends_with(" Anything else?"),
                "{shown}"
            );
            let reveal = person.reveal(&id).await;
            let reveal: Reveal = serde_json::from_str(&reveal.text).expect("is a reveal");
            assert_eq!(reveal.panes[0].text, text);
            assert_eq!(reveal.panes[0].made_by, "Contract Model");
        });
        join_all(asked).await;
        let harmless = HARMLESS.iter().map(async |phrase| {
            let prompt = format!("{}{phrase}{}", ECHO[0], ECHO[1]);
            let heard = world.person().await.ask("echo", &prompt).await;
            assert_eq!((heard.text(0).as_str(), heard.done(0).1), (*phrase, false));
        });
        join_all(harmless).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_event_or_list_names_an_upstream() {
    let upstream = Upstream::start(0).await.expect("listens");
    let base_url = upstream.base_url();
    let names = [
        "refused",
        "failing",
        "busy",
        "redirect",
        "page",
        "error-in-data",
        "malformed",
        "drop",
    ];
    let mut text = format!("[limits]\n{SHORT_LIMITS}\n[allow]\nhosts = [\"127.0.0.1\"]\n");
    for name in names {
        text.push_str(&entry(
            &base_url,
            Model(name, &format!("{name}?secret=1"), ""),
        ));
    }
    text.push_str(&entry(
        "http://127.0.0.1:9/secret-path",
        Model("gone", "gone?secret=1", ""),
    ));
    let world = World::over(upstream, &text).await;
    let port = world.upstream.address.port().to_string();
    let hidden = [
        "secret=1",
        "127.0.0.1",
        port.as_str(),
        "secret-path",
        "Acme",
        "fp_upstream",
        "chatcmpl",
    ];
    let check = |what: &str, text: &str| {
        for word in hidden {
            assert!(!text.contains(word), "{what} says {word}: {text}");
        }
    };
    for name in names.into_iter().chain(["gone"]) {
        let person = world.person().await;
        let body = request(name, "Who are you?");
        let begun = person.post(routes::GENERATE, body.clone()).await;
        check(name, &begun.text);
        if begun.status.is_success() {
            assert!(!begun.text.contains("Contract Model"), "{}", begun.text);
            let id = body["id"].as_str().expect("is text");
            let heard = person.listen(id, None).await.rest().await;
            check(name, &heard.raw);
            assert!(!heard.raw.contains("Contract Model"), "{}", heard.raw);
            check(name, &person.reveal(id).await.text);
        }
    }
    let person = world.person().await;
    for path in [routes::MODELS, routes::OPENAPI, routes::ME_EXPORT] {
        check(
            path,
            &person
                .get(path)
                .await
                .text
                .replace("http://127.0.0.1:3000", ""),
        );
    }
    let unknown = person.post(routes::GENERATE, request("nobody", "x")).await;
    check("unknown", &unknown.text);
    let refused = person.post(routes::GENERATE, json!({"id": "x"})).await;
    check("malformed", &refused.text);
}
