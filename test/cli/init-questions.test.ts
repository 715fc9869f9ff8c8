import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { templateGroups } from '../../src/authoring/templates.js';
import { askInitChoice, type InitChoice } from '../../src/cli/init-questions.js';

/** Everything that is typed, and then the end of it. */
async function conversation(
  typed: string,
  name?: string,
): Promise<{ readonly wanted: InitChoice | undefined; readonly said: string }> {
  const input = new PassThrough();
  const output = new PassThrough();
  input.end(typed);
  const wanted = await askInitChoice({ input, output }, name);
  output.end();
  return { wanted, said: await text(output) };
}

describe('dd init at a terminal', () => {
  it('shows the templates, and takes the first and its name for two empty lines', async () => {
    const { wanted, said } = await conversation('\n\n');
    expect(wanted).toEqual({ template: 'agent-rollout', name: 'agent-rollout' });
    expect(said).toMatch(
      /^From your own data\n +1 {2}agent-rollout +\S.+\n +2 {2}from-csv +\S.+\n +3 {2}judge-only +\S.+\n/,
    );
    expect(said).toMatch(/\n\nTemplate \[1\]: Name \[agent-rollout\]: $/);
  });

  it('has one line for each template, with its number and a summary that begins in one column', async () => {
    const { said } = await conversation('');
    const lines = said.split('\n').filter((line) => /^ +\d/.test(line));
    const names = templateGroups().flatMap(({ names: own }) => own);
    expect(lines.map((line) => line.trim().split(/ +/, 2))).toEqual(
      names.map((name, at) => [String(at + 1), name]),
    );
    expect(new Set(lines.map((line) => line.lastIndexOf('  '))).size).toBe(1);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([
    ['a number', '2\ntickets\n'],
    ['a name', 'from-csv\ntickets\n'],
    ['blanks around them', '  2 \n tickets\t\n'],
    ['no line break at the end', '2\ntickets'],
  ])('takes the template by %s', async (_how, typed) => {
    expect((await conversation(typed)).wanted).toEqual({ template: 'from-csv', name: 'tickets' });
  });

  it('asks only for what was not typed', async () => {
    const { wanted, said } = await conversation('3\n', 'pairs');
    expect(wanted).toEqual({ template: 'judge-only', name: 'pairs' });
    expect(said).not.toContain('Name [');
  });

  it('asks again until it is a template that there is', async () => {
    const { wanted, said } = await conversation('0\n99\nfrom-cvs\n\u001b[31m\n2\nx\n');
    expect(wanted).toEqual({ template: 'from-csv', name: 'x' });
    for (const answer of ['0', '99', 'from-cvs', ''])
      expect(said).toContain(`there is no template \`${answer}\`: type a number or a name\n`);
    expect(said).not.toContain('\u001b');
  });

  it.each([
    ['at once', ''],
    ['after the template', '2\n'],
    ['after a template that there is not', 'nope\n'],
  ])('wants nothing where the answers end %s', async (_when, typed) => {
    expect((await conversation(typed)).wanted).toBeUndefined();
  });
});
