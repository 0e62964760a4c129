"""A minimal arena: two chat panes, four votes, and a line that says which vote was taken."""

import gradio as gr

QUESTION = "How do I keep basil alive on a kitchen windowsill?"
ANSWERS = {
    "A": "Give it six hours of light a day, water from below when the top of the soil is dry, and turn the pot each week.\n\n"
    "- Pinch the tips **above a pair of leaves**; it grows bushier.\n- Cut flowers off at once.\n- Keep it away from cold glass at night.",
    "B": "Supermarket basil is many seedlings in one small pot, so first divide it into three or four pots with fresh soil.\n\n"
    "1. Water a little each morning.\n2. Feed every two weeks.\n3. Harvest from the top, **never more than a third**.",
}
VOTES = ["A is better", "B is better", "Tie", "Both are bad"]


def pane(name: str) -> None:
    talk = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWERS[name]}]
    gr.Chatbot(value=talk, label=f"Answer {name}")


with gr.Blocks(title="Arena") as arena:
    gr.Markdown("# Arena")
    with gr.Row():
        pane("A")
        pane("B")
    with gr.Row():
        buttons = {vote: gr.Button(vote) for vote in VOTES}
    taken = gr.Markdown()
    for vote, button in buttons.items():
        button.click(lambda vote=vote: f"Vote taken: {vote}", outputs=taken)

if __name__ == "__main__":
    arena.launch(server_name="127.0.0.1")
