/**
 * Redaction: every secret in the strings of a row is replaced by `[REDACTED:kind]` before other code sees the row. The
 * method is that of secret scanners such as gitleaks, in three steps:
 *
 * 1. Keywords (`keywords.ts`): one pass over a text finds all positions at which some rule may match.
 * 2. Rules: at such a position the rules of the keyword are tried with sticky patterns. Rules never search, so the time
 *    stays linear in the length of a text. There are rules for tokens of a vendor's form (`token-forms.ts`, and those of
 *    gitleaks in `vendor-forms.ts`), private keys, credentials in headers, URLs, commands and Kubernetes' secrets, names
 *    with values (`assignment.ts`), the recipe's own (`own-rules.ts`), and personal data.
 * 3. Judgement (`judgement.ts`): a value that is recognised only by its surroundings must also look random (length,
 *    Shannon entropy, changes of character class) and must not look like code, a path or a placeholder.
 *
 * A long value that its name gave away is then looked for in the rest of the row (`repeats.ts`).
 * Lines with escapes or colours, which can hide a secret, are read once more without them (`plain.ts`). JSON in a string
 * stays valid JSON (`row.ts`).
 */
import type { RedactOptions } from '../core/config.js';
import type { Redactor } from './types.js';

export { REDACT_SCHEMA } from './options.js';
export type { Redacted, Redactor } from './types.js';

/**
 * Makes a redactor. It is deterministic, keeps no row, and takes linear time in the length of a row's strings. The
 * rules are loaded only when something is to be redacted.
 */
export async function createRedactor(options: RedactOptions): Promise<Redactor> {
  const { secrets = true, emails = false, user_names = false, rules = [] } = options;
  if (!secrets && !emails && !user_names && rules.length === 0) return (row) => ({ row, counts: new Map() });
  const { createRowRedactor } = await import('./row.js');
  return createRowRedactor(options);
}
