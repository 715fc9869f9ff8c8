import type { Registries } from '../plugins/registries.js';
import { existsSync } from 'node:fs';
import { Command } from '@oclif/core';
import { EXIT } from '../run/status.js';
import { didYouMean } from '../core/suggest.js';
import { jsonDocument } from './render/json-document.js';
import type { ReportedDiagnostic } from './render/report/types.js';
import { asksForJson, documentOf, refusalOf, renderRefusal, type Refusal } from './document.js';
import { explainFault } from './faults.js';

/** Base class of all commands: how they end and report errors, for people and with `--json`. */
export abstract class DdCommand extends Command {
  /** True if `--format json` means `--json`. */
  protected static readonly hasJsonFormat: boolean = false;

  /** All flags that this command accepts, including the recipe's params. */
  protected knownFlags: readonly string[] = Object.keys(this.ctor.flags ?? {});

  /** Diagnostics of the recipe, for `--json`. They are already printed for people. */
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

  /** Prints an error and ends the program. `drawn` is the text for people, if the message alone is not enough. */
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

  /** The built-in types and those of plugins that were named on the command line. */
  protected async registriesWith(plugins: readonly string[]): Promise<Registries> {
    const { builtInRegistries } = await import('../plugins/registries.js');
    if (plugins.length === 0) return builtInRegistries;
    const { loadPlugins } = await import('../plugins/load-plugins.js');
    // A file needs no `./` here, as in any shell.
    const specifiers = plugins.map((typed) =>
      /^\w/.test(typed) && existsSync(typed) ? `./${typed}` : typed,
    );
    const { registries, problems } = await loadPlugins(specifiers, {
      from: `${process.cwd()}/`,
      allow: true,
      env: process.env,
      builtIn: builtInRegistries,
    });
    const [problem] = problems;
    return problem ? this.fail(problem) : registries;
  }

  /** The result of a command that did its work, with an error if part of it failed. */
  protected endedWith(exitCode: number, own: object, error: Refusal | undefined): object {
    process.exitCode = exitCode;
    return { ...(error && { error: refusalOf(error) }), ...own };
  }

  protected override async catch(error: Error): Promise<unknown> {
    const { message, exitCode, isExit } = explainFault(error);
    if (isExit) return exitAfterFlush(exitCode);
    const hint =
      unknownFlagHint(error, this.knownFlags) ??
      (isWrongUsage(error) ? `dd ${this.id} --help shows all arguments and flags` : undefined);
    const refusal = { message, ...(hint !== undefined && { hint }) };
    if (this.jsonEnabled()) this.logJson(documentOf(exitCode, this.diagnostics, { error: refusal }));
    else this.logToStderr(renderRefusal(refusal));
    // Exit at once: if the answer store could not be written, LMDB may crash the process in a moment.
    process.exit(exitCode);
  }
}

/** True for oclif's own usage errors, which all end like this. */
const isWrongUsage = (error: Error): boolean => error.message.endsWith('See more help with --help');

/** A suggestion for an unknown flag, which oclif names in its error. */
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

/** Ends the program after stdout and stderr are written, so that no output is cut off. */
async function exitAfterFlush(exitCode: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(flush));
  process.exit(exitCode);
}

/** Resolves when a stream is written, or if its reader has gone. */
function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writable) stream.write('', () => resolve());
    else resolve();
  });
}
