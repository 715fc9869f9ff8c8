import { stringify } from 'yaml';
import type { JsonObject } from '../../core/json.js';
import type { Exporter } from './exporter.js';
import { datasetCard, type CardFacts, type DataFile } from './card.js';
import type { Seen } from './trainers.js';

/** A file of an exported folder. */
export interface Sidecar {
  readonly name: string;
  readonly text: string;
}

export interface SidecarRequest {
  readonly exporter: Exporter;
  readonly files: readonly DataFile[];
  readonly seen: Seen;
  readonly card: CardFacts;
  /** The longest example, if the export has a limit. */
  readonly maxTokens?: number;
}

/** What trainers and the Hugging Face Hub read beside the rows: settings that fit what was written, and a card. */
export function sidecars(request: SidecarRequest): readonly Sidecar[] {
  const made: readonly (readonly [name: string, text: string | undefined])[] = [
    ['dataset_info.json', datasetInfo(request)],
    ['axolotl.yaml', axolotl(request)],
    ['train_trl.py', trlScript(request)],
  ];
  const files = made.flatMap(([name, text]) => (text === undefined ? [] : [{ name, text }]));
  return [...files, { name: 'README.md', text: datasetCard(request.card, request.files, files) }];
}

/** The names of all files that an exported folder may have. */
export const SIDECARS = ['dataset_info.json', 'axolotl.yaml', 'train_trl.py', 'README.md'];

/** A small model that all three trainers know, to be replaced. */
const MODEL = 'Qwen/Qwen3-0.6B';

/** Trainers cut or drop longer examples. */
const DEFAULT_TOKENS = 8192;

/** LLaMA-Factory: one entry a split. */
function datasetInfo({ exporter, files, seen, card }: SidecarRequest): string | undefined {
  const entry = exporter.trainers?.llamaFactory?.(seen);
  if (!entry) return undefined;
  const entries = files.map(({ name, split }) => [
    files.length === 1 ? card.dataset : `${card.dataset}_${split}`,
    { file_name: name, ...entry },
  ]);
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`;
}

function axolotl({ exporter, files, seen, maxTokens = DEFAULT_TOKENS }: SidecarRequest): string | undefined {
  const entry = exporter.trainers?.axolotl?.(seen);
  if (!entry) return undefined;
  const [train, test] = trainAndTest(files);
  const entryOf = ({ name }: DataFile): JsonObject => ({ path: name, ds_type: 'json', ...entry.dataset });
  const settings = {
    base_model: MODEL,
    ...entry.beside,
    datasets: train.map(entryOf),
    ...(test && { test_datasets: [{ ...entryOf(test), split: 'train' }] }),
    sequence_len: maxTokens,
    micro_batch_size: 1,
    gradient_accumulation_steps: 8,
    num_epochs: 1,
    learning_rate: 0.00002,
    optimizer: 'adamw_torch',
    output_dir: './out',
  };
  return `# axolotl train axolotl.yaml, in this folder. Put your model and your settings in.\n# Examples of more than sequence_len tokens are dropped.\n${stringify(settings)}`;
}

function trlScript({ exporter, files, maxTokens = DEFAULT_TOKENS }: SidecarRequest): string | undefined {
  const kind = exporter.trainers?.trl;
  if (!kind) return undefined;
  const [train, test] = trainAndTest(files);
  const data = [
    `"train": ${JSON.stringify(train.map(({ name }) => name))}`,
    ...(test ? [`"test": ${JSON.stringify(test.name)}`] : []),
  ];
  // Of a prompt and a completion, TRL trains on the completion anyway.
  const onlyAnswers = kind === 'SFT' && exporter.name !== 'prompt-completion';
  const settings = [
    'output_dir="out"',
    `max_length=${maxTokens}`,
    ...(onlyAnswers ? ['assistant_only_loss=True'] : []),
  ];
  return `# python train_trl.py, in this folder. Put your model and your settings in.
# Examples of more than max_length tokens are cut.
from datasets import load_dataset
from trl import ${kind}Config, ${kind}Trainer

data = load_dataset("json", data_files={${data.join(', ')}})
trainer = ${kind}Trainer(
    model="${MODEL}",
    args=${kind}Config(${settings.join(', ')}),
    train_dataset=data["train"],${test ? '\n    eval_dataset=data["test"],' : ''}
)
trainer.train()
trainer.save_model()
`;
}

/** The split to test on is the one with that name; all others are trained on, unless they are the only one. */
function trainAndTest(
  files: readonly DataFile[],
): readonly [train: readonly DataFile[], test: DataFile | undefined] {
  const test = files.find(({ split }) => ['test', 'validation', 'valid', 'eval', 'dev'].includes(split));
  const train = files.filter((file) => file.split === 'train');
  const others = files.filter((file) => file !== test);
  return [train.length > 0 ? train : others.length > 0 ? others : files, test];
}
