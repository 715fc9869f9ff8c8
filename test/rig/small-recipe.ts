/** A recipe of one or two model columns over sessions that `writeSessions` wrote, for tests of what calls cost. */
export interface SmallRecipe {
  /** Entries of `model_configs`, in YAML's flow style; each may have `prices`. */
  readonly models: readonly string[];
  /** Further columns, a line each. */
  readonly columns: readonly string[];
  readonly providers?: readonly string[];
}

/** Reads the folder `traces` beside it. */
export function smallRecipe({ models, columns, providers = [] }: SmallRecipe): string {
  const list = (entries: readonly string[]): string => entries.map((entry) => `  - ${entry}\n`).join('');
  return [
    'name: small\n',
    ...(providers.length > 0 ? [`providers:\n${list(providers)}`] : []),
    `model_configs:\n${list(models)}`,
    'seed_config:\n  source: { seed_type: agent_rollout, format: claude_code, path: traces }\n',
    `columns:\n${list(columns)}`,
  ].join('');
}

/** `{ alias: …, provider: openai, model: gpt-test, … }`, one request at a time unless the test says otherwise. */
export function openAiModel(alias: string, rest = ''): string {
  return `{ alias: ${alias}, provider: openai, model: gpt-${alias}, inference_parameters: { max_parallel_requests: 1 }${rest} }`;
}

/** An llm-text column that asks about the session's last message. */
export function textColumn(name: string, alias: string, reads = 'final_assistant_message'): string {
  return `{ name: ${name}, column_type: llm-text, model_alias: ${alias}, prompt: "${name}: {{ ${reads} }}" }`;
}
