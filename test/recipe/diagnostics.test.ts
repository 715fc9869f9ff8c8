import { describe, expect, it } from '@jest/globals';

import type { Diagnostic } from '../../src/core/problem.js';
import { renderDiagnostics, summarizeDiagnostics } from '../../src/cli/render/diagnostics.js';

const file = '/home/me/recipes/x.yaml';

/** Draws one mistake whose place is marked by « » in the text. */
function draw(marked: string, more: Partial<Diagnostic> = {}, width = 80): readonly string[] {
  const offset = marked.indexOf('«');
  const length = marked.indexOf('»') - offset - 1;
  const text = marked.replace(/[«»]/g, '');
  const diagnostic = {
    severity: 'error',
    code: 'some-code',
    message: 'it is wrong',
    file,
    span: { offset, length },
    ...more,
  } as const;
  const drawn = renderDiagnostics([diagnostic], { cwd: '/home/me', color: false, textOf: () => text, width });
  return drawn.trimEnd().split('\n');
}

describe('a drawn mistake', () => {
  it('says where and what, and underlines the very text', () => {
    expect(draw('a: 1\n  «promt»: |\n', { hint: 'did you mean `prompt`?' })).toEqual([
      'recipes/x.yaml:2:3 error it is wrong [some-code]',
      '    2 |   promt: |',
      '      |   ^^^^^ did you mean `prompt`?',
    ]);
  });

  it('shows the first line of what spans several', () => {
    expect(draw('a: «{ b: 1,\n  c: 2 }»\n').slice(1)).toEqual(['    1 | a: { b: 1,', '      |    ^^^^^^^']);
  });

  it('marks a place without length', () => {
    expect(draw('a: 1«»')).toEqual([
      'recipes/x.yaml:1:5 error it is wrong [some-code]',
      '    1 | a: 1',
      '      |     ^',
    ]);
  });

  it('stays aligned behind tabs, wide and combined characters', () => {
    expect(draw('\ta: 日本«x»')[1]).toBe('    1 |   a: 日本x');
    expect(draw('\ta: 日本«x»')[2]).toBe('      |          ^');
    expect(draw('😀 «日本»').at(-1)).toBe('      |    ^^^^');
    expect(draw('e\u0301 «x»').at(-1)).toBe('      |   ^');
  });

  it('lets no escape sequence through, from the text or from the words', () => {
    const drawn = draw('a: \u001b[31m«b»\u202e', { message: 'bad \u001b[2Jword', hint: 'a\u0007b' }).join(
      '\n',
    );
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(drawn).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(drawn).toContain('    1 | a: ·[31mb·');
  });

  it('cuts a long line down to the part that matters', () => {
    const [, line = '', carets = ''] = draw(`${'x'.repeat(300)} «here» ${'y'.repeat(300)}`, {}, 60);
    expect(line.length).toBeLessThanOrEqual(60);
    expect(line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('here');
    expect(line).toMatch(/…x+ here y+…$/);
  });

  it('has no line where the mistake is a flag or a whole file', () => {
    const view = { cwd: '/home/me', color: false, textOf: () => 'text' };
    const base = { severity: 'error', code: 'c', message: 'm' } as const;
    expect(renderDiagnostics([{ ...base, file: '--set a.b', hint: 'h' }], view)).toBe(
      '--set a.b error m [c]\n     h\n',
    );
    expect(renderDiagnostics([{ ...base, file }], view)).toBe('recipes/x.yaml error m [c]\n');
    expect(renderDiagnostics([{ ...base, file: '/etc/x.yaml' }], view)).toBe('/etc/x.yaml error m [c]\n');
  });

  it('is coloured only when asked to', () => {
    const view = { cwd: '/', color: true, textOf: () => undefined };
    const drawn = renderDiagnostics([{ severity: 'warning', code: 'c', message: 'm', file: '/f' }], view);
    expect(drawn).toContain('\u001b[33mwarning\u001b[39m');
  });
});

const of = (...severities: readonly Diagnostic['severity'][]): string =>
  summarizeDiagnostics(severities.map((severity) => ({ severity, code: 'c', message: 'm', file: 'f' })));

describe('the summary', () => {
  it('counts', () => {
    expect(of('error', 'error', 'error', 'warning')).toBe('3 errors, 1 warning');
    expect(of('error')).toBe('1 error');
    expect(of('warning', 'warning')).toBe('2 warnings');
    expect(of()).toBe('no mistakes found');
  });
});
