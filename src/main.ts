import { fileURLToPath } from 'node:url';
import { isForSystemDd, runSystemDd } from './system-dd.js';
import { version } from './version.js';

/** The program: `bin/run.js` calls this with the arguments after its own name. */
export async function main(argv: readonly string[], self: string): Promise<void> {
  if (isForSystemDd(argv)) {
    process.exitCode = runSystemDd(argv, fileURLToPath(self));
    return;
  }
  // Asked by scripts and by every bug report; needs none of the framework.
  if (argv.length === 1 && argv[0] === '--version') {
    process.stdout.write(`${version()}\n`);
    return;
  }
  // LMDB rejects promises that nobody holds; a full disk must not look like a crash.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error) => void dieOfFault(error));
  const { execute } = await import('./cli/execute.js');
  await execute({ args: [...argv], dir: self });
}

async function dieOfFault(error: unknown): Promise<void> {
  const { explainFault } = await import('./cli/faults.js');
  const { message, exitCode } = explainFault(error instanceof Error ? error : new Error(String(error)));
  process.stderr.write(`error: ${message}\n`);
  process.exit(exitCode);
}
