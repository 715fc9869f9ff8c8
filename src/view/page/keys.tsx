import type { VNode } from 'preact';
import { editing } from './review.js';
import { compareWithNext, current, move, record, review, select, selected, tab } from './state.js';

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
    const { target, key, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return;
    if (target instanceof HTMLElement && target.closest('input, textarea, select')) return;
    const act = Object.hasOwn(ACTIONS, key) ? ACTIONS[key] : undefined;
    if (!act || tab.value !== 'rows') return;
    event.preventDefault();
    act();
  });
}

const focus = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();

const judge = (verdict: 'keep' | 'drop'): void =>
  void review({ verdict: record.value?.review?.verdict === verdict ? null : verdict });

const ACTIONS: Readonly<Record<string, () => void>> = {
  j: () => void move(1),
  ArrowDown: () => void move(1),
  k: () => void move(-1),
  ArrowUp: () => void move(-1),
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
  Escape: () => selected.value !== undefined && void select(undefined, 'push'),
  '?': openHelp,
};
