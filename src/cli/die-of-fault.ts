import { asksForJson, ownArguments, sayRefusal } from './document.js';
import { explainFault } from './faults.js';

/** Ends the program for an error that no command was there to catch, in the form that was asked for. */
export function dieOfFault(error: unknown, argv: readonly string[]): never {
  const { message, exitCode } = explainFault(error instanceof Error ? error : new Error(String(error)));
  sayRefusal({ message }, exitCode, ownArguments(argv).includes('--json') || asksForJson(argv));
  process.exit(exitCode);
}
