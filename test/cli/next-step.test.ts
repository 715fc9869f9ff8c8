import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { programName } from '../../src/cli/program-name.js';
import { nextStep } from '../../src/cli/render/next-step.js';
import type { RunOutcome } from '../../src/run/request.js';

const outcome = (over: object, rows: object = {}, fabricated = false): RunOutcome =>
  ({
    dataset: join(process.cwd(), 'artifacts', 'mine'),
    stopped: undefined,
    metadata: {
      fabricated,
      usage: [{ columns: ['a'] }],
      rows: { done: 3, failed: 0, skipped: 0, filtered: 0, unfinished: 0, ...rows },
    },
    ...over,
  }) as unknown as RunOutcome;

const typed = (...argv: readonly string[]) => ({ program: 'dd', command: 'run', argv });

describe('what to type next', () => {
  it('is a preview with models after a dry run, with the flags that were typed', () => {
    expect(nextStep(outcome({}, {}, true), typed('r.yaml', '--dry-run', '--set', 'a b=1'))).toBe(
      "next: dd run r.yaml --set 'a b=1' --preview --num-records 3  (asks the models for three rows)",
    );
    const metadata = { ...outcome({}, {}, true).metadata, usage: [] };
    expect(nextStep(outcome({ metadata }), typed('r.yaml', '--dry-run'))).toBe('next: dd run r.yaml');
  });

  it('is the whole run after a preview', () => {
    const argv = typed('r.yaml', '--preview', '--num-records', '3', '--shuffle');
    expect(nextStep(outcome({ dataset: undefined }), argv)).toBe('next: dd run r.yaml --shuffle');
    const program = 'node bin/run.js';
    expect(nextStep(outcome({ dataset: undefined }), { ...argv, program })).toContain(`next: ${program} run`);
  });

  it('is a retry of failed cells, else an export', () => {
    expect(nextStep(outcome({}, { failed: 1 }), typed('r.yaml'))).toContain('next: dd retry artifacts/mine');
    expect(nextStep(outcome({}), typed('r.yaml'))).toBe('next: dd export artifacts/mine --format csv');
  });

  it('is nothing where there is nothing to do, or the run says itself how it continues', () => {
    expect(nextStep(outcome({}, { done: 0 }), typed('r.yaml'))).toBeUndefined();
    expect(
      nextStep(outcome({ dataset: undefined }, { done: 0, failed: 3 }), typed('r.yaml')),
    ).toBeUndefined();
    expect(nextStep(outcome({ stopped: { kind: 'interrupted' } }), typed('r.yaml'))).toBeUndefined();
  });
});

describe('the program in what to type', () => {
  it.each([
    ['dd', '/usr/local/bin/dd'],
    ['dd-recipes', '/usr/local/bin/dd-recipes'],
    ['npx dd-recipes', '/project/node_modules/.bin/dd-recipes'],
    ['node bin/run.js', '/clone/bin/run.js'],
    ['node /other/bin/run.js', '/other/bin/run.js'],
    ['dd', '/usr/lib/node_modules/dd-recipes/bin/run.js'],
  ])('is %s', (name, called) => {
    expect(programName(called, '/clone')).toBe(name);
  });
});
