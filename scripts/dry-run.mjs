/**
 * Dry-runs recipes, one after the other in this process. Fails at a mistake, a warning or a lost row.
 *
 *   npm run build && node scripts/dry-run.mjs recipes/*.yaml templates/*\/*.yaml
 *
 * Recipes with a param `trace_dir` read examples/traces. No dataset is kept.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRecipe, run } from '../dist/index.js';

const traces = fileURLToPath(new URL('../examples/traces', import.meta.url));
const artifactPath = await mkdtemp(join(tmpdir(), 'dd-dry-run-'));

/** What became of the recipe, in one line. */
async function dryRun(file) {
  const params = /^ {2}trace_dir:/m.test(await readFile(file, 'utf8')) ? { trace_dir: traces } : {};
  const recipe = await openRecipe(file, { params });
  const [found] = recipe.diagnostics;
  if (found) return { ok: false, line: `${found.severity} ${found.message} [${found.code}]` };
  const made = await run(recipe, { dryRun: true, artifactPath, datasetName: basename(file, '.yaml') });
  if (!made.ok) return { ok: false, line: made.error.message };
  const { exitCode, metadata } = made.value;
  const { done, failed } = metadata.rows;
  return { ok: exitCode === 0 && done > 0, line: `${done} rows done, ${failed} failed` };
}

try {
  for (const file of process.argv.slice(2)) {
    const { ok, line } = await dryRun(file);
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${file}: ${line}\n`);
    if (!ok) process.exitCode = 1;
  }
} finally {
  await rm(artifactPath, { recursive: true, force: true });
}
