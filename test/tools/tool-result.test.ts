import { describe, expect, it } from '@jest/globals';
import { programEnvironment, secretsOf } from '../../src/tools/environment.js';
import { commandLine, fingerprint } from '../../src/tools/provider.js';
import { readToolResult } from '../../src/tools/tool-result.js';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

describe('a result of a tool', () => {
  it('is its text and its images, whose type is that of their bytes; all else is text', () => {
    const result = readToolResult({
      content: [
        { type: 'text', text: 'seen' },
        { type: 'image', data: PNG, mimeType: 'image/jpeg' },
        { type: 'image', data: 'bm8=', mimeType: 'image/png' },
        { type: 'resource', resource: { uri: 'file:///a', text: 'inside' } },
        { type: 'resource_link', uri: 'file:///b', name: 'b' },
        { type: 'audio', data: 'AAAA', mimeType: 'audio/wav' },
      ],
    });
    expect(result.media).toMatchObject([{ modality: 'image', mime: 'image/png' }]);
    expect(result.text.split('\n')).toEqual([
      'seen',
      expect.stringContaining('an image that is not shown'),
      'inside',
      '{"type":"resource_link","uri":"file:///b","name":"b"}',
      '[audio, 4 characters of base64]',
    ]);
  });

  it('that is nested without end is an error', () => {
    const deep = JSON.parse(`${'['.repeat(60_000)}${']'.repeat(60_000)}`) as never;
    for (const result of [
      { content: deep },
      { structuredContent: deep },
      { content: [{ type: 'odd', deep }] },
    ])
      expect(readToolResult(result)).toEqual({
        text: 'Error: the result is nested too deeply',
        isError: true,
      });
  });

  it('that is huge is cut, one that failed says so, and structured content stands in for none', () => {
    const huge = readToolResult({ content: [{ type: 'text', text: 'x'.repeat(150_000) }] }).text;
    expect(huge).toMatch(/x\n\[50000 more characters are not shown\]$/);
    expect(readToolResult({ isError: true, content: [{ type: 'text', text: 'no' }] })).toEqual({
      text: 'Error: no',
      isError: true,
    });
    const odd = JSON.parse('{"__proto__":{"polluted":1}}') as never;
    expect(readToolResult({ structuredContent: odd }).text).toBe('{"__proto__":{"polluted":1}}');
    expect(({} as { readonly polluted?: number }).polluted).toBeUndefined();
    expect(readToolResult({ content: 'text' as never }).text).toBe('');
  });
});

describe('a program', () => {
  const provider = {
    name: 'p',
    provider_type: 'stdio' as const,
    command: './a b',
    args: ['--x', "it's", '\u001b[2J\u202e'],
    env: { KEY: '${SECRET}' },
  };

  it('is shown on one line that no terminal obeys', () => {
    expect(commandLine(provider)).toBe(
      String.raw`KEY='${'${SECRET}'}' './a b' --x 'it'\''s' $'\u{1b}[2J\u{202e}'`,
    );
  });

  it('is shown by both its ends and its length where it is long, so that nothing goes unnoticed in its middle', () => {
    const args = ['a'.repeat(400), 'b'.repeat(5000), ' … ', 'rm', '-rf'];
    const shown = commandLine({ ...provider, env: {}, args });
    expect(shown).toMatch(
      /^'\.\/a b' a{400} b+ … \[\d+ of 54\d\d characters are not shown\] … b+ \$' \\u\{2026\} ' rm -rf$/,
    );
    expect(shown.length).toBeLessThan(1100);
    // What marks the gap is in no command.
    expect(shown.split('…')).toHaveLength(3);
  });

  it('is known by its command, arguments, environment and folder, and not by its name', () => {
    const print = fingerprint(provider, '/here');
    expect(fingerprint({ ...provider, name: '../q' }, '/here')).toBe(print);
    for (const other of [{ command: './a' }, { args: [] }, { env: {} }])
      expect(fingerprint({ ...provider, ...other }, '/here')).not.toBe(print);
    expect(fingerprint(provider, '/there')).not.toBe(print);
  });

  it('has the variables that a program needs and those that it names', () => {
    const env = { PATH: '/bin', OPENAI_API_KEY: 'sk-1', SECRET: 'long-enough', HTTPS_PROXY: 'http://u:p@x' };
    expect(programEnvironment(provider.env, env)).toEqual({ PATH: '/bin', KEY: 'long-enough' });
    expect(secretsOf(provider, env)).toEqual(['long-enough']);
  });
});
