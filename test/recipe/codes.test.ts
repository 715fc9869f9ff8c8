import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { CODE_GROUPS, CODES } from '../../src/recipe/codes.js';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** Rooms whose files report mistakes of recipes. */
const ROOMS = [
  'authoring',
  'cli',
  'columns',
  'engine',
  'json-schema',
  'plugins',
  'processors',
  'recipe',
  'run',
  'samplers',
  'seeds',
  'template',
  'traces',
  'validators',
];

function reportedCodes(): ReadonlySet<string> {
  const files = ROOMS.flatMap((room) =>
    readdirSync(`${source}${room}`, { recursive: true, encoding: 'utf8' }).map((name) => `${room}/${name}`),
  );
  const texts = files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(source + name, 'utf8'));
  const plain = texts.flatMap((text) => [...text.matchAll(/\bcode: '([a-z]+(?:-[a-z]+)*)'/g)]);
  const composed = texts.flatMap((text) => [
    ...text.matchAll(/\bcode: `([a-z-]+)\$\{[^'`]*'(?:[^']*)' \? '([a-z]+)' : '([a-z]+)'\}`/g),
  ]);
  return new Set([
    ...plain.map(([, code = '']) => code),
    ...composed.flatMap(([, start = '', a = '', b = '']) => [start + a, start + b]),
  ]);
}

describe('the list of codes', () => {
  it('has every code that is reported anywhere, and no other', () => {
    expect([...CODES.keys()].sort()).toEqual([...reportedCodes()].sort());
  });

  it('has each code in one chapter only', () => {
    expect(CODES.size).toBe(CODE_GROUPS.reduce((sum, { codes }) => sum + codes.size, 0));
  });

  it.each([...CODES])(
    'says of %s what is wrong, why, and what to do',
    (_code, { title, why, wrong, right, todo }) => {
      expect(title).toMatch(/^.{8,70}[^.]$/);
      for (const sentence of [why, todo]) expect(sentence).toMatch(/^[A-Z`].{8,220}\.$/);
      expect(wrong).not.toBe(right);
    },
  );
});
