import type { RedactOptions } from '../core/config.js';
import type { Redactor } from './types.js';

export { REDACT_SCHEMA } from './options.js';
export type { Redacted, Redactor } from './types.js';

/**
 * Makes a redactor. It is deterministic, keeps no row, and takes time linear in the length of a row's strings.
 * The rules are loaded here, and only when something is to be redacted.
 */
export async function createRedactor(options: RedactOptions): Promise<Redactor> {
  const { secrets = true, emails = false, user_names = false } = options;
  if (!secrets && !emails && !user_names) return (row) => ({ row, counts: new Map() });
  const { createRowRedactor } = await import('./row.js');
  return createRowRedactor(options);
}
