import { stringify } from 'yaml';
import { isObject, type Json, type JsonObject } from '../../core/json.js';
import type { OutputColumn } from '../../engine/types.js';
import { IMAGES } from '../media.js';
import { writtenRows, type Metadata } from '../metadata.js';

/** What a dataset card says. */
export interface CardFacts {
  readonly dataset: string;
  readonly description?: string;
  readonly license?: string;
  readonly format: string;
  readonly metadata: Metadata;
  readonly files: readonly { readonly name: string; readonly rows: number }[];
  /** How rows were chosen, in words. */
  readonly filters: readonly string[];
  readonly leftOut: Readonly<Record<string, number>>;
  readonly changed: Readonly<Record<string, number>>;
  readonly scores: readonly Score[];
  /** Pictures beside the rows. */
  readonly pictures: number;
}

/** A file of rows, and the split that it is; without splits, `train`. */
export interface DataFile {
  readonly name: string;
  readonly split: string;
  /** What else belongs to it, and the file itself; the file alone when left out. */
  readonly patterns?: readonly string[];
}

/** A number that the recipe gave the rows. */
export interface Score {
  readonly name: string;
  readonly rows: number;
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** The card (`README.md`) as the Hugging Face Hub reads it: only what is known; a licence only if one was given. */
export function datasetCard(
  facts: CardFacts,
  splits: readonly DataFile[],
  others: readonly { readonly name: string }[],
): string {
  const { metadata, dataset, format, files, filters, leftOut, changed, scores } = facts;
  const header = {
    pretty_name: dataset,
    ...(facts.license !== undefined && { license: facts.license }),
    tags: ['synthetic'],
    configs: [
      {
        config_name: 'default',
        data_files: splits.map(({ name, split, patterns = [name] }) => ({
          split: split.replaceAll('-', '_'),
          path: patterns.length === 1 ? patterns[0] : patterns,
        })),
      },
    ],
  };
  const { rows, recipe, usage } = metadata;
  const models = usage.map(({ alias, provider, model, columns }) => [
    alias,
    `${provider}/${model}`,
    columns.map(({ column }) => column).join(', '),
  ]);
  const parts = [
    `---\n${stringify(header)}---`,
    `# ${dataset}`,
    ...(facts.description === undefined ? [] : [facts.description.trim()]),
    ...(metadata.fabricated
      ? ['**The answers are fabricated by a dry run: do not train on this dataset.**']
      : []),
    `Made with dd ${metadata.dd_version} by the recipe \`${recipe.name}\` (${recipe.file}, SHA-256 \`${recipe.sha256.slice(0, 16)}…\`), finished ${metadata.finished_at}. Format: \`${format}\`.`,
    '## Rows',
    table(
      ['file', 'rows'],
      files.map(({ name, rows: written }) => [name, written]),
    ),
    `The recipe made ${rows.done + rows.skipped} rows; ${rows.failed} failed${rows.rejected ? `, ${rows.rejected} rejected` : ''}${rows.filtered > 0 ? `; ${rows.filtered} of the seed filtered` : ''}.${metadata.processors ? ` After the recipe's processors there were ${writtenRows(metadata)}.` : ''}`,
    ...(facts.pictures > 0
      ? [`Pictures: ${facts.pictures}, in \`${IMAGES}/\` beside the rows, which name them by path.`]
      : []),
    ...(filters.length > 0 ? ['Chosen by:', filters.map((filter) => `* ${filter}`).join('\n')] : []),
    ...countTable('left out because', leftOut),
    ...countTable('changed', changed),
    ...(models.length > 0 ? ['## Models', table(['alias', 'model', 'columns'], models)] : []),
    ...(scores.length > 0
      ? [
          '## Scores',
          table(
            ['score', 'mean', 'least', 'most', 'rows'],
            scores.map(({ name, mean, least, most, rows: scored }) => [
              name,
              round(mean),
              round(least),
              round(most),
              scored,
            ]),
          ),
        ]
      : []),
    ...(others.length > 0
      ? ['## Files', others.map(({ name }) => `* \`${name}\`: ${USES[name]}`).join('\n')]
      : []),
  ];
  return `${parts.join('\n\n')}\n`;
}

const USES: Readonly<Record<string, string>> = {
  'dataset_info.json': 'for LLaMA-Factory, with `dataset_dir` set to this folder',
  'axolotl.yaml': 'for `axolotl train`',
  'train_trl.py': 'a first training with TRL',
};

const countTable = (title: string, counts: Readonly<Record<string, number>>): readonly string[] =>
  Object.keys(counts).length === 0 ? [] : [table([title, 'rows'], Object.entries(counts))];

const round = (value: number): number => Math.round(value * 100) / 100;

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/**
 * Adds up the scores of rows: numbers of columns, and `score` of each criterion of a judge that is no column
 * `CRITERION_score` already.
 */
export function createScores(all: readonly OutputColumn[]): {
  add(row: JsonObject): void;
  list(): readonly Score[];
} {
  const columns = all.filter(({ from }) => from === 'column').map(({ name }) => name);
  const sums = new Map<string, Score>();
  const count = (name: string, value: Json | undefined): void => {
    if (typeof value !== 'number') return;
    const { rows, mean, least, most } = sums.get(name) ?? { rows: 0, mean: 0, least: value, most: value };
    sums.set(name, {
      name,
      rows: rows + 1,
      mean: mean + (value - mean) / (rows + 1),
      least: Math.min(least, value),
      most: Math.max(most, value),
    });
  };
  return {
    add(row) {
      for (const column of columns) {
        const value = row[column];
        count(column, value);
        if (!isObject(value)) continue;
        for (const [key, inner] of Object.entries(value))
          if (isObject(inner) && !columns.includes(`${key}_score`)) count(`${column}.${key}`, inner['score']);
      }
    },
    list: () => [...sums.values()],
  };
}
