/** A template of `dd init`. */
export interface Template {
  /** The heading under which the menu has it. */
  readonly group: string;
  readonly summary: string;
  /**
   * Its files, as paths in this package, the recipe first. Left out: every file of `templates/NAME/`, where the recipe
   * is `NAME.yaml`, and other names that begin with `NAME` get the name of the new recipe.
   */
  readonly files?: readonly string[];
}

const DATA = 'From your own data';
const NOTHING = 'From nothing';
const CODE = 'From nothing, code';

/** By the value of `--template`. Templates of one group are listed together. The texts are files. */
export const TEMPLATES = {
  'agent-rollout': {
    group: DATA,
    summary: 'coding-agent sessions to a judged fine-tuning dataset',
    files: [
      'recipes/agent-rollout.yaml',
      'schemas/trace-digest.schema.json',
      'schemas/sft-record.schema.json',
    ],
  },
  'from-csv': { group: DATA, summary: 'a structured answer for each row of a CSV file' },
  'judge-only': { group: DATA, summary: 'scores for instruction/response pairs that you have' },
  'docs-to-qa': { group: DATA, summary: 'questions and answers about a folder of Markdown' },
  'document-qa': { group: DATA, summary: 'ever harder questions, answers with quotes, judged' },
  'image-description': { group: DATA, summary: 'facts and a description of each picture of a folder' },
  translation: { group: DATA, summary: 'texts of a CSV file, translated there and back, judged' },
  'self-instruct': { group: DATA, summary: 'from a few example tasks to many good new ones' },
  'from-nothing': {
    group: NOTHING,
    summary: 'people and their questions, drawn at random',
  },
  personas: { group: NOTHING, summary: 'users with a life, needs and a first message' },
  'multi-turn-chat': { group: NOTHING, summary: 'conversations of people with an assistant, judged' },
  'product-qa': { group: NOTHING, summary: 'questions about products, right and invented answers' },
  classification: { group: NOTHING, summary: 'balanced labels, each confirmed by a second prompt' },
  'preference-pairs': { group: NOTHING, summary: 'a chosen and a rejected answer to each request (DPO)' },
  'tool-trajectories': { group: NOTHING, summary: 'conversations with tool calls, by an MCP server' },
  'text-to-sql': { group: CODE, summary: 'requests in plain words and SQL, parsed and judged' },
  'text-to-python': { group: CODE, summary: 'tasks in plain words and Python, linted and judged' },
} as const satisfies Readonly<Record<string, Template>>;

export type TemplateName = keyof typeof TEMPLATES;

export const isTemplateName = (name: string): name is TemplateName => Object.hasOwn(TEMPLATES, name);

/** Each group with its templates, in the order of the menu. */
export function templateGroups(): readonly { readonly group: string; readonly names: readonly string[] }[] {
  const entries = Object.entries<Template>(TEMPLATES);
  return [...new Set(entries.map(([, { group }]) => group))].map((group) => ({
    group,
    names: entries.filter(([, template]) => template.group === group).map(([name]) => name),
  }));
}

/** One line: the name, padded so that all summaries begin in one column, and the summary. */
export function templateLine(name: string): string {
  const width = Math.max(...Object.keys(TEMPLATES).map((each) => each.length));
  const summary = isTemplateName(name) ? TEMPLATES[name].summary : '';
  return `${name.padEnd(width)}  ${summary}`;
}
