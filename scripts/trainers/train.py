"""Takes a training step on each export of dd, with the settings that dd wrote beside it, and looks which tokens count.

python train.py EXPORTS MODEL    EXPORTS: the folder of make-exports.mjs; MODEL: a folder for the tiny model

Prints a line for each trainer and export, and ends with 1 when one of them fails.
"""

import json
import pathlib
import re
import sys
import traceback

import torch
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

# ChatML with tools. The generation markers say which tokens TRL trains on.
TEMPLATE = """{%- if tools %}<|im_start|>system
{{ tools | tojson }}<|im_end|>
{% endif %}{%- for message in messages %}{%- if message.role == 'assistant' %}<|im_start|>assistant
{% generation %}{{ message.content }}{%- for call in message.tool_calls or [] %}<tool_call>{{ call.function.arguments if call.function.arguments is string else call.function.arguments | tojson }}</tool_call>{%- endfor %}<|im_end|>{% endgeneration %}
{% else %}<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endif %}{%- endfor %}{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def make_model(folder: pathlib.Path, texts: list[str]) -> PreTrainedTokenizerFast:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=1000, special_tokens=special, initial_alphabet=alphabet))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=65536,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, bos_token_id=None,
        )
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return tokenizer


def step(model_folder: pathlib.Path, ids: list[int], labels: list[int]) -> float:
    """A training step by hand, for trainers of which only the data is loaded. Long examples are cut for speed."""
    model = LlamaForCausalLM.from_pretrained(model_folder)
    first = next(at for at, label in enumerate(labels) if label != -100)
    start = max(0, first - 64)
    window = slice(start, start + 512)
    loss = model(input_ids=torch.tensor([ids[window]]), labels=torch.tensor([labels[window]])).loss
    loss.backward()
    torch.optim.AdamW(model.parameters()).step()
    assert torch.isfinite(loss), "the loss is no number"
    return float(loss)


def check_labels(tokenizer, ids, labels, answers: list[str], others: list[str]) -> str:
    """The labelled text has every answer and nothing of what the others say."""
    ids, labels = list(map(int, ids)), list(map(int, labels))
    labelled = tokenizer.decode([label for label in labels if label != -100])
    for answer in answers:
        assert answer.strip() in labelled, f"an answer has no labels: {answer[:80]!r}"
    for other in others:
        own = any(other.strip() in answer for answer in answers)
        assert own or other.strip() not in labelled, f"labels on what is no answer: {other[:80]!r}"
    return f"{sum(label != -100 for label in labels)} of {len(labels)} tokens labelled"


def spoken(line: dict) -> tuple[list[str], list[str]]:
    """What the assistant says in a line, and what the others say, whatever the format."""
    if "instruction" in line:
        return [line["output"]], [line["instruction"]]
    messages = line.get("messages") or line.get("conversations") or [*line["prompt"], *line["completion"]]
    if "completion" in line:
        return [line["completion"][0]["content"]], [m["content"] for m in line["prompt"] if m["content"]]
    mine, others = [], []
    for message in messages:
        text = message.get("content", message.get("value"))
        is_mine = message.get("role", message.get("from")) in ("assistant", "gpt", "function_call")
        if text and message.get("from") != "function_call":
            (mine if is_mine else others).append(text)
    return mine, [text for text in others if len(text) > 8]


def with_trl(folder, lines, tokenizer, model):
    script = (folder / "train_trl.py").read_text()
    script = script.replace("Qwen/Qwen3-0.6B", str(model)).replace(
        'output_dir="out"',
        f'output_dir="{model}-out", max_steps=1, use_cpu=True, bf16=False, report_to="none", save_strategy="no", '
        "disable_tqdm=True, per_device_train_batch_size=2",
    )
    script = re.sub(r"max_length=\d+", "max_length=4096", script).replace("trainer.save_model()", "")
    for name in re.findall(r'"([^"]+\.jsonl)"', script):
        script = script.replace(f'"{name}"', json.dumps(str(folder / name)))
    scope = {"__name__": "train_trl"}
    exec(compile(script, str(folder / "train_trl.py"), "exec"), scope)
    trainer = scope["trainer"]
    loss = trainer.state.log_history[-1]["train_loss"]
    assert loss == loss, "the loss is no number"
    rows = len(trainer.train_dataset)
    assert rows == len(lines), f"{rows} of {len(lines)} rows are left"
    said = f"{rows} rows, loss {loss:.2f}"
    if "SFT" not in script:
        return said
    row = trainer.train_dataset[0]
    batch = trainer.data_collator([row])
    return f"{said}, {check_labels(tokenizer, batch['input_ids'][0], batch['labels'][0], *spoken(lines[0]))}"


def with_llama_factory(folder, lines, tokenizer, model):
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args

    names = list(json.loads((folder / "dataset_info.json").read_text()))
    arguments = get_train_args(
        {
            "stage": "sft", "do_train": True, "model_name_or_path": str(model), "dataset": ",".join(names),
            "dataset_dir": str(folder), "template": "qwen", "cutoff_len": 16384, "finetuning_type": "full",
            "output_dir": f"{model}-out", "overwrite_cache": True, "report_to": "none", "use_cpu": True, "bf16": False,
            "preprocessing_num_workers": 1,
        }
    )
    model_args, data_args, training_args, *_ = arguments
    template = get_template_and_fix_tokenizer(tokenizer, data_args)
    dataset = get_dataset(template, model_args, data_args, training_args, stage="sft", tokenizer=tokenizer)["train_dataset"]
    assert len(dataset) == len(lines), f"{len(dataset)} of {len(lines)} rows are left"
    row = dataset[0]
    loss = step(model, row["input_ids"], row["labels"])
    return f"{len(dataset)} rows, loss {loss:.2f}, {check_labels(tokenizer, row['input_ids'], row['labels'], *spoken(lines[0]))}"


def with_axolotl(folder, lines, tokenizer, model):
    from datasets import load_dataset
    from axolotl.utils.dict import DictDefault

    settings = yaml.safe_load((folder / "axolotl.yaml").read_text())
    config = DictDefault({**settings, "train_on_inputs": False, "sequence_len": 16384})
    entry = DictDefault(settings["datasets"][0])
    rows = load_dataset("json", data_files=str(folder / entry.path), split="train")
    assert len(rows) == len(lines)
    if config.rl:
        from axolotl.prompt_strategies.dpo import load

        transform, _ = load(entry.type, DictDefault({**config, "datasets": [entry]}), dataset_idx=0)
        made = transform(rows[0], tokenizer=tokenizer)
        assert lines[0]["chosen"][-1]["content"] in made["chosen"] and lines[0]["prompt"][-1]["content"] in made["prompt"]
        ids = tokenizer(made["prompt"] + made["chosen"])["input_ids"]
        return f"{len(rows)} pairs, loss {step(model, ids, ids):.2f}"
    from axolotl.utils.data.wrappers import get_dataset_wrapper

    made, _ = get_dataset_wrapper(entry, tokenizer, config, entry.type, rows)
    assert len(made) == len(rows), f"{len(made)} of {len(rows)} rows are left"
    loss = step(model, made[0]["input_ids"], made[0]["labels"])
    labels = check_labels(tokenizer, made[0]["input_ids"], made[0]["labels"], *spoken(lines[0]))
    return f"{len(rows)} rows, loss {loss:.2f}, {labels}"


TRAINERS = {
    "train_trl.py": ("TRL", with_trl),
    "dataset_info.json": ("LLaMA-Factory", with_llama_factory),
    "axolotl.yaml": ("Axolotl", with_axolotl),
}


def main(exports: pathlib.Path, model: pathlib.Path) -> int:
    folders = sorted(path.parent for path in exports.glob("*/README.md"))
    data = {folder: next(folder.glob("*.jsonl")) for folder in folders}
    make_model(model, [path.read_text()[:200_000] for path in data.values()])
    failed = 0
    for folder in folders:
        lines = [json.loads(line) for line in data[folder].read_text().splitlines()]
        for name, (trainer, train) in TRAINERS.items():
            if not (folder / name).exists():
                continue
            try:
                tokenizer = PreTrainedTokenizerFast.from_pretrained(model)
                print(f"ok      {trainer:14} {folder.name:42} {train(folder, lines, tokenizer, model)}", flush=True)
            except Exception as error:  # noqa: BLE001
                failed += 1
                print(f"FAILED  {trainer:14} {folder.name:42} {type(error).__name__}: {error}", flush=True)
                traceback.print_exc()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
