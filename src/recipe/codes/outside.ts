import type { CodeEntries } from './types.js';

/** Secrets, and what lies outside the recipe: the environment and the seed. */
export const outsideCodes = {
  'literal-key': {
    title: 'A secret in the recipe',
    why: 'Recipes are committed, shared and copied into every dataset; keys belong in the environment.',
    wrong: 'api_key: sk-…',
    right: 'api_key: OPENAI_API_KEY',
    todo: 'Name the environment variable in `api_key`. If the key is real, revoke it: it may be in the history already.',
  },
  'missing-key-variable': {
    title: 'A key that is not set',
    why: 'The first call of a run would be refused. `dd validate` and `--dry-run` need no key, so it is only a warning.',
    wrong: 'dd validate --strict recipe.yaml',
    right: 'export NVIDIA_API_KEY=…',
    todo: 'Set the variable where the run takes place. With `--strict` it must be set where the check takes place.',
  },
  'seed-unreadable': {
    title: 'A seed that cannot be opened',
    why: 'The folder or file it names is not there, or may not be read. Told with `--seed`.',
    wrong: 'source: { seed_type: agent_rollout, format: codex, path: tracs }',
    right: 'source: { seed_type: agent_rollout, format: codex, path: traces }',
    todo: 'Correct the path; it is relative to the recipe.',
  },
  'empty-seed': {
    title: 'A seed without rows',
    why: 'There is nothing to make. Told with `--seed`, with the reasons why entries were left out.',
    wrong: 'where: tool_call_count > 1000',
    right: 'where: tool_call_count > 10',
    todo: 'Look at `dd seed RECIPE`: another folder, another format or a wider condition.',
  },
  'empty-seed-column': {
    title: 'A seed column that never has a value',
    why: 'A column reads it as if it were always there, and in these rows it never is. Told with `--seed`.',
    wrong: 'prompt: Branch {{ git_branch }}',
    right: "prompt: Branch {{ git_branch | default('unknown', true) }}",
    todo: 'Allow for its absence, or read another column.',
  },
  run: {
    title: 'Something the recipe asks for is not there',
    why: 'The recipe is sound, but this run cannot have what this key names.',
    wrong: 'selection_strategy: { start: 500, end: 599 }   # of 20 rows',
    right: 'selection_strategy: { start: 0, end: 19 }',
    todo: 'Correct the value, or provide what it names.',
  },
} as const satisfies CodeEntries;
