import { jsonDocument } from './render/json-document.js';
import type { ReportedDiagnostic } from './render/report/report.js';
import { safe } from './render/text.js';

/** Why a command did not do all of its work, in words: what is wrong, and what to type. */
export interface Refusal {
  readonly message: string;
  readonly hint?: string;
}

/** What every command prints with `--json`, beside the keys of its own. docs/ci.md tells people of it. */
export interface JsonFrame {
  /** The exit code is 0. */
  readonly ok: boolean;
  readonly exit_code: number;
  /** There exactly when `ok` is false. */
  readonly error?: Refusal;
  /** What is wrong with the recipe, or may be; left out where nothing is. */
  readonly diagnostics?: readonly ReportedDiagnostic[];
}

/** Puts the frame around what a command has to say; `own` may bring the `error`. */
export function documentOf(
  exitCode: number,
  diagnostics: readonly ReportedDiagnostic[],
  own: object,
): JsonFrame {
  const told = diagnostics.length > 0 ? { diagnostics } : {};
  return { ok: exitCode === 0, exit_code: exitCode, ...told, ...own };
}

/** A refusal as the document has it: whatever else the object knows stays inside. */
export function refusalOf({ message, hint }: Refusal): Refusal {
  return hint === undefined ? { message } : { message, hint };
}

/** A refusal as people read it. */
export function renderRefusal({ message, hint }: Refusal): string {
  return `error: ${safe(message)}${hint === undefined ? '' : `\n${safe(hint)}`}`;
}

/** Says a refusal where no command is there to do it. */
export function sayRefusal(refusal: Refusal, exitCode: number, asJson: boolean): void {
  if (asJson) process.stdout.write(`${jsonDocument(documentOf(exitCode, [], { error: refusal }))}\n`);
  else process.stderr.write(`${renderRefusal(refusal)}\n`);
}

/** `--format json`, where a command has that format, is the same as `--json`. */
export function asksForJson(argv: readonly string[]): boolean {
  const own = ownArguments(argv);
  return own.some(
    (argument, index) =>
      argument === '--format=json' || (argument === 'json' && own[index - 1] === '--format'),
  );
}

/** What is said to `dd` itself, before `--`. */
export function ownArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}
