import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { showPages, type Pages, type Terminal } from '../../src/cli/pager.js';

const ROWS = 4;

/** A terminal of 40 columns and 4 rows that notes what happens to it. */
function terminal(columns = 40): {
  readonly terminal: Terminal;
  /** `null` ends the input. */
  readonly press: (keys: string | null) => void;
  readonly raw: boolean[];
  readonly screen: () => readonly string[];
  readonly written: () => string;
  readonly listeners: () => number;
} {
  const raw: boolean[] = [];
  const written: string[] = [];
  const input = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean) => raw.push(isRaw) });
  const output = Object.assign(new PassThrough(), { columns, rows: ROWS });
  output.on('data', (chunk: Buffer) => written.push(chunk.toString()));
  return {
    terminal: { input, output },
    press: (keys) => void (keys === null ? input.end() : input.write(keys)),
    raw,
    written: () => written.join(''),
    // The last drawing, without its escape sequences.
    screen: () =>
      stripVTControlCharacters(written.findLast((text) => text.startsWith('\u001b[H')) ?? '').split('\r\n'),
    listeners: () =>
      input.listenerCount('keypress') + output.listenerCount('resize') + process.listenerCount('SIGTERM'),
  };
}

const numbered =
  (length: number, lines = 2): Pages =>
  async (index) =>
    index < length
      ? {
          title: `page ${index}`,
          text: () => Array.from({ length: lines }, (_, at) => `${index}.${at}`).join('\n'),
        }
      : undefined;

const RIGHT = '\u001b[C';
const LEFT = '\u001b[D';
const DOWN = '\u001b[B';

describe('the pager', () => {
  it.each([
    ['n goes on, p goes back', 'nnpq', 'page 1'],
    ['so do the arrows', `${RIGHT}${RIGHT}${LEFT}q`, 'page 1'],
    ['neither leaves the first page', 'pq', 'this is the first · page 0'],
    ['nor the last', 'nnnq', 'this is the last · page 2'],
    ['other keys do nothing', 'xq', 'page 0'],
  ])('%s', async (_what, keys, expected) => {
    const { terminal: screen, press, screen: drawn } = terminal();
    const shown = showPages(screen, numbered(3));
    press(keys);
    expect(await shown).toBe('quit');
    expect(drawn().at(-1)).toContain(expected);
  });

  it('begins with the page that was asked for, and goes to the ones before it', async () => {
    const { terminal: screen, press, screen: drawn } = terminal();
    const shown = showPages(screen, numbered(9), 5);
    press('pq');
    await shown;
    expect(drawn()[0]).toBe('4.0');
  });

  it.each([
    ['down', DOWN, '0.1'],
    ['a screen down', ' ', '0.3'],
    ['to the end, and no further', 'GG ', '0.7'],
    ['to the top again', 'Gg', '0.0'],
    ['not above the top', 'kk', '0.0'],
  ])('scrolls %s', async (_where, keys, first) => {
    const { terminal: screen, press, screen: drawn } = terminal();
    const shown = showPages(screen, numbered(1, 10));
    press(`${keys}q`);
    await shown;
    expect(drawn()[0]).toBe(first);
    expect(drawn()).toHaveLength(ROWS);
  });

  it('cuts its last line to the width of the terminal', async () => {
    const { terminal: screen, press, screen: drawn } = terminal(12);
    const shown = showPages(screen, numbered(1));
    press('q');
    await shown;
    expect(drawn().at(-1)).toHaveLength(12);
  });

  const restored = '\u001b[?25h\u001b[?7h\u001b[?1049l';

  it.each([
    ['q', 'q', 'quit'],
    ['Ctrl-C', '\u0003', 'interrupted'],
  ])('leaves the terminal as it was after %s', async (_how, keys, ended) => {
    const before = process.listenerCount('SIGTERM');
    const { terminal: screen, press, raw, written, listeners } = terminal();
    const shown = showPages(screen, numbered(1));
    press(keys);
    expect(await shown).toBe(ended);
    expect(raw).toEqual([true, false]);
    expect(written().endsWith(restored)).toBe(true);
    expect(listeners()).toBe(before);
  });

  it('leaves the terminal as it was after a termination signal', async () => {
    const { terminal: screen, raw, written } = terminal();
    const shown = showPages(screen, numbered(1));
    await new Promise(setImmediate);
    process.emit('SIGTERM', 'SIGTERM');
    expect(await shown).toBe('interrupted');
    expect(raw).toEqual([true, false]);
    expect(written().endsWith(restored)).toBe(true);
  });

  it('leaves the terminal as it was when a page cannot be read, or drawn', async () => {
    const broken: readonly Pages[] = [
      async (index) => {
        if (index > 0) throw new Error('damaged');
        return { title: '', text: () => '' };
      },
      async (index) => ({
        title: '',
        text: () => {
          if (index > 0) throw new Error('damaged');
          return '';
        },
      }),
    ];
    for (const pages of broken) {
      const { terminal: screen, press, raw, written } = terminal();
      const shown = showPages(screen, pages);
      press('n');
      await expect(shown).rejects.toThrow('damaged');
      expect(raw).toEqual([true, false]);
      expect(written().endsWith(restored)).toBe(true);
    }
  });

  it('ends with its input', async () => {
    const { terminal: screen, press, raw } = terminal();
    const shown = showPages(screen, numbered(1));
    press(null);
    expect(await shown).toBe('quit');
    expect(raw).toEqual([true, false]);
  });

  it('is drawn again in the new size', async () => {
    const { terminal: screen, press, screen: drawn } = terminal();
    const shown = showPages(screen, async () => ({ title: 't', text: (width) => `${width} wide` }));
    await new Promise(setImmediate);
    Object.assign(screen.output, { columns: 20, rows: 6 });
    screen.output.emit('resize');
    expect(drawn()[0]).toBe('20 wide');
    expect(drawn()).toHaveLength(6);
    press('q');
    await shown;
  });
});
