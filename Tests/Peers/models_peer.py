"""The clients of OpenAI and Anthropic as clients of our fake endpoints: what they understood, as JSON.

usage: models_peer.py BASE KEY
"""

import json
import sys

import anthropic
import openai

root, key = sys.argv[1:3]
told = {}
client = openai.OpenAI(base_url=f"{root}/v1", api_key=key, max_retries=0)
said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Grüße 🍎"}]

whole = client.chat.completions.create(model="small", messages=said, temperature=0.5, max_tokens=9)
told["chat"] = [whole.choices[0].message.content, whole.choices[0].finish_reason, whole.usage.prompt_tokens,
                whole.usage.prompt_tokens_details.cached_tokens]
text, usage, finish = "", None, None
for chunk in client.chat.completions.create(model="small", messages=said, stream=True, stream_options={"include_usage": True}):
    usage = chunk.usage or usage
    for choice in chunk.choices:
        text += choice.delta.content or ""
        finish = choice.finish_reason or finish
told["chat, stream"] = [text, finish, usage.completion_tokens, usage.completion_tokens_details.reasoning_tokens]

made = client.embeddings.create(model="vectors", input=["one", "two"])
told["embeddings"] = [item.embedding for item in sorted(made.data, key=lambda item: item.index)]
made = client.embeddings.create(model="vectors", input="one", encoding_format="float", dimensions=20)
told["embeddings, float"] = [item.embedding for item in made.data]
heard = client.audio.transcriptions.create(model="whisper-1", file=("voice.ogg", b"OggS1234", "audio/ogg"), language="en")
told["transcription"] = heard.text

for name, call in {
    "no model": lambda: client.chat.completions.create(model="nope", messages=said),
    "no key": lambda: openai.OpenAI(base_url=f"{root}/v1", api_key="wrong", max_retries=0).chat.completions.create(
        model="small", messages=said),
    "no text": lambda: client.embeddings.create(model="vectors", input=""),
    "no sound": lambda: client.audio.transcriptions.create(model="whisper-1", file=("voice.amr", b"#!AMR")),
    "options without a stream": lambda: client.chat.completions.create(
        model="small", messages=said, stream_options={"include_usage": True}),
}.items():
    try:
        call()
        told[name] = None
    except openai.APIStatusError as error:
        told[name] = [type(error).__name__, error.status_code, error.code]

theirs = anthropic.Anthropic(base_url=root, api_key=key, max_retries=0)
question = [{"role": "user", "content": "Grüße 🍎"}]
whole = theirs.messages.create(model="claude-small", max_tokens=9, system="Be brief.", messages=question)
told["messages"] = [whole.content[0].text, whole.stop_reason, whole.usage.input_tokens, whole.usage.cache_read_input_tokens]
with theirs.messages.stream(model="claude-small", max_tokens=9, messages=question) as stream:
    text = "".join(stream.text_stream)
    final = stream.get_final_message()
told["messages, stream"] = [text, final.stop_reason, final.usage.output_tokens]
# What came goes back as it came, signatures included.
with theirs.messages.stream(model="claude-small", max_tokens=9, messages=question) as stream:
    thought = stream.get_final_message()
told["thought"] = [block.type for block in thought.content]
again = theirs.messages.create(model="claude-small", max_tokens=9, messages=[
    *question, {"role": "assistant", "content": thought.content}, {"role": "user", "content": "Sure?"}])
told["again"] = again.content[0].text
for name, call in {
    "no tokens": lambda: theirs.messages.create(model="claude-small", max_tokens=0, messages=question),
    "no user": lambda: theirs.messages.create(model="claude-small", max_tokens=1, messages=[{"role": "assistant", "content": "x"}]),
    "no Claude": lambda: theirs.messages.create(model="nope", max_tokens=1, messages=question),
}.items():
    try:
        call()
        told[name] = None
    except anthropic.APIStatusError as error:
        told[name] = [type(error).__name__, error.status_code, error.body["error"]["type"]]
print(json.dumps(told))
