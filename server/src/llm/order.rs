//! From a request to what is asked of whom: checks, the choice of the model, panes and prompts. Nothing is spent yet.

use std::sync::Arc;

use axum::http::StatusCode;
use palate_shared::api::blind_tests::Strategy;
use palate_shared::api::generation::{
    GenerateRequest, Generation, GenerationPrompt, LONGEST_PROMPT, LONGEST_SHOT, LONGEST_STYLE,
    MOST_CANDIDATES, MOST_SHOTS, Pane, Steering, Task,
};
use palate_shared::api::models::ModelState;
use palate_shared::ids::{PackId, PromptId, ResponseId};
use palate_shared::pack::PackPrompt;

use super::bill::PromptSize;
use super::library::{self, Shelved};
use super::mask::Mask;
use super::openai::Call;
use super::progress::Progress;
use super::prompt::{self, DIRECTIVES, Message};
use super::provider::Provider;
use super::run::{Plan, Typed};
use super::served::Served;
use crate::error::{ApiError, ApiResult};
use crate::routes::is_uuid;
use crate::state::AppState;

/// Most tokens of a description.
const DESCRIPTION_TOKENS: u32 = 300;
/// Fewer tokens than this are no answer.
const LEAST_TOKENS: u32 = 64;

/// What is to be done for a request.
#[derive(Debug)]
pub struct Order {
    /// What the client is told.
    pub plan: Plan,
    /// What writes each pane.
    pub asks: Vec<Ask>,
    /// The model that is called, if one is.
    pub served: Option<Arc<Served>>,
}

/// What writes one pane.
#[derive(Debug)]
pub struct Ask {
    /// Who answers.
    pub provider: Box<dyn Provider>,
    /// Hides names until the reveal.
    pub mask: Option<Mask>,
    /// What is called, where a model is.
    pub call: Option<PlannedCall>,
}

/// A call that costs.
#[derive(Debug)]
pub struct PlannedCall {
    /// The prompt, as far as it costs.
    pub prompt: PromptSize,
    /// Most tokens of the answer.
    pub most_tokens: u32,
    /// How far it is.
    pub progress: Arc<Progress>,
}

/// Who answers.
enum Answerer {
    Library,
    Model(Arc<Served>),
}

/// Chooses who answers a checked request of the person `owner`, and what each is told.
///
/// # Errors
/// When nobody here answers it now.
pub fn order(
    state: &AppState,
    owner: &str,
    request: &GenerateRequest,
    request_hash: String,
) -> ApiResult<Order> {
    let prompt = find_prompt(state, &request.prompt)?;
    let mut order = match choose(state, request, prompt.is_some())? {
        Answerer::Library => from_library(request, prompt)?,
        Answerer::Model(served) => from_model(state, request, prompt, served)?,
    };
    order.plan.owner = owner.to_owned();
    order.plan.request_hash = request_hash;
    Ok(order)
}

fn choose(state: &AppState, request: &GenerateRequest, is_of_pack: bool) -> ApiResult<Answerer> {
    let llm = &state.llm;
    let library_answers = llm.has_library && is_of_pack && request.task == Task::Answer;
    let Some(id) = &request.model else {
        let mut models = llm.served.iter();
        let available = models.find(|served| llm.state(served) == ModelState::Available);
        return match (available, llm.served.first()) {
            (Some(served), _) => Ok(Answerer::Model(served.clone())),
            _ if library_answers => Ok(Answerer::Library),
            (None, Some(served)) => usable(state, served.clone()),
            (None, None) => Err(library_only()),
        };
    };
    if llm.has_library && id.as_str() == library::ID {
        return Ok(Answerer::Library);
    }
    let served = llm.model(id).ok_or_else(|| {
        ApiError::invalid(
            "model_unknown",
            format!("This server has no model {:?}", id.as_str()),
        )
        .advise("See GET /api/v1/models.")
    })?;
    usable(state, served.clone())
}

/// A model that may be called. One whose server did not answer the last time is tried: that is how it is found again.
fn usable(state: &AppState, served: Arc<Served>) -> ApiResult<Answerer> {
    match state.llm.state(&served) {
        ModelState::Available | ModelState::Unreachable => Ok(Answerer::Model(served)),
        ModelState::BudgetSpent => Err(budget_spent("The budget of this model is spent for today")),
        ModelState::Off if state.llm.is_off() => Err(ApiError::refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "generation_off",
            "The operator has switched language models off",
        )
        .advise("The built-in library still answers.")),
        ModelState::Off => Err(ApiError::refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "model_unavailable",
            "This model is not in use today",
        )
        .advise("Choose another model.")),
    }
}

/// 429: nothing more may be spent today.
pub fn budget_spent(title: &str) -> ApiError {
    ApiError::refused(StatusCode::TOO_MANY_REQUESTS, "budget_spent", title)
        .advise("There is a new one after midnight UTC; until then the built-in library answers.")
}

fn library_only() -> ApiError {
    ApiError::invalid(
        "library_only",
        "Only the built-in library answers here, and it has answers to the prompts of its packs alone",
    )
    .advise(
        "Choose a prompt of a pack. To answer any prompt, the operator connects a language model: \
         `palate serve --models FILE`, see “Connect a language model” in the README.",
    )
}

fn from_library(
    request: &GenerateRequest,
    prompt: Option<(&PackId, &PackPrompt)>,
) -> ApiResult<Order> {
    let (Some((pack, prompt)), Task::Answer) = (prompt, request.task) else {
        return Err(library_only());
    };
    let chosen = library::choose(pack, prompt, request.candidates, request.default_answer);
    let mut panes = Vec::new();
    let mut made_by = Vec::new();
    let mut asks = Vec::new();
    for (pane, response) in chosen {
        panes.push(pane);
        made_by.push(response.made_by);
        // Its texts are public and stand in the pack that the page has: there is nothing to hide.
        asks.push(Ask {
            provider: Box::new(Shelved(response.text)),
            mask: None,
            call: None,
        });
    }
    let plan = Plan {
        owner: String::new(),
        request_hash: String::new(),
        generation: Generation {
            id: request.id.clone(),
            panes,
        },
        model: library::ID.into(),
        made_by,
        typed: None,
    };
    Ok(Order {
        plan,
        asks,
        served: None,
    })
}

fn from_model(
    state: &AppState,
    request: &GenerateRequest,
    prompt: Option<(&PackId, &PackPrompt)>,
    served: Arc<Served>,
) -> ApiResult<Order> {
    let question = match (&request.prompt, prompt) {
        (GenerationPrompt::Text(text), _) => text.as_str(),
        (GenerationPrompt::Pack { .. }, Some((_, prompt))) => prompt.text.as_str(),
        (GenerationPrompt::Pack { .. }, None) => "",
    };
    let candidates = usize::from(request.candidates);
    let directives = DIRECTIVES.iter().copied().map(Some).take(candidates);
    let lanes = directives.chain(request.default_answer.then_some(None));
    let mut panes = Vec::new();
    let mut asks = Vec::new();
    for (number, directive) in (0u8..).zip(lanes) {
        let messages = match (request.task, directive) {
            (Task::Describe, _) => prompt::describe(&request.steering),
            (Task::Answer, Some(_)) => prompt::answer(question, directive, &request.steering),
            (Task::Answer, None) => prompt::answer(question, None, &Steering::default()),
        };
        panes.push(Pane {
            pane: number,
            response: ResponseId(uuid::Uuid::now_v7().to_string()),
            is_default: directive.is_none(),
            directive: directive
                .filter(|_| request.task == Task::Answer)
                .map(str::to_owned),
        });
        asks.push(ask(state, request, &served, messages, number)?);
    }
    let plan = Plan {
        owner: String::new(),
        request_hash: String::new(),
        made_by: vec![served.model.name.clone(); panes.len()],
        generation: Generation {
            id: request.id.clone(),
            panes,
        },
        model: served.model.id.clone(),
        typed: typed(request),
    };
    Ok(Order {
        plan,
        asks,
        served: Some(served),
    })
}

/// The prompt that is answered, if the person typed it.
fn typed(request: &GenerateRequest) -> Option<Typed> {
    let GenerationPrompt::Text(text) = &request.prompt else {
        return None;
    };
    let told = &request.steering;
    let strategy = if told.description.is_some() {
        Strategy::Described
    } else if !told.shots.is_empty() {
        Strategy::Episode
    } else if told.style.is_some() {
        Strategy::Steered
    } else {
        Strategy::BestOfN
    };
    (request.task == Task::Answer).then(|| Typed {
        text: text.clone(),
        strategy,
    })
}

fn ask(
    state: &AppState,
    request: &GenerateRequest,
    served: &Arc<Served>,
    messages: Vec<Message>,
    number: u8,
) -> ApiResult<Ask> {
    let model = &served.model;
    let size = PromptSize::of(&messages);
    let room = u64::from(model.context_tokens).saturating_sub(size.tokens);
    let room = u32::try_from(room).unwrap_or(u32::MAX);
    let wanted = match request.task {
        Task::Answer => model.output_tokens,
        Task::Describe => model.output_tokens.min(DESCRIPTION_TOKENS),
    };
    if room < LEAST_TOKENS.min(wanted) {
        return Err(ApiError::invalid(
            "prompt_too_long",
            "The prompt, with what the model is told of you, leaves this model no room for an answer",
        )
        .advise("Shorten it, give fewer examples, or choose a model with a larger context."));
    }
    let most_tokens = wanted.min(room);
    let progress = Arc::new(Progress::default());
    let call = Call {
        served: served.clone(),
        limits: state.llm.limits,
        messages,
        seed: request
            .seed
            .map(|seed| seed.wrapping_add(u32::from(number))),
        most_tokens,
        progress: progress.clone(),
    };
    let own_names = [model.name.as_str(), model.id.as_str(), &model.upstream];
    Ok(Ask {
        provider: Box::new(call),
        mask: Some(Mask::new(own_names)),
        call: Some(PlannedCall {
            prompt: size,
            most_tokens,
            progress,
        }),
    })
}

/// The prompt of a pack; `None` for a typed one.
fn find_prompt<'a>(
    state: &'a AppState,
    prompt: &'a GenerationPrompt,
) -> ApiResult<Option<(&'a PackId, &'a PackPrompt)>> {
    let GenerationPrompt::Pack { pack, prompt } = prompt else {
        return Ok(None);
    };
    let found = state.packs.get(pack).ok_or_else(|| {
        ApiError::invalid(
            "pack_unknown",
            format!("This server has no pack {:?}", pack.as_str()),
        )
        .advise("See GET /api/v1/packs.")
    })?;
    let unknown = |prompt: &PromptId| {
        ApiError::invalid(
            "prompt_unknown",
            format!("The pack has no prompt {:?}", prompt.as_str()),
        )
    };
    let found = found.prompt(prompt).ok_or_else(|| unknown(prompt))?;
    Ok(Some((pack, found)))
}

/// Checks what can be checked without knowing who answers.
///
/// # Errors
/// When the request cannot be so.
pub fn check(request: &GenerateRequest) -> ApiResult<()> {
    let invalid = |title: String| Err(ApiError::invalid("generation_invalid", title));
    if !is_uuid(request.id.as_str()) {
        return invalid("id must be a UUID in lower case".to_owned());
    }
    if request.candidates > MOST_CANDIDATES {
        return invalid(format!("candidates must be {MOST_CANDIDATES} or fewer"));
    }
    if request.candidates == 0 && !request.default_answer {
        return invalid("at least one answer must be wanted".to_owned());
    }
    if let GenerationPrompt::Text(text) = &request.prompt
        && request.task == Task::Answer
    {
        check_prompt(text)?;
    }
    check_steering(&request.steering)?;
    if request.task == Task::Describe {
        if request.candidates != 1 || request.default_answer {
            return invalid("describe takes one candidate and no default answer".to_owned());
        }
        if request.steering.shots.is_empty() {
            return invalid("describe needs shots to describe from".to_owned());
        }
    }
    Ok(())
}

fn check_prompt(text: &str) -> ApiResult<()> {
    if text.trim().is_empty() {
        return Err(ApiError::invalid("prompt_empty", "The prompt is empty"));
    }
    let length = text.chars().count();
    if length > LONGEST_PROMPT {
        return Err(ApiError::invalid(
            "prompt_too_long",
            format!("The prompt has {length} characters, {LONGEST_PROMPT} are possible"),
        )
        .advise("Shorten it and send it again."));
    }
    Ok(())
}

fn check_steering(steering: &Steering) -> ApiResult<()> {
    let too_long = |what: &str, most: usize| {
        Err(ApiError::invalid(
            "steering_too_long",
            format!("{what} may have {most} characters"),
        ))
    };
    let Steering {
        style,
        description,
        shots,
    } = steering;
    for (what, text) in [("style", style), ("description", description)] {
        let length = text.as_ref().map_or(0, |text| text.chars().count());
        if length > LONGEST_STYLE {
            return too_long(what, LONGEST_STYLE);
        }
    }
    if shots.len() > MOST_SHOTS {
        return Err(ApiError::invalid(
            "generation_invalid",
            format!("shots must be {MOST_SHOTS} or fewer"),
        ));
    }
    for shot in shots {
        let texts = [&shot.prompt, &shot.chosen, &shot.rejected];
        if texts.iter().any(|text| text.chars().count() > LONGEST_SHOT) {
            return too_long("each text of a shot", LONGEST_SHOT);
        }
        if shot.chosen.trim().is_empty() {
            return Err(ApiError::invalid(
                "generation_invalid",
                "each shot needs the answer that was chosen",
            ));
        }
    }
    Ok(())
}
