import type { Check } from './check.js';
import type { Problem } from '../../core/problem.js';
import type { DraftColumn } from '../draft.js';
import { startsWith } from '../../core/paths.js';

/**
 * Model columns that read no other column, and so send the same prompt in every row. Columns with mistakes are
 * skipped, because the references of an invalid template are not known.
 */
function checkPrompts(columns: readonly DraftColumn[], found: readonly Problem[]): readonly Problem[] {
  return columns
    .filter(
      ({ prepared }) => prepared && prepared.modelAliases.length > 0 && prepared.references.length === 0,
    )
    .filter(({ at }) => !found.some((problem) => startsWith(problem.at, at)))
    .map(({ name, at, config }) => ({
      severity: 'warning',
      code: 'no-reference',
      message: `the prompt of column \`${name}\` reads no column, so it is the same in every row`,
      hint: 'read other columns by name: {{ name }}',
      at: Object.hasOwn(config, 'prompt') ? [...at, 'prompt'] : at,
      onKey: true,
    }));
}

export const prompts: Check = {
  name: 'prompts',
  run: ({ drafts }) => checkPrompts(drafts.columns, drafts.problems),
};
