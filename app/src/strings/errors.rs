//! What went wrong.

texts! {
    error_network = "The server could not be reached. Check the connection and try again.";
}

sentences! {
    /// The server answered something that this page does not understand.
    error_decode(what) = "The server sent something unexpected ({what}). Reloading the page may help.";
    /// The browser did not let us keep data.
    error_storage(why) = "This browser did not store it: {why}";
    /// An answer without words.
    error_status(status) = "The server answered {status}";
}
