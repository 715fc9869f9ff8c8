import type { Failure } from '../core/failure.js';
import { err, type Result } from '../core/result.js';

/** A cell that could not be checked because of what is in its row. */
export function failureOf(message: string): Result<never, Failure> {
  return err({ class: 'template', message, attempts: [] });
}
