import type { CodeEntries } from './types.js';

/** Secrets, the environment and the seed. */
export const outsideCodes = {
  'literal-key': {
    title: 'Secret in the recipe',
    why: 'Recipes are committed, shared and copied into every dataset. Keys belong in the environment.',
    wrong: 'api_key: sk-…',
    right: 'api_key: OPENAI_API_KEY',
    todo: 'Put the name of the environment variable into `api_key`. If the key is real, revoke it: it may already be in the git history.',
  },
  'missing-key-variable': {
    title: 'API key that is not set',
    why: 'The first call of a run would be refused. This is a warning, because `dd validate` and `--dry-run` need no key.',
    wrong: 'dd validate --strict recipe.yaml',
    right: 'export NVIDIA_API_KEY=…',
    todo: 'Set the variable where you run the recipe. With `--strict`, it must also be set where you validate.',
  },
  'seed-unreadable': {
    title: 'Seed that cannot be opened',
    why: 'The folder or file does not exist, or its permissions forbid reading. Reported with `--seed`.',
    wrong: 'source: { seed_type: agent_rollout, format: codex, path: tracs }',
    right: 'source: { seed_type: agent_rollout, format: codex, path: traces }',
    todo: 'Correct the path. It is relative to the recipe.',
  },
  'empty-seed': {
    title: 'Seed without rows',
    why: 'A run would make nothing. Reported with `--seed`, with the reasons why entries were left out.',
    wrong: 'where: tool_call_count > 1000',
    right: 'where: tool_call_count > 10',
    todo: 'Check `dd seed RECIPE`. Use another folder, another format or a wider condition.',
  },
  'empty-seed-column': {
    title: 'Seed column that is always empty',
    why: 'A column reads this seed column, but it has no value in any row. Reported with `--seed`.',
    wrong: 'prompt: Branch {{ git_branch }}',
    right: "prompt: Branch {{ git_branch | default('unknown', true) }}",
    todo: 'Allow for a missing value, or read another column.',
  },
  run: {
    title: 'Missing resource',
    why: 'The recipe is valid, but the file, row or server that this key names is not available.',
    wrong: 'selection_strategy: { start: 500, end: 599 }   # of 20 rows',
    right: 'selection_strategy: { start: 0, end: 19 }',
    todo: 'Correct the value, or provide what it names.',
  },
} as const satisfies CodeEntries;
