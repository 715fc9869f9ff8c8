import type { VNode } from 'preact';

const PATHS = {
  keep: 'M3 8.5l3.2 3.2L13 5',
  drop: 'M4 4l8 8M12 4l-8 8',
  note: 'M3 4h10M3 8h10M3 12h6',
  edit: 'M3 13l1-3.5L10.5 3 13 5.5 6.5 12z',
  up: 'M8 13V3M4 7l4-4 4 4',
  down: 'M8 3v10M4 9l4 4 4-4',
  search: 'M7 12a5 5 0 1 1 0-10 5 5 0 0 1 0 10zM10.6 10.6L14 14',
  plus: 'M8 3v10M3 8h10',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  previous: 'M4 10l4-4 4 4',
  next: 'M4 6l4 4 4-4',
} as const;

/** A small drawing beside or instead of a word; the word is for screen readers. */
export function Icon({ name, word }: { readonly name: keyof typeof PATHS; readonly word?: string }): VNode {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      {...(word ? { role: 'img', 'aria-label': word } : { 'aria-hidden': true })}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
