/**
 * A pager for records, in the terminal's alternate screen, with the keys of `less`. One record is shown at a time;
 * the terminal is as it was before when the pager ends, however it ends.
 */
import { emitKeypressEvents } from 'node:readline';
import { cut } from './render/text.js';

/** A terminal: `process.stdin` and `process.stdout`. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream & { setRawMode(isRaw: boolean): unknown };
  readonly output: NodeJS.WritableStream & { readonly columns: number; readonly rows: number };
}

/** A record that is shown. */
export interface Page {
  /** For the last line of the screen: `row 3 of 29`. */
  readonly title: string;
  /** Lines that are safe to print. */
  text(width: number): string;
}

/** The pages, by position from 0; `undefined` behind the last. */
export type Pages = (index: number) => Promise<Page | undefined>;

type Key = { readonly name?: string; readonly ctrl?: boolean; readonly sequence?: string };

type Action = 'next' | 'previous' | 'down' | 'up' | 'screen-down' | 'screen-up' | 'top' | 'bottom' | 'quit';

const KEYS: Readonly<Record<string, Action>> = {
  n: 'next',
  right: 'next',
  p: 'previous',
  left: 'previous',
  down: 'down',
  j: 'down',
  return: 'down',
  up: 'up',
  k: 'up',
  space: 'screen-down',
  pagedown: 'screen-down',
  b: 'screen-up',
  pageup: 'screen-up',
  g: 'top',
  home: 'top',
  end: 'bottom',
  q: 'quit',
  escape: 'quit',
};

const HELP = 'n next · p previous · ↑↓ scroll · q quit';

/** Shows pages until the person leaves. Begins with page `start`, which must exist. */
export async function showPages(
  { input, output }: Terminal,
  pages: Pages,
  start = 0,
): Promise<'quit' | 'interrupted'> {
  let index = start;
  let page = await pages(start);
  let top = 0;
  let notice = '';
  const height = (): number => Math.max(1, output.rows - 1);
  let drawn: { page: Page | undefined; width: number; lines: readonly string[] } | undefined;
  const linesOf = (): readonly string[] => {
    const width = output.columns;
    if (drawn?.page !== page || drawn?.width !== width)
      drawn = { page, width, lines: page?.text(width).split('\n') ?? [] };
    return drawn.lines;
  };
  const draw = (): void => {
    const lines = linesOf();
    top = Math.max(0, Math.min(top, lines.length - height()));
    const shown = lines.slice(top, top + height());
    const blank = Array.from({ length: height() - shown.length }, () => '');
    const hidden = lines.length - top - shown.length;
    const status = [notice, page?.title, hidden > 0 && `${hidden} more lines`, HELP]
      .filter(Boolean)
      .join(' · ');
    const text = [...shown, ...blank].map((line) => `${line}${CLEAR_LINE}\r\n`).join('');
    output.write(`${HOME}${text}${REVERSE}${cut(` ${status} `, output.columns)}${NORMAL}${CLEAR_LINE}`);
    notice = '';
  };
  const turn = async (by: number): Promise<void> => {
    const next = index + by < 0 ? undefined : await pages(index + by);
    if (next) [page, index, top] = [next, index + by, 0];
    else notice = by < 0 ? 'this is the first' : 'this is the last';
  };
  const act = async (action: Action): Promise<void> => {
    if (action === 'next') await turn(1);
    else if (action === 'previous') await turn(-1);
    else if (action === 'down') top += 1;
    else if (action === 'up') top -= 1;
    else if (action === 'screen-down') top += height();
    else if (action === 'screen-up') top -= height();
    else if (action === 'top') top = 0;
    else top = Infinity;
  };
  const keys = openKeys(input);
  output.on('resize', draw);
  output.write(`${ENTER}${NO_WRAP}${HIDE_CURSOR}`);
  try {
    draw();
    for await (const key of keys.pressed) {
      if (key === 'interrupted' || (key.ctrl && key.name === 'c')) return 'interrupted';
      const action = key.sequence === 'G' ? 'bottom' : KEYS[key.name ?? ''];
      if (action === 'quit') return 'quit';
      if (action) await act(action);
      draw();
    }
    return 'quit';
  } finally {
    output.off('resize', draw);
    keys.close();
    output.write(`${SHOW_CURSOR}${WRAP}${LEAVE}`);
  }
}

interface Keys {
  /** Ends with the input. */
  readonly pressed: AsyncIterable<Key | 'interrupted'>;
  /** Leaves raw mode and lets the program end. */
  close(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The keys as they are pressed, in raw mode, and the signals that end a program. */
function openKeys(input: Terminal['input']): Keys {
  const waiting: (Key | 'interrupted' | 'end')[] = [];
  let wake = (): void => undefined;
  const add = (key: Key | 'interrupted' | 'end'): void => {
    waiting.push(key);
    wake();
  };
  const onKey = (_text: unknown, key: Key): void => add(key);
  const onSignal = (): void => add('interrupted');
  const onEnd = (): void => add('end');
  emitKeypressEvents(input);
  input.on('keypress', onKey);
  input.on('end', onEnd);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  input.setRawMode(true);
  input.resume();
  async function* pressed(): AsyncGenerator<Key | 'interrupted'> {
    for (;;) {
      const key = waiting.shift();
      if (key === 'end') return;
      if (key !== undefined) yield key;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    pressed: pressed(),
    close() {
      input.setRawMode(false);
      input.off('keypress', onKey);
      input.off('end', onEnd);
      for (const signal of SIGNALS) process.off(signal, onSignal);
      input.pause();
    },
  };
}

const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const REVERSE = '\u001b[7m';
const NORMAL = '\u001b[0m';
