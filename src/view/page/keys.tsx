import type { VNode } from 'preact';
import { editing } from './review.js';
import { review, shownRecord } from './saving.js';
import { compareWithNext, current, move, record, select, selected, tab } from './state.js';

const KEYS = [
  ['j, ↓', 'next row'],
  ['k, ↑', 'previous row'],
  ['y', 'keep, or take it back'],
  ['x', 'drop, or take it back'],
  ['e', 'correct the answer'],
  ['s', 'score: digits go from one score to the next'],
  ['m', 'note'],
  ['c', 'compare with the next dataset, or stop comparing'],
  ['/', 'search'],
  ['f', 'filter'],
  ['Esc', 'close the row'],
  ['?', 'these keys'],
] as const;

/** The list of keys. */
export function Help(): VNode {
  return (
    <dialog id="help" aria-label="Keys">
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([key, text]) => (
          <div>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button class="strong">Close</button>
      </form>
    </dialog>
  );
}

export const openHelp = (): void => document.querySelector<HTMLDialogElement>('#help')?.showModal();

/** Keys of the page, unless something is typed. */
export function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    const { target, key, ctrlKey, metaKey, altKey, repeat } = event;
    if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return;
    if (isField(target) || tab.value !== 'rows' || !isKey(key)) return;
    event.preventDefault();
    // A key that is held down does not go on after it is let go.
    if (!repeat || !isActing) void press(key);
  });
}

const waiting: Key[] = [];
let isActing = false;

/**
 * Does what a key does, once what the keys before it do is done: "j, y" keeps the next row, however long that row takes
 * to come. When one opens a field to type in, the keys after it are forgotten: they were meant for the field.
 */
export async function press(key: Key): Promise<void> {
  waiting.push(key);
  if (isActing) return;
  isActing = true;
  try {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await ACTIONS[next]();
      if (isField(document.activeElement)) waiting.length = 0;
    }
  } finally {
    waiting.length = 0;
    isActing = false;
  }
}

const isField = (target: unknown): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select') !== null;

const focus = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

const judge = (verdict: 'keep' | 'drop'): void =>
  review({ verdict: shownRecord.value?.review?.verdict === verdict ? null : verdict });

const ACTIONS = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  y: () => judge('keep'),
  x: () => judge('drop'),
  e() {
    const texts = (current.value?.columns ?? []).filter(
      ({ group, path }) => group === 'made' && typeof record.value?.value[path] === 'string',
    );
    editing.value = texts.at(-1)?.path;
  },
  s: () => focus('.own-score button'),
  m: () => focus('#note'),
  c: compareWithNext,
  '/': () => focus('#search'),
  f: () => document.querySelector<HTMLElement>('#new-filter')?.click(),
  Escape: () => (selected.value === undefined ? undefined : select(undefined, 'push')),
  '?': openHelp,
} satisfies Readonly<Record<string, () => unknown>>;

type Key = keyof typeof ACTIONS;

const isKey = (key: string): key is Key => Object.hasOwn(ACTIONS, key);
