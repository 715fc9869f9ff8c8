import { Command } from '@oclif/core';
import { didYouMean } from '../suggest.js';
import { safe } from '../ui/text.js';
import { explainFault } from './faults.js';

/** What the commands of `dd` share: how they end when something is wrong. */
export abstract class DdCommand extends Command {
  /** Every flag that may be given: those of a recipe's params come to the command's own. */
  protected knownFlags: readonly string[] = Object.keys(this.ctor.flags ?? {});

  /** Says what is wrong, as it is, and ends the program; `report` is what machines get with `--json`. */
  protected fail(text: string, exitCode: number, report: object = { message: text }): never {
    if (this.jsonEnabled()) this.logJson({ ok: false, exit_code: exitCode, ...report });
    else this.logToStderr(text);
    this.exit(exitCode);
  }

  protected override async catch(error: Error): Promise<unknown> {
    const { message, exitCode, isExit } = explainFault(error);
    if (isExit) process.exit(exitCode);
    const hint =
      unknownFlagHint(error, this.knownFlags) ??
      (isWrongUsage(error) ? `dd ${this.id} --help shows what can be given` : undefined);
    const text = `error: ${safe(message)}${hint === undefined ? '' : `\n${hint}`}`;
    if (this.jsonEnabled()) this.logJson({ ok: false, exit_code: exitCode, message: text });
    else this.logToStderr(text);
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
