import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Json, JsonObject } from '../../core/json.js';
import { isSameValue } from '../query/pairs.js';
import type { RecordView, ShownReview, ViewColumn } from '../query/types.js';
import { valueAt } from '../query/types.js';
import { Icon } from './icons.js';
import { isStuck, review, unsaved } from './saving.js';
import { isReadOnly } from './state.js';
import { toneOf } from './table.js';
import { Prose, Text } from './text.js';

/** The column whose text is being corrected. */
export const editing = signal<string | undefined>(undefined);

/** Keep, drop, and a note. */
export function ReviewBar({ record }: { readonly record: RecordView }): VNode | null {
  const { review: shown, row } = record;
  const [note, setNote] = useState(shown?.note ?? '');
  useEffect(() => setNote(shown?.note ?? ''), [row, shown?.note]);
  if (isReadOnly.value && !shown) return null;
  const saveNote = (): void => {
    if (note !== (shown?.note ?? '')) review({ note: note === '' ? null : note });
  };
  return (
    <div class="review" role="group" aria-label="Your review">
      {(['keep', 'drop'] as const).map((verdict) => (
        <button
          type="button"
          class={`verdict ${verdict}`}
          aria-pressed={shown?.verdict === verdict}
          disabled={isReadOnly.value}
          onClick={() => review({ verdict: shown?.verdict === verdict ? null : verdict })}
        >
          <Icon name={verdict} /> {verdict === 'keep' ? 'Keep' : 'Drop'}{' '}
          <kbd>{verdict === 'keep' ? 'y' : 'x'}</kbd>
        </button>
      ))}
      <input
        id="note"
        class="note"
        aria-label="Note"
        placeholder="Note"
        value={note}
        readOnly={isReadOnly.value}
        onInput={({ currentTarget }) => setNote(currentTarget.value)}
        onBlur={saveNote}
        onKeyDown={(event) => {
          if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <span class="saved" role="status">
        {stateOf(shown)}
      </span>
    </div>
  );
}

function stateOf(shown: ShownReview | undefined): string {
  if (unsaved.value.length > 0) return isStuck.value ? 'Not saved yet, trying again' : 'Saving…';
  if (!shown) return '';
  return shown.outdated ? 'About earlier answers' : 'Saved';
}

/** The same row of another dataset. */
interface Beside {
  readonly value: JsonObject;
  /** Names of the open dataset and the other one. */
  readonly names: readonly [string, string];
}

/** The judge's scores with their reasons, and one's own beside them, and those of the same row of another dataset. */
export function Scores({
  record,
  columns,
  beside,
}: {
  readonly record: RecordView;
  readonly columns: readonly ViewColumn[];
  readonly beside?: Beside | undefined;
}): VNode {
  return (
    <table class="scores">
      <thead>
        <tr>
          <th scope="col">Score</th>
          <th scope="col">{beside ? <Text text={beside.names[0]} /> : 'Judge'}</th>
          {beside && (
            <th scope="col">
              <Text text={beside.names[1]} />
            </th>
          )}
          <th scope="col">{isReadOnly.value ? '' : 'Yours'}</th>
          <th scope="col">Reasons</th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column) => (
          <ScoreRow key={column.path} record={record} column={column} beside={beside} />
        ))}
      </tbody>
    </table>
  );
}

function ScoreRow({
  record,
  column,
  beside,
}: {
  readonly record: RecordView;
  readonly column: ViewColumn;
  readonly beside: Beside | undefined;
}): VNode {
  const { path, label, description, reasons, options } = column;
  const value = valueAt(record.value, path) ?? null;
  const own = record.review?.scores?.[path];
  const why = reasons === undefined ? undefined : valueAt(record.value, reasons);
  const there = beside && (valueAt(beside.value, path) ?? null);
  const otherWhy = beside && reasons !== undefined ? valueAt(beside.value, reasons) : undefined;
  const hasOtherWhy = typeof otherWhy === 'string' && otherWhy !== why;
  return (
    <tr class={there === undefined || isSameValue(value, there) ? '' : 'changed'}>
      <th scope="row" title={description}>
        <Text text={label.replaceAll('_', ' ')} />
      </th>
      <td>
        <Score value={value} column={column} />
      </td>
      {there !== undefined && (
        <td>
          <Score value={there} column={column} />{' '}
          {!isSameValue(value, there) && <span class="change">{changeOf(value, there)}</span>}
        </td>
      )}
      <td>{options && <OwnScore path={path} options={options} own={own} />}</td>
      <td class="why">
        {typeof why === 'string' && <Prose text={why} />}
        {hasOtherWhy && beside && (
          <div role="group" aria-label={`Reasons in ${beside.names[1]}`}>
            <p class="whose">
              <Text text={beside.names[1]} />
            </p>
            <Prose text={otherWhy} />
          </div>
        )}
      </td>
    </tr>
  );
}

function Score({ value, column }: { readonly value: Json; readonly column: ViewColumn }): VNode {
  const tone = typeof value === 'number' ? toneOf(value, column) : '';
  return (
    <span class={`score ${tone}`}>
      {value === null ? (
        '–'
      ) : (
        <Text text={typeof value === 'object' ? JSON.stringify(value) : String(value)} />
      )}
    </span>
  );
}

/** From a value to that of the other dataset: by how much, or in words. */
function changeOf(here: Json, there: Json): string {
  if (typeof here === 'boolean' && typeof there === 'boolean') return 'flipped';
  if (typeof here !== 'number' || typeof there !== 'number') return 'changed';
  const by = Number((there - here).toPrecision(12));
  return by > 0 ? `+${by}` : `−${-by}`;
}

function OwnScore({
  path,
  options,
  own,
}: {
  readonly path: string;
  readonly options: readonly (string | number)[];
  readonly own: number | string | undefined;
}): VNode {
  const score = (value: string | number): void =>
    review({ scores: { [path]: own === value ? null : value } });
  return (
    <div
      class="own-score"
      role="group"
      aria-label={`Your score, ${path}`}
      onKeyDown={(event) => {
        const option = options.find((one) => String(one) === event.key);
        if (option === undefined) return;
        event.stopPropagation();
        if (own !== option) score(option);
        nextScore(event.currentTarget)?.focus();
      }}
    >
      {options.toReversed().map((option) => (
        <button
          type="button"
          aria-pressed={own === option}
          disabled={isReadOnly.value}
          onClick={() => score(option)}
        >
          {option}
        </button>
      ))}
    </div>
  );
}

/** The first button of the next score, so that digits alone score a whole row. */
function nextScore(group: HTMLElement): HTMLElement | null | undefined {
  return group.closest('tr')?.nextElementSibling?.querySelector<HTMLElement>('.own-score button');
}

/** A made text, which can be corrected. The correction is shown in its place, with the original folded. */
export function Editable({
  path,
  text,
  edited,
}: {
  readonly path: string;
  readonly text: string;
  readonly edited: string | undefined;
}): VNode {
  if (editing.value === path) return <Editor path={path} text={edited ?? text} original={text} />;
  return (
    <div class="editable">
      <Prose text={edited ?? text} />
      {edited !== undefined && (
        <details class="folded">
          <summary>The original</summary>
          <Prose text={text} />
        </details>
      )}
      {!isReadOnly.value && (
        <div class="actions">
          <button type="button" class="quiet" onClick={() => (editing.value = path)}>
            <Icon name="edit" /> {edited === undefined ? 'Correct' : 'Correct again'}
          </button>
          {edited !== undefined && (
            <button type="button" class="quiet" onClick={() => review({ edits: { [path]: null } })}>
              Take back
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Editor({
  path,
  text,
  original,
}: {
  readonly path: string;
  readonly text: string;
  readonly original: string;
}): VNode {
  const area = useRef<HTMLTextAreaElement>(null);
  // Before the next key comes: it is typed into the field.
  useLayoutEffect(() => area.current?.focus(), []);
  const save = (): void => {
    const next = area.current?.value ?? text;
    editing.value = undefined;
    if (next !== text) review({ edits: { [path]: next === original ? null : next } });
  };
  return (
    <div class="editor">
      <textarea
        ref={area}
        aria-label={`Corrected ${path}`}
        rows={Math.min(24, Math.max(5, Math.ceil(text.length / 80) + text.split('\n').length))}
        defaultValue={text}
        // A text is not lost to a click on another row.
        onBlur={({ relatedTarget, currentTarget }) => {
          const isInside =
            relatedTarget instanceof Node && currentTarget.parentElement?.contains(relatedTarget);
          if (document.hasFocus() && !isInside && editing.value === path) save();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
          if (event.key === 'Escape') editing.value = undefined;
        }}
      />
      <div class="actions">
        <button type="button" class="strong" onClick={save}>
          Save <kbd>Ctrl ↵</kbd>
        </button>
        <button type="button" class="quiet" onClick={() => (editing.value = undefined)}>
          Cancel
        </button>
      </div>
    </div>
  );
}
