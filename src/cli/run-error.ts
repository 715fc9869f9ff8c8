import type { Metadata } from '../dataset/metadata.js';
import { isComplete, missingBeside, tooFewAccepted } from '../run/status.js';
import type { Refusal } from './document.js';
import type { RunOutcome } from '../run/request.js';

/** Why a run did not make every row, for the JSON document; `undefined` when it did. */
export function runError({ stopped, metadata }: RunOutcome): Refusal | undefined {
  switch (stopped?.kind) {
    case undefined:
      return rowsError(metadata);
    case 'interrupted':
      return {
        message: 'interrupted before the end',
        hint: 'run the same command again to continue: answers are kept',
      };
    case 'fatal': {
      const { message, hint } = stopped.failure;
      return { message: `column \`${stopped.column}\`: ${message}`, ...(hint !== undefined && { hint }) };
    }
    case 'limit':
      return { message: `stopped before the end: ${stopped.message}`, hint: stopped.hint };
  }
}

/** The error for failed rows of a finished dataset. */
export function rowsError(
  metadata: Pick<Metadata, 'rows' | 'status' | 'accept' | 'processors'>,
): Refusal | undefined {
  const few = tooFewAccepted(metadata);
  const [missing] = missingBeside(metadata);
  if (few) return few;
  if (isComplete(metadata)) return missing === undefined ? undefined : { message: missing };
  const { rows } = metadata;
  const all = rows.done + rows.failed + rows.skipped;
  return { message: `${rows.failed} of ${all} rows failed` };
}
