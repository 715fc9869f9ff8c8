import { describe, expect, it } from '@jest/globals';

import { backtrackingRisk } from '../../src/sandbox/regex-safety.js';

describe('a regular expression', () => {
  it.each(['^(a+)+$', '(x+x+)+y', '^(a|a)*b$', '^(?:[a-z]+/?)+$', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
    'that never ends is named: %s',
    (pattern) => expect(backtrackingRisk(pattern)).toBe('exponential'),
  );

  it.each(['^\\S+@\\S+\\.\\S+$', '^.*foo.*bar.*$'])('that is slow on long texts is named: %s', (pattern) =>
    expect(backtrackingRisk(pattern)).toBe('polynomial'),
  );

  it.each([
    '^[a-z]+(-[a-z]+)*$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^(?:foo|bar)+baz$',
    '^https?://\\S+$',
    '^[\\w.+-]+@[\\w-]+\\.[\\w.-]+$',
    'TODO|FIXME',
    '\\s+$',
    '^(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}$',
    '(',
    `^${'(a+)+'.repeat(200)}$`,
  ])('that is fine, no pattern, or too long to analyse gets no warning: %s', (pattern) =>
    expect(backtrackingRisk(pattern)).toBeUndefined(),
  );
});
