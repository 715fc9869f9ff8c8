import { fileURLToPath } from 'node:url';
import { isForSystemDd, runSystemDd } from './cli/system-dd.js';
import { version } from './core/package-folder.js';

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
  // LMDB rejects promises that no code waits for; a full disk must not look like a crash.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const)
    process.on(event, (error) => void die(error, argv));
  const { watchHeap } = await import('./cli/heap-watch.js');
  watchHeap((text) => void process.stderr.write(`\n${text}\n`));
  const { execute } = await import('./cli/execute.js');
  await execute({ args: [...argv], dir: self });
}

async function die(error: unknown, argv: readonly string[]): Promise<void> {
  const { dieOfFault } = await import('./cli/faults.js');
  dieOfFault(error, argv);
}
