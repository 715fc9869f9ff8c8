import type { ModelCheck } from '../app/check-models.js';
import { renderTable } from './table.js';
import { safe } from './text.js';

/** One line a model: which it is, and whether it can be asked. */
export function renderModelChecks(checks: readonly ModelCheck[]): string {
  const rows = checks.map((check) => [check.alias, check.provider, check.model, outcome(check)].map(safe));
  return renderTable([['alias', 'provider', 'model', 'result'], ...rows]);
}

function outcome({ structured_output, notes, error }: ModelCheck): string {
  if (error) return [`${error.class}: ${error.message}`, error.hint].filter(Boolean).join('; ');
  const taken = structured_output === undefined ? [] : [`structured output: ${structured_output}`];
  return ['ok', ...taken, ...notes].join('; ');
}
