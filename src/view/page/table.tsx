import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
  type VirtualizerOptions,
} from '@tanstack/virtual-core';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import type { ListedRow, Preview, ShownReview, ViewColumn } from '../query/types.js';
import { Icon } from './icons.js';
import { PictureFile } from './picture.js';
import {
  current,
  found,
  hasPictures,
  isLoading,
  need,
  place,
  problem,
  query,
  rowAt,
  select,
  selected,
  shown,
  sortBy,
} from './state.js';
import { Text } from './text.js';

/** Pixels, without and with pictures; `page.css` has them too. */
const ROW_HEIGHT = { texts: 32, pictures: 64 };

/** The rows that the query finds. Only those in sight are in the document. */
export function Table(): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const columns = selected.value === undefined ? shown.value : besideRecord(shown.value);
  const virtualizer = useVirtualizer(
    scroller,
    found.value,
    ROW_HEIGHT[hasPictures.value ? 'pictures' : 'texts'],
  );
  const items = virtualizer.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  useEffect(() => {
    if (found.value > 0) need(first, last);
  });
  const index = place.value?.isFound ? place.value.index : undefined;
  useEffect(() => {
    if (index !== undefined && index < found.value) virtualizer.scrollToIndex(index, { align: 'auto' });
  }, [index]);
  const widths = columns.map(widthOf);
  const template = `2.25rem ${widths.map(({ rem, grows }) => (grows ? `minmax(${rem}rem, 1fr)` : `${rem}rem`)).join(' ')}`;
  // The head and each row are grids of their own: with the same width their columns are the same.
  const minWidth = `${2.25 + widths.reduce((sum, { rem }) => sum + rem, 0)}rem`;
  return (
    <div
      class={hasPictures.value ? 'table with-pictures' : 'table'}
      role="grid"
      aria-label="Rows"
      aria-rowcount={found.value + 2}
      aria-colcount={columns.length + 1}
      aria-busy={isLoading.value}
      aria-activedescendant={selected.value === undefined ? undefined : `row-${selected.value}`}
      tabIndex={0}
      ref={scroller}
    >
      <div class="head" role="rowgroup" style={{ gridTemplateColumns: template, minWidth }}>
        <div class="groups" role="row" aria-rowindex={1}>
          <div role="columnheader" aria-label="Review" />
          {groupsOf(columns).map(({ group, span }) => (
            <div
              role="columnheader"
              class={`group ${group}`}
              aria-colspan={span}
              style={{ gridColumn: `span ${span}` }}
            >
              {group}
            </div>
          ))}
        </div>
        <div class="labels" role="row" aria-rowindex={2}>
          <div role="columnheader" aria-label="Your verdict" />
          {columns.map((column) => (
            <Header column={column} key={column.path} />
          ))}
        </div>
      </div>
      <div class="body" role="rowgroup" style={{ height: `${virtualizer.getTotalSize()}px`, minWidth }}>
        {items.map(({ index: at, start }) => (
          <Row key={at} at={at} start={start} row={rowAt(at)} columns={columns} template={template} />
        ))}
      </div>
      {found.value === 0 && !isLoading.value && <Nothing />}
    </div>
  );
}

function Nothing(): VNode {
  const hasQuery = query.value.filters.length > 0 || query.value.search !== '';
  const text = problem.value ?? (hasQuery ? 'No row has all of this.' : 'There are no rows yet.');
  return <p class={problem.value === undefined ? 'nothing' : 'nothing wrong'}>{text}</p>;
}

function Header({ column }: { readonly column: ViewColumn }): VNode {
  const { path, label, group, description } = column;
  const sort = query.value.sort?.path === path ? query.value.sort : undefined;
  const direction = sort && (sort.descending ? 'descending' : 'ascending');
  return (
    <div role="columnheader" class={`label ${group}`} aria-sort={direction ?? 'none'}>
      <button type="button" onClick={() => sortBy(path)} title={description ?? label}>
        <Text text={label.replaceAll('_', ' ')} />
        {sort && <Icon name={sort.descending ? 'down' : 'up'} />}
      </button>
    </div>
  );
}

interface RowProps {
  readonly at: number;
  readonly start: number;
  readonly row: ListedRow | undefined;
  readonly columns: readonly ViewColumn[];
  readonly template: string;
}

function Row({ at, start, row, columns, template }: RowProps): VNode {
  const isSelected = row !== undefined && row.row === selected.value;
  const style = { transform: `translateY(${start}px)`, gridTemplateColumns: template };
  return (
    <div
      role="row"
      id={row && `row-${row.row}`}
      class={`row ${isSelected ? 'selected' : ''} ${row?.review?.verdict ?? ''}`}
      style={style}
      aria-rowindex={at + 3}
      aria-selected={isSelected}
      onClick={() => row && void select(row.row, selected.value === undefined ? 'push' : 'replace')}
    >
      <div role="gridcell" class="mark">
        <Mark review={row?.review} />
      </div>
      {columns.map((column) => (
        <Cell key={column.path} column={column} row={row} />
      ))}
    </div>
  );
}

function Mark({ review }: { readonly review: ShownReview | undefined }): VNode | null {
  if (!review) return null;
  const { verdict, edits, note } = review;
  return (
    <>
      {verdict && <Icon name={verdict} word={verdict} />}
      {!verdict && edits && <Icon name="edit" word="corrected" />}
      {!verdict && !edits && note && <Icon name="note" word="note" />}
    </>
  );
}

function Cell({ column, row }: { readonly column: ViewColumn; readonly row: ListedRow | undefined }): VNode {
  const value = row?.cells[column.path];
  const review = row?.review;
  const own = review?.scores?.[column.path];
  const edited = review?.edits?.[column.path];
  const isEdited = typeof edited === 'string';
  return (
    <div role="gridcell" class={`cell ${column.group} ${kindOf(value)}`}>
      <Shown value={isEdited ? edited : value} column={column} row={row?.row ?? 0} />
      {own !== undefined && (
        <span class={own === value ? 'own equal' : 'own'} title="your score">
          {String(own)}
        </span>
      )}
      {isEdited && <Icon name="edit" word="corrected" />}
    </div>
  );
}

function Shown({
  value,
  column,
  row,
}: {
  readonly value: Preview | undefined;
  readonly column: ViewColumn;
  readonly row: number;
}): VNode | null {
  if (value === undefined) return <span class="loading" />;
  if (value === null) return <span class="none">–</span>;
  if (typeof value === 'boolean')
    return value ? (
      <Icon name="keep" word="true" />
    ) : (
      <span class="none" aria-label="false">
        –
      </span>
    );
  if (typeof value === 'object' && 'pictures' in value)
    return (
      <span class="thumbnails">
        {value.pictures.map((path) => (
          <PictureFile
            key={path}
            path={path}
            alt={`${column.label.replaceAll('_', ' ')} of row ${row + 1}`}
          />
        ))}
      </span>
    );
  if (typeof value === 'object') return <span class="about">{value.about}</span>;
  if (typeof value === 'number' && column.group === 'scores')
    return <span class={`score ${toneOf(value, column)}`}>{value}</span>;
  return <Text text={String(value).replaceAll(/\s+/g, ' ')} />;
}

/** How good a score is, for its colour. */
export function toneOf(value: number | string, { options }: ViewColumn): string {
  const numbers = (options ?? []).filter((option) => typeof option === 'number');
  if (typeof value !== 'number' || numbers.length < 2) return '';
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  return `tone-${Math.round(((value - low) / (high - low)) * 4)}`;
}

const kindOf = (value: Preview | undefined): string => (value === null ? 'null' : typeof value);

function widthOf({ group, path }: ViewColumn): { readonly rem: number; readonly grows: boolean } {
  if (group === 'made') return { rem: 12, grows: true };
  if (group === 'scores') return { rem: 6, grows: false };
  const isFirst = current.value?.columns[0]?.path === path;
  return { rem: isFirst ? 10 : 7.5, grows: false };
}

/** Beside a record, which has the texts, the scores come first. */
function besideRecord(columns: readonly ViewColumn[]): readonly ViewColumn[] {
  const of = (group: ViewColumn['group']): readonly ViewColumn[] =>
    columns.filter((one) => one.group === group);
  return [...of('seed').slice(0, 1), ...of('scores'), ...of('made'), ...of('seed').slice(1)];
}

function groupsOf(
  columns: readonly ViewColumn[],
): readonly { readonly group: string; readonly span: number }[] {
  const groups: { group: string; span: number }[] = [];
  for (const { group } of columns) {
    const last = groups.at(-1);
    if (last?.group === group) last.span += 1;
    else groups.push({ group, span: 1 });
  }
  return groups;
}

/** TanStack's virtualizer, drawn again by Preact when it changes. */
function useVirtualizer(
  scroller: RefObject<HTMLDivElement>,
  count: number,
  height: number,
): Virtualizer<HTMLDivElement, HTMLDivElement> {
  const [, draw] = useReducer((times: number) => times + 1, 0);
  const options: VirtualizerOptions<HTMLDivElement, HTMLDivElement> = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 10,
    scrollPaddingStart: 64,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw(undefined as never),
  };
  const kept = useRef<Virtualizer<HTMLDivElement, HTMLDivElement>>();
  kept.current ??= new Virtualizer(options);
  const virtualizer = kept.current;
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer.measure(), [height]);
  useLayoutEffect(() => virtualizer._willUpdate());
  return virtualizer;
}
