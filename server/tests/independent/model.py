"""Writes a language model of four layers with random weights, which says words without sense, as a GGUF file."""

import sys

import gguf
import numpy

WIDTH = 256
LAYERS = 4
HEADS = 8
INNER = 1024
CONTEXT = 5120
# Length of the part that all tokens share in their vectors.
SHARED = 4.0
WORDS = (
    "answer bread colour dough early flour garden honest inner jar kitchen light morning nearly oven plain quiet rise "
    "salt table under vapour water yeast warm soft crust slow good fresh time taste"
).split()
TEMPLATE = "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}assistant:"


def vocabulary():
    """Text, score and type of each token: three special ones, all bytes, and words that follow a space."""
    special = [("<unk>", 0.0, gguf.TokenType.UNKNOWN), ("<s>", 0.0, gguf.TokenType.CONTROL), ("</s>", 0.0, gguf.TokenType.CONTROL)]
    octets = [(f"<0x{octet:02X}>", 0.0, gguf.TokenType.BYTE) for octet in range(256)]
    letters = [(chr(letter), -1000.0, gguf.TokenType.NORMAL) for letter in range(33, 127)]
    words = [("\u2581" + word, -float(at), gguf.TokenType.NORMAL) for at, word in enumerate(WORDS)]
    return special + octets + [("\u2581", -1000.0, gguf.TokenType.NORMAL)] + letters + words


def write(path):
    tokens = vocabulary()
    random = numpy.random.default_rng(7)

    def matrix(rows, columns, scale):
        return (random.standard_normal((rows, columns)) * scale).astype(numpy.float32)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _, _ in tokens])
    writer.add_token_scores([score for _, score, _ in tokens])
    writer.add_token_types([kind for _, _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_chat_template(TEMPLATE)

    # Every token's vector has the same large first number, so the first column of the output says what is never written:
    # bytes and special tokens, but for the end, which comes now and then.
    embedding = matrix(len(tokens), WIDTH, 0.5)
    embedding[:, 0] = SHARED
    output = matrix(len(tokens), WIDTH, 0.08)
    output[:, 0] = -20.0
    output[-len(WORDS) :, 0] = 0.0
    output[2, 0] = -0.6
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    for layer in range(LAYERS):
        name = f"blk.{layer}."
        for norm in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"{name}{norm}.weight", numpy.ones(WIDTH, numpy.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{name}{part}.weight", matrix(WIDTH, WIDTH, 0.02))
        writer.add_tensor(f"{name}ffn_gate.weight", matrix(INNER, WIDTH, 0.05))
        writer.add_tensor(f"{name}ffn_up.weight", matrix(INNER, WIDTH, 0.05))
        writer.add_tensor(f"{name}ffn_down.weight", matrix(WIDTH, INNER, 0.02))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write(sys.argv[1])
