//! A description of the person that the model writes from the shots, before it is told anything else.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::generation::{
    Finish, GenerateRequest, GenerationPrompt, Steering, StreamEvent, Task,
};

use super::Trying;
use super::asking::{generate, listen};
use crate::error::Result;
use crate::state::App;
use crate::{dom, strings};

impl Trying {
    /// Has the model describe the person from the shots.
    pub(crate) fn describe(self, app: App) {
        let Some(model) = untrack(move || self.chosen()) else {
            return;
        };
        let shots = untrack(move || self.shots(app));
        let shots = shots.into_iter().map(|(_, shot)| shot).collect();
        let request = GenerateRequest {
            id: dom::new_id().into(),
            model: Some(model.id),
            // It is not asked, but every request has one.
            prompt: GenerationPrompt::Text(strings::TRY_DESCRIBE_PROMPT.to_owned()),
            task: Task::Describe,
            candidates: 1,
            default_answer: false,
            steering: Steering {
                shots,
                ..Steering::default()
            },
            seed: None,
        };
        self.is_writing.set(true);
        self.said.set(String::new());
        self.description.set(String::new());
        spawn_local(async move {
            let written = self.write_description(app, &request).await;
            self.is_writing.set(false);
            match written {
                Ok(Finish::Stop | Finish::Length) => app.say(strings::try_described()),
                Ok(finish) => self.said.set(strings::try_finish(finish).to_owned()),
                Err(error) => self.said.set(error.to_string()),
            }
        });
    }

    async fn write_description(self, app: App, request: &GenerateRequest) -> Result<Finish> {
        let generation = generate(app, request).await?;
        let mut ended = Finish::Empty;
        listen(&generation.id, |event| match event {
            StreamEvent::Delta { text, .. } => self.description.update(|held| held.push_str(&text)),
            StreamEvent::Done { finish, .. } => ended = finish,
            _ => {}
        })
        .await?;
        Ok(ended)
    }
}
