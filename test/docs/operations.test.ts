import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { projectDir } from '../rig/program.js';

const page = readFileSync(join(projectDir, 'docs/operations.md'), 'utf8');

/** Blocks that a sentence introduces as a file of the examples, or as a part of one. */
const quotes = [
  ...page.matchAll(/\]\(\.\.\/(examples\/operations\/[^)]+)\):\n\n```(?:yaml|bash)\n(.*?)^```$/gms),
].map(([, file = '', code = '']) => ({ file, code }));

it('docs/operations.md quotes four files', () => {
  expect(quotes.map(({ file }) => file.replace('examples/operations/', ''))).toEqual([
    'kubernetes/workers.yaml',
    'slurm/workers.sbatch',
    'kubernetes/partitions.yaml',
    'slurm/partitions.sbatch',
  ]);
});

it.each(quotes)('$file is as docs/operations.md quotes it', ({ file, code }) => {
  expect(readFileSync(join(projectDir, file), 'utf8')).toContain(code);
});
