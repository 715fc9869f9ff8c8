/** What `dd init` can begin with. */
export interface Template {
  readonly summary: string;
  readonly files: readonly TemplateFile[];
}

export interface TemplateFile {
  /** From this package's folder. */
  readonly from: string;
  /** In the project; `NAME` is the recipe's. */
  readonly to: string;
  /** Other recipes may use it too: where it is there already, it is left as it is. */
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
    summary: 'sessions of coding agents, distilled into a judged fine-tuning dataset',
    files: [
      { from: 'recipes/agent-rollout.yaml', to: 'NAME.yaml' },
      schema('schemas/trace-digest.schema.json'),
      schema('schemas/sft-record.schema.json'),
      ...everywhere,
    ],
  },
  'from-csv': {
    summary: 'rows of a CSV file, a structured answer for each',
    files: [
      { from: 'templates/from-csv/from-csv.yaml', to: 'NAME.yaml' },
      { from: 'templates/from-csv/from-csv.csv', to: 'NAME.csv' },
      schema('templates/from-csv/ticket-triage.schema.json'),
      ...everywhere,
    ],
  },
  'judge-only': {
    summary: 'instruction/response pairs that you already have, judged',
    files: [
      { from: 'templates/judge-only/judge-only.yaml', to: 'NAME.yaml' },
      { from: 'templates/judge-only/judge-only.jsonl', to: 'NAME.jsonl' },
      ...everywhere,
    ],
  },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

export const isTemplateName = (name: string): name is TemplateName => Object.hasOwn(TEMPLATES, name);
