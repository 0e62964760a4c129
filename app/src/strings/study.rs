//! Texts of `/study/{id}`: taking part in a study.

texts! {
    study_title = "Study";
    study_missing = "There is no such study. Perhaps the link is cut short, or the study has not begun.";
    study_lead = "You read a question and two answers to it, and say which answer is better.";
    study_pause = "You may stop at any time and go on later in this browser.";
    study_guidelines = "Instructions of this study";
    study_consent = "Before you begin";
    study_consent_text = "What you agree to";
    study_only = "What you say here goes to this study only, whatever your mode is. It is not part of your taste, nor of the open data of this site.";
    study_stop = "You can withdraw on this page, also later. Your answers are then in no later release of the study.";
    study_tick = "I have read this and I want to take part.";
    study_start = "Agree and begin";
    study_asked = "The question";
    study_grace = "Sent in 8 seconds. Until then you can take it back.";
    study_send_next = "Send, next question";
    study_sent = "Your answer has arrived.";
    study_waiting = "Your answer is kept in this browser";
    study_waiting_help = "It is sent by itself when the server can be reached; then comes the next question. You may also close this page and open it again later.";
    study_refused = "This answer could not be taken";
    study_failed = "The study could not be loaded";
    study_lost = "The server no longer knows this browser, so it asks for your consent again.";
    study_done = "Thank you, that was all";
    study_full = "This study has all the answers it needs";
    study_closed = "This study is closed";
    study_thanks_anyway = "Thank you for coming.";
    study_withdraw = "Withdraw…";
    study_withdraw_heading = "Withdraw from this study?";
    study_withdraw_delete = "To have them deleted from the server altogether, see";
    study_withdraw_yes = "Withdraw";
    study_stay = "Go on taking part";
    study_withdrawn = "You have withdrawn. You can agree again at any time.";
}

sentences! {
    /// How far the person has come.
    study_place(at, all) = "{at} of {all}";
    /// The same as the heading of a question.
    study_question(at, all) = "Question {at} of {all}";
}

counted! {
    /// How much is asked at the most.
    study_long(count) = "There is {count} question for you; it takes about a minute.", "There are up to {count} questions for you, each about a minute.";
    /// What was given.
    study_thanks(count) = "Your {count} answer has arrived.", "Your {count} answers have arrived.";
    /// What becomes of what was given.
    study_withdraw_text(count) = "You are asked nothing more. Your {count} answer is not published from now on: later releases of the study leave it out. Copies that were downloaded before cannot be recalled.", "You are asked nothing more. Your {count} answers are not published from now on: later releases of the study leave them out. Copies that were downloaded before cannot be recalled.";
    /// What went to studies, whatever the mode.
    study_votes_sent(count) = "{count} answer went to a study, with a consent of its own.", "{count} answers went to studies, with consents of their own.";
}
