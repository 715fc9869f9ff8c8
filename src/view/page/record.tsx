import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ownValue, type Json, type JsonObject } from '../../core/json.js';
import { isConversation } from '../../dataset/conversation.js';
import { picturesIn } from '../../dataset/pictures.js';
import type { RecordView, ViewColumn } from '../query/types.js';
import { isSameValue } from '../query/pairs.js';
import { Beside, CompareBar } from './beside.js';
import { Conversation, Folded } from './conversation.js';
import { Icon } from './icons.js';
import { press } from './keys.js';
import { Pictures } from './picture.js';
import { Prompts } from './prompts.js';
import { Editable, editing, ReviewBar, Scores } from './review.js';
import { shownRecord } from './saving.js';
import { current, info, otherInfo, pair, place, selected } from './state.js';
import { Code, Text } from './text.js';
import { Value } from './values.js';

/** The selected row, beside the table. */
export function Record(): VNode | null {
  const pane = useRef<HTMLElement>(null);
  const open = shownRecord.value;
  useEffect(() => pane.current?.scrollTo(0, 0), [open?.row]);
  if (selected.value === undefined) return null;
  return (
    <section class="record" aria-label="Row" tabIndex={-1} ref={pane}>
      {open ? <Open key={open.row} record={open} /> : <p class="nothing">…</p>}
    </section>
  );
}

function Open({ record: open }: { readonly record: RecordView }): VNode {
  const columns = current.value?.columns ?? [];
  const of = (group: ViewColumn['group']): readonly ViewColumn[] =>
    columns.filter((column) => column.group === group);
  const { value, damaged, review } = open;
  const there = otherInfo.value && pair.value?.record?.value;
  const names = [current.value?.name ?? '', otherInfo.value?.name ?? ''] as const;
  /** With the columns that only the other dataset has. */
  const ofBoth = (group: ViewColumn['group']): readonly ViewColumn[] => [
    ...of(group),
    ...(there ? (otherInfo.value?.columns ?? []) : []).filter(
      (column) => column.group === group && !columns.some(({ path }) => path === column.path),
    ),
  ];
  const isAnother = (path: string): boolean =>
    there !== undefined && !isSameValue(ownValue(value, path), ownValue(there, path));
  const made = ofBoth('made');
  const scores = ofBoth('scores');
  // Texts and tags come first. Objects, whose parts are often columns of their own, come last.
  const isText = ({ path }: ViewColumn): boolean => {
    const inner = value[path];
    return typeof inner !== 'object' || (Array.isArray(inner) && !isConversation(inner));
  };
  const plain = (path: string): VNode => (
    <Made path={path} value={ownValue(value, path)} edited={review?.edits?.[path]} />
  );
  const changed = ({ path, label, description }: ViewColumn): VNode => (
    <Section key={path} title={label} description={description} isChanged>
      <Beside
        label={label}
        values={[ownValue(value, path), there && ownValue(there, path)]}
        names={names}
        // A correction is written and shown in the place of the text.
        here={editing.value === path || review?.edits?.[path] !== undefined ? plain(path) : undefined}
      />
    </Section>
  );
  const section = (column: ViewColumn): VNode =>
    isAnother(column.path) ? (
      changed(column)
    ) : (
      <Section key={column.path} title={column.label} description={column.description}>
        {plain(column.path)}
      </Section>
    );
  const seeds = of('seed')
    .filter(({ path }) => !isAnother(path))
    .map(({ path }) => [path, ownValue(value, path) ?? null] as const);
  const facts = seeds.filter(([, inner]) => !isConversation(inner) && !isNothing(inner));
  return (
    <>
      <Top open={open} />
      {damaged !== undefined && (
        <Section title="Damaged line">
          <Code text={damaged} />
        </Section>
      )}
      {scores.length > 0 && (
        <Section title="Scores">
          <Scores record={open} columns={scores} beside={there && { value: there, names }} />
        </Section>
      )}
      {made.filter(isText).map(section)}
      {seeds.map(([path, inner]) =>
        isConversation(inner) ? (
          <Section key={path} title={path} description={`${inner.length} messages`}>
            <Conversation messages={inner} />
          </Section>
        ) : null,
      )}
      {made.filter((column) => !isText(column)).map(section)}
      {ofBoth('seed')
        .filter(({ path }) => isAnother(path))
        .map(changed)}
      {Object.entries(open.context ?? {}).map(([column, paths]) => (
        <Section key={`pictures of ${column}`} title={column} description="Pictures of the prompt">
          <Pictures pictures={paths.map((path) => ({ path }))} label={column} />
        </Section>
      ))}
      {facts.length > 0 && (
        <Section title="Seed">
          <Value value={Object.fromEntries(facts)} />
        </Section>
      )}
      {info.value?.readOnly === false && (
        <Folded title="Prompts, as the models get them">{() => <Prompts row={open.row} />}</Folded>
      )}
      <Folded title="As JSON">{() => <Code text={JSON.stringify(value, null, 2)} />}</Folded>
    </>
  );
}

function Top({ open }: { readonly open: RecordView }): VNode {
  const where = place.value;
  const position = where?.isFound
    ? `${(where.index + 1).toLocaleString('en')} of ${where.found.toLocaleString('en')}`
    : '';
  return (
    <header class="top">
      <div class="line">
        <h2>
          <Text text={titleOf(open.value, open.row)} />
        </h2>
        <span class="position">{position}</span>
        <button
          type="button"
          aria-label="Previous row"
          title="k or ↑"
          disabled={where?.previous === undefined}
          onClick={() => void press('k')}
        >
          <Icon name="previous" />
        </button>
        <button
          type="button"
          aria-label="Next row"
          title="j or ↓"
          disabled={where?.next === undefined}
          onClick={() => void press('j')}
        >
          <Icon name="next" />
        </button>
        <button type="button" aria-label="Close the row" title="Esc" onClick={() => void press('Escape')}>
          <Icon name="drop" />
        </button>
      </div>
      <ReviewBar record={open} />
      <CompareBar open={open} />
    </header>
  );
}

function Section({
  title,
  description,
  isChanged = false,
  children,
}: {
  readonly title: string;
  readonly description?: string | undefined;
  readonly isChanged?: boolean;
  readonly children: VNode | null;
}): VNode {
  return (
    <section class="part">
      <h3 title={description}>
        <Text text={title.replaceAll('_', ' ')} />
        {isChanged && <span class="badge change">changed</span>}
      </h3>
      {children}
    </section>
  );
}

function Made({
  path,
  value,
  edited,
}: {
  readonly path: string;
  readonly value: Json | undefined;
  readonly edited: Json | undefined;
}): VNode {
  if (typeof value !== 'string' || picturesIn(value)) return <Value value={value} label={path} />;
  return <Editable path={path} text={value} edited={typeof edited === 'string' ? edited : undefined} />;
}

const isNothing = (value: Json): boolean => value === null || value === '';

/** What names the row best: its trace, or the first text of it. */
function titleOf(value: JsonObject, row: number): string {
  const named = ['trace_id', 'id', 'name', 'title'].map((key) => ownValue(value, key));
  const title = named.find((one) => typeof one === 'string' && one !== '');
  return title === undefined ? `Row ${row + 1}` : String(title);
}
