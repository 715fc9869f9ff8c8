import type { RedactOptions } from '../../core/config.js';
import { isObject, type JsonObject } from '../../core/json.js';
import { startsWith } from '../../core/paths.js';
import type { Problem } from '../../core/problem.js';
import { ownRuleProblems } from '../../redact/own-rules.js';

const AT = ['seed_config', 'redact'];

/** Checks the patterns of `seed_config.redact`: valid, fast, and searchable. */
export function checkRedaction(recipe: JsonObject, found: readonly Problem[]): readonly Problem[] {
  const { seed_config: config } = recipe;
  const redact = isObject(config) ? config['redact'] : undefined;
  if (!isObject(redact) || found.some(({ at }) => startsWith(at, AT))) return [];
  return ownRuleProblems(redact as RedactOptions).map((problem) => ({
    ...problem,
    at: [...AT, ...problem.at],
  }));
}
