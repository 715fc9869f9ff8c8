import { Command } from '@oclif/core';
import { EXIT } from '../run/status.js';
import { didYouMean } from '../core/suggest.js';
import { jsonDocument } from './render/json-document.js';
import type { ReportedDiagnostic } from './render/report/report.js';
import { asksForJson, documentOf, refusalOf, renderRefusal, type Refusal } from './document.js';
import { explainFault } from './faults.js';

/** What the commands of `dd` share: how they end, for people and for machines. */
export abstract class DdCommand extends Command {
  /** Whether `--format json` is a way to say `--json`. */
  protected static readonly hasJsonFormat: boolean = false;

  /** Every flag that may be given: those of a recipe's params come to the command's own. */
  protected knownFlags: readonly string[] = Object.keys(this.ctor.flags ?? {});

  /** What there is to say of the recipe; people were told already. */
  protected diagnostics: readonly ReportedDiagnostic[] = [];

  override jsonEnabled(): boolean {
    const { hasJsonFormat } = this.constructor as typeof DdCommand;
    return super.jsonEnabled() || (hasJsonFormat && asksForJson(this.argv));
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${jsonDocument(json)}\n`);
  }

  protected override toSuccessJson(result: unknown): unknown {
    return documentOf(Number(process.exitCode ?? EXIT.complete), this.diagnostics, result as object);
  }

  /** Says what is wrong and ends the program; `drawn` is how people are told where the words do not do. */
  protected fail(
    refusal: Refusal,
    exitCode: number = EXIT.badInput,
    drawn: string = renderRefusal(refusal),
  ): never {
    if (this.jsonEnabled())
      this.logJson(documentOf(exitCode, this.diagnostics, { error: refusalOf(refusal) }));
    else this.logToStderr(drawn);
    this.exit(exitCode);
  }

  /** What a command that did its work has to say, and what went wrong in it, if anything did. */
  protected endedWith(exitCode: number, own: object, error: Refusal | undefined): object {
    process.exitCode = exitCode;
    return { ...(error && { error: refusalOf(error) }), ...own };
  }

  protected override async catch(error: Error): Promise<unknown> {
    const { message, exitCode, isExit } = explainFault(error);
    if (isExit) return leave(exitCode);
    const hint =
      unknownFlagHint(error, this.knownFlags) ??
      (isWrongUsage(error) ? `dd ${this.id} --help shows what can be given` : undefined);
    const refusal = { message, ...(hint !== undefined && { hint }) };
    if (this.jsonEnabled()) this.logJson(documentOf(exitCode, this.diagnostics, { error: refusal }));
    else this.logToStderr(renderRefusal(refusal));
    // At once: a store that could not be written may take the process down in a moment.
    process.exit(exitCode);
  }
}

/** oclif's own mistakes end like this, and only they. */
const isWrongUsage = (error: Error): boolean => error.message.endsWith('See more help with --help');

/** oclif names the flags that do not exist; we add the one that was probably meant. */
function unknownFlagHint(error: Error, known: readonly string[]): string | undefined {
  const flags: unknown = 'flags' in error ? error.flags : undefined;
  const [first] = Array.isArray(flags) ? (flags as unknown[]) : [];
  return typeof first === 'string'
    ? didYouMean(
        first,
        known.map((name) => `--${name}`),
      )
    : undefined;
}

/** Ends the program when all that it has said is written: what still waits for its reader would be cut off. */
async function leave(exitCode: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(exitCode);
}

/** Also of a stream whose reader has gone. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writable) stream.write('', () => resolve());
    else resolve();
  });
}
