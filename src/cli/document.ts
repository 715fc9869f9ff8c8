import { jsonDocument } from './render/json-document.js';
import type { ReportedDiagnostic } from './render/report/types.js';
import { safe } from './render/text.js';

/** Why a command failed: what is wrong, and what to type. */
export interface Refusal {
  readonly message: string;
  readonly hint?: string;
}

/** The keys that every command prints with `--json`, in addition to its own. Documented in docs/ci.md. */
export interface JsonFrame {
  /** The exit code is 0. */
  readonly ok: boolean;
  readonly exit_code: number;
  /** Present exactly if `ok` is false. */
  readonly error?: Refusal;
  /** Errors and warnings of the recipe; left out if there are none. */
  readonly diagnostics?: readonly ReportedDiagnostic[];
}

/** The JSON document of a command; `own` has its own keys, and `error` if it failed. */
export function documentOf(
  exitCode: number,
  diagnostics: readonly ReportedDiagnostic[],
  own: object,
): JsonFrame {
  const found = diagnostics.length > 0 ? { diagnostics } : {};
  return { ok: exitCode === 0, exit_code: exitCode, ...found, ...own };
}

/** Only the keys of a refusal, without any other keys of the object. */
export function refusalOf({ message, hint }: Refusal): Refusal {
  return hint === undefined ? { message } : { message, hint };
}

/** A refusal as text for people. */
export function renderRefusal({ message, hint }: Refusal): string {
  return `error: ${safe(message)}${hint === undefined ? '' : `\n${safe(hint)}`}`;
}

/** Prints a refusal outside any command. */
export function printRefusal(refusal: Refusal, exitCode: number, asJson: boolean): void {
  if (asJson) process.stdout.write(`${jsonDocument(documentOf(exitCode, [], { error: refusal }))}\n`);
  else process.stderr.write(`${renderRefusal(refusal)}\n`);
}

/** True if `--format json` was given. */
export function asksForJson(argv: readonly string[]): boolean {
  const own = ownArguments(argv);
  return own.some(
    (argument, index) =>
      argument === '--format=json' || (argument === 'json' && own[index - 1] === '--format'),
  );
}

/** The arguments before `--`. */
export function ownArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
