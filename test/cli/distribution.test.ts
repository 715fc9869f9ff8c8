import { describe, expect, it } from '@jest/globals';
import { createDistribution } from '../../src/cli/render/distribution.js';
import type { JsonObject } from '../../src/core/json.js';

const linesOf = (rows: readonly JsonObject[], seed: readonly string[] = []): readonly string[] => {
  const distribution = createDistribution();
  for (const row of rows) distribution.add(row);
  const names = Object.keys(rows[0] ?? {});
  return distribution.lines(
    names.map((name) => ({ name, schema: {}, from: seed.includes(name) ? 'seed' : 'column' })),
    80,
  );
};

describe('counts at the end of a run', () => {
  it('are by verdict, label and score, the best score first', () => {
    const row = (score: number, label: string): JsonObject => ({
      judge: { tone: { reasoning: 'x', score }, depth: { reasoning: 'y', score: 1 } },
      label,
      good: score > 2,
      tone_score: score,
      text: `all different ${Math.random()}`,
    });
    expect(linesOf([row(1, 'low'), row(3, 'high'), row(3, 'high'), row(2, 'low')])).toEqual([
      'tone   █▅▅  3: 2, 2: 1, 1: 1  mean 2.25',
      'depth  1: 4  mean 1',
      'label  low: 2, high: 2',
      'good   false: 2, true: 2 (50 %)',
    ]);
  });

  it('leave out the seed, texts, and numbers with many values', () => {
    const rows = Array.from({ length: 40 }, (_, at) => ({ kind: 'a', many: at, note: `n ${at}`, same: 'x' }));
    expect(linesOf(rows, ['kind'])).toEqual([]);
    expect(linesOf([])).toEqual([]);
  });

  it('have numbers where no judge gives scores', () => {
    expect(linesOf([{ stars: 1 }, { stars: 5 }, { stars: 5 }])).toEqual(['stars  █▅  5: 2, 1: 1  mean 3.67']);
  });
});
