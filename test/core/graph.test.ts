import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { allNeeds, findCycles, sortByNeeds, type Needs } from '../../src/core/graph.js';

const graph = (needs: Readonly<Record<string, readonly string[]>>): Needs => new Map(Object.entries(needs));

describe('sortByNeeds', () => {
  it('keeps the order where it can', () => {
    expect(sortByNeeds(graph({ d: ['b'], a: [], b: ['c'], c: [], e: [] })).sorted).toEqual([
      'a',
      'c',
      'b',
      'd',
      'e',
    ]);
    expect(sortByNeeds(graph({ a: [], b: [], c: ['a'] })).sorted).toEqual(['a', 'b', 'c']);
  });

  it('puts every node behind what it needs, whatever the graph', () => {
    const edges = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })));
    fc.assert(
      fc.property(edges, (pairs) => {
        const acyclic = pairs.filter(([from, to]) => from > to);
        const needs = new Map(
          [3, 1, 4, 0, 5, 9, 2, 6, 8, 7].map((node) => [
            String(node),
            acyclic.filter(([from]) => from === node).map(([, to]) => String(to)),
          ]),
        );
        const { sorted, stuck } = sortByNeeds(needs);
        expect(stuck).toEqual([]);
        expect(findCycles(needs)).toEqual([]);
        for (const [node, needed] of needs) {
          for (const other of needed) expect(sorted.indexOf(other)).toBeLessThan(sorted.indexOf(node));
        }
      }),
    );
  });

  it('ignores needs that are no nodes', () => {
    expect(sortByNeeds(graph({ a: ['seed'] })).sorted).toEqual(['a']);
  });
});

describe('findCycles', () => {
  it('names the shortest circle of each group once, from its first node', () => {
    expect(findCycles(graph({ a: ['b'], b: ['c', 'a'], c: ['a'], x: ['y'], y: ['x'], z: ['a'] }))).toEqual([
      ['a', 'b'],
      ['x', 'y'],
    ]);
  });

  it('finds a node that needs itself', () => {
    expect(findCycles(graph({ a: ['a'] }))).toEqual([['a']]);
  });
});

describe('allNeeds', () => {
  it('goes through others, and ends in circles', () => {
    expect([...allNeeds(graph({ a: ['b'], b: ['c'], c: ['b'], d: [] }), 'a')].sort()).toEqual(['b', 'c']);
  });
});
