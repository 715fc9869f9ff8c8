/** A template of `dd init`. */
export interface Template {
  readonly summary: string;
  readonly files: readonly TemplateFile[];
}

export interface TemplateFile {
  /** Path in this package. */
  readonly from: string;
  /** Path in the project; `NAME` is replaced by the recipe's name. */
  readonly to: string;
  /** Shared by several recipes: not written if it exists. */
  readonly shared?: boolean;
}

const schema = (from: string): TemplateFile => ({
  from,
  to: `schemas/${from.split('/').at(-1) ?? ''}`,
  shared: true,
});

const everywhere: readonly TemplateFile[] = [schema('schemas/recipe.schema.json')];

/** By the value of `--template`. The texts are files, in `templates/` and `recipes/`. */
export const TEMPLATES = {
  'agent-rollout': {
    summary: 'coding-agent sessions to a judged fine-tuning dataset',
    files: [
      { from: 'recipes/agent-rollout.yaml', to: 'NAME.yaml' },
      schema('schemas/trace-digest.schema.json'),
      schema('schemas/sft-record.schema.json'),
      ...everywhere,
    ],
  },
  'from-csv': {
    summary: 'a structured answer for each row of a CSV file',
    files: [
      { from: 'templates/from-csv/from-csv.yaml', to: 'NAME.yaml' },
      { from: 'templates/from-csv/from-csv.csv', to: 'NAME.csv' },
      schema('templates/from-csv/ticket-triage.schema.json'),
      ...everywhere,
    ],
  },
  'judge-only': {
    summary: 'scores for instruction/response pairs that you already have',
    files: [
      { from: 'templates/judge-only/judge-only.yaml', to: 'NAME.yaml' },
      { from: 'templates/judge-only/judge-only.jsonl', to: 'NAME.jsonl' },
      ...everywhere,
    ],
  },
  'from-nothing': {
    summary: 'personas and their questions, drawn at random: no data needed',
    files: [{ from: 'templates/from-nothing/from-nothing.yaml', to: 'NAME.yaml' }, ...everywhere],
  },
  'docs-to-qa': {
    summary: 'question-answer pairs from a folder of Markdown, one row each',
    files: [
      { from: 'templates/docs-to-qa/docs-to-qa.yaml', to: 'NAME.yaml' },
      ...['export.md', 'guides/sync.md'].map((page) => ({
        from: `templates/docs-to-qa/docs-to-qa-docs/${page}`,
        to: `NAME-docs/${page}`,
      })),
      ...everywhere,
    ],
  },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

export const isTemplateName = (name: string): name is TemplateName => Object.hasOwn(TEMPLATES, name);
