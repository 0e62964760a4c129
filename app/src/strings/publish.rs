//! Texts of publishing own prompts, on `/try` and `/me/data`.

texts! {
    publish_heading = "Publish this conversation?";
    publish_lead = "Nothing of it is published unless you tick this.";
    publish_tick = "Also publish this prompt and these answers. I have removed names and private details.";
    publish_sensitive = "Better keep it private if it is about health, faith, politics, love life or origin, your own or somebody else's.";
    publish_cannot_edit = "The text cannot be changed any more. If something is in it that is nobody's business, ask again without it.";
    publish_later = "On “Your data” you can take it back at any time: the text is then deleted at once and is in no later release. Copies already downloaded cannot be recalled.";
    publish_yes = "Publish it";
    publish_link = "Your data";
    publish_not_here = "This conversation stays private: publishing own prompts goes with contributing votes, which is off.";
    publish_not_model = "This conversation stays private: the licence of this model does not let its answers be published.";
    publish_list_heading = "Own prompts that you published";
    publish_list_note = "Each with the answers that you compared. When you stop publishing votes, they are deleted as well.";
    publish_none = "None. After a blind test of a question of your own, on the page “Try”, you can publish that conversation.";
    publish_given = "Given on";
    publish_begins = "Begins with";
    publish_state = "State";
    publish_act = "Take back";
    publish_released = "may be in releases";
    publish_take_back = "Take back…";
    publish_back_heading = "Take this conversation back?";
    publish_back_text = "Question and answers are deleted from the server at once, and your vote on them is withdrawn. Releases that are out already still hold them, and copies that were downloaded cannot be recalled.";
    publish_back_yes = "Take it back";
    publish_taken_back = "Taken back. The text is deleted from the server.";
}

sentences! {
    /// What is published, where and when.
    publish_what(days, licence) = "Your question, the two answers that you compared and what you said of them go to the open data, without your name, in releases from {days} days on. The question is under CC BY 4.0, the answers under the terms of the model: “{licence}”.";
    /// Something private in the conversation.
    publish_look_again(what) = "Please look again. There seems to be something private in it: {what}.";
    /// After it.
    publish_done(day) = "Thank you. It waits until {day}.";
    /// What waits for its first release.
    publish_waits(day) = "waits until {day}";
    /// Label of the button that takes one back.
    publish_take_back_of(begins) = "Take back “{begins}”";
}
