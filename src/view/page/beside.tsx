import type { VNode } from 'preact';
import type { Json } from '../../core/json.js';
import { isSameValue } from '../query/pairs.js';
import { valueAt, type RecordView } from '../query/types.js';
import { diffWords, type DiffPiece } from '../query/word-diff.js';
import { OfDataset } from './picture.js';
import { current, dataset, info, other, otherInfo, pair, setOther } from './state.js';
import { Text } from './text.js';
import { Value } from './values.js';
import { visible } from './visible.js';

/** Longer texts are shown without marks on the words that changed. */
const LONGEST_MARKED = 20_000;

/** Which dataset the row is compared with, and what came of it. */
export function CompareBar({ open }: { readonly open: RecordView }): VNode | null {
  const datasets = info.value?.datasets ?? [];
  if (datasets.length < 2) return null;
  return (
    <div class="compare">
      <label>
        Compare with{' '}
        <select
          value={otherInfo.value ? String(other.value) : ''}
          onChange={({ currentTarget: { value } }) => setOther(value === '' ? undefined : Number(value))}
        >
          <option value="">nothing</option>
          {datasets.map(({ name }, index) =>
            index === dataset.value ? null : <option value={String(index)}>{visible(name)}</option>,
          )}
        </select>
      </label>
      <kbd>c</kbd>
      <span role="status">{otherInfo.value ? outcomeOf(open) : ''}</span>
    </div>
  );
}

function outcomeOf({ value }: RecordView): string {
  const found = pair.value;
  if (!found) return '…';
  if (!found.record)
    return found.isRead ? `It has no row with this ${found.by === 'number' ? 'number' : 'trace id'}` : '…';
  const there = found.record.value;
  const columns = new Map(
    [...(current.value?.columns ?? []), ...(otherInfo.value?.columns ?? [])].map((one) => [one.path, one]),
  );
  const changed = [...columns.values()].filter(
    ({ path, reasons = path }) =>
      !isSameValue(valueAt(value, path), valueAt(there, path)) ||
      !isSameValue(valueAt(value, reasons), valueAt(there, reasons)),
  ).length;
  if (changed === 0) return 'Nothing changed';
  return `${changed} of ${columns.size} columns changed`;
}

/** A value that changed, in both datasets, one beside the other. */
export function Beside({
  label,
  values: [before, after],
  names,
  here,
}: {
  readonly label: string;
  readonly values: readonly [Json | undefined, Json | undefined];
  readonly names: readonly [string, string];
  /** Shown in the place of the first value. */
  readonly here: VNode | undefined;
}): VNode {
  const areMarked =
    typeof before === 'string' &&
    typeof after === 'string' &&
    Math.max(before.length, after.length) <= LONGEST_MARKED;
  const [old, now] = areMarked ? diffWords(before, after) : [];
  return (
    <div class="beside">
      <Side label={label} name={names[0]}>
        {here ?? (old ? <Marked pieces={old} as="del" /> : <Value value={before} label={label} />)}
      </Side>
      <Side label={label} name={names[1]}>
        <OfDataset.Provider value={other.value}>
          {now ? <Marked pieces={now} as="ins" /> : <Value value={after} label={label} />}
        </OfDataset.Provider>
      </Side>
    </div>
  );
}

function Side({
  label,
  name,
  children,
}: {
  readonly label: string;
  readonly name: string;
  readonly children: VNode;
}): VNode {
  return (
    <div role="group" aria-label={visible(`${label.replaceAll('_', ' ')} in ${name}`)}>
      <p class="whose">
        <Text text={name} />
      </p>
      {children}
    </div>
  );
}

function Marked({
  pieces,
  as: Mark,
}: {
  readonly pieces: readonly DiffPiece[];
  readonly as: 'del' | 'ins';
}): VNode {
  if (pieces.length === 0) return <Value value="" />;
  return (
    <div class="prose">
      {pieces.map(({ text, isChanged }) =>
        isChanged ? (
          <Mark>
            <Text text={text} />
          </Mark>
        ) : (
          <Text text={text} />
        ),
      )}
    </div>
  );
}
