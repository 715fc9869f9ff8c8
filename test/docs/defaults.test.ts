import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DEFAULTS } from '../../src/core/defaults.js';
import { projectDir } from '../rig/program.js';

/** A number that a page gives as the default of a key. */
interface Mention {
  readonly page: string;
  readonly key: string;
  readonly value: number;
}

/** `key: 1   # default`, `key: 16   # in flight at once; default 4`. */
const IN_YAML = /^ *(?<key>\w+): *(?<value>[\d.]+) *#.*?\bdefault\b(?: (?<other>[\d.]*\d))?/gm;

/** `max_tokens`. The default is 8192 */
const IN_TEXT = /`(?<key>\w+)`\. The default is (?<value>[\d.]*\d)/g;

const pages = readdirSync(join(projectDir, 'docs')).filter((name) => name.endsWith('.md'));

const mentions = pages.flatMap((page): Mention[] => {
  const text = readFileSync(join(projectDir, 'docs', page), 'utf8');
  return [...text.matchAll(IN_YAML), ...text.matchAll(IN_TEXT)].map(({ groups = {} }) => ({
    page,
    key: groups['key'] ?? '',
    value: Number(groups['other'] ?? groups['value']),
  }));
});

const defaults: ReadonlyMap<string, number> = new Map(Object.entries(DEFAULTS));

describe('the defaults in the documentation', () => {
  it.each(mentions.filter(({ key }) => defaults.has(key)))('$page: $key', ({ key, value }) => {
    expect(value).toBe(defaults.get(key));
  });

  it('are found', () => {
    expect(mentions.map(({ key }) => key)).toEqual(
      expect.arrayContaining([
        'max_parallel_requests',
        'max_conversation_correction_steps',
        'max_conversation_restarts',
        'shutdown_error_rate',
        'shutdown_error_window',
        'max_tokens',
      ]),
    );
  });
});
