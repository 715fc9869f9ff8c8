import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { OPERATORS, type Filter, type Operator, type ViewColumn } from '../query/types.js';
import { ownTitle } from './facets.js';
import { Icon } from './icons.js';
import {
  addFilters,
  current,
  found,
  isLoading,
  query,
  removeFilters,
  setQuery,
  setSearch,
  shown,
  toggleColumn,
} from './state.js';
import { Text } from './text.js';
import { visible } from './visible.js';

const WORDS: Readonly<Record<Operator, string>> = {
  is: '=',
  'is-not': '≠',
  contains: 'contains',
  lacks: 'lacks',
  matches: 'matches /…/',
  less: '<',
  'at-most': '≤',
  more: '>',
  'at-least': '≥',
  empty: 'is empty',
  filled: 'is not empty',
};

const takesNoValue = (operator: Operator): boolean => operator === 'empty' || operator === 'filled';

/** Search, filters and columns, and how many rows they leave. */
export function Toolbar(): VNode {
  const { filters, search } = query.value;
  return (
    <div class="toolbar" role="search">
      <SearchBox />
      {filters.map((filter) => (
        <Chip key={JSON.stringify(filter)} filter={filter} />
      ))}
      <NewFilter />
      {(filters.length > 0 || search !== '') && (
        <button type="button" class="quiet" onClick={() => setQuery({ filters: [], search: '' })}>
          Clear
        </button>
      )}
      <span class="space" />
      <output class="found" aria-live="polite">
        {foundText()}
      </output>
      <Columns />
    </div>
  );
}

function foundText(): string {
  const { rows = 0, indexed = 0 } = current.value ?? {};
  const number = (value: number): string => value.toLocaleString('en');
  const { filters, search } = query.value;
  if (isLoading.value) return '…';
  const isAll = filters.length === 0 && search === '';
  const text = isAll
    ? `${number(rows)} ${rows === 1 ? 'row' : 'rows'}`
    : `${number(found.value)} of ${number(rows)} rows`;
  return indexed < rows ? `${text} · ${Math.floor((indexed / rows) * 100)} % read` : text;
}

function SearchBox(): VNode {
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const search = (text: string, now: boolean): void => {
    clearTimeout(timer.current);
    if (text === query.value.search) return;
    if (now) setSearch(text);
    else timer.current = setTimeout(() => setSearch(text), 200);
  };
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        id="search"
        aria-label="Search in all columns; /…/ for a regular expression"
        placeholder="Search, or /regex/"
        value={query.value.search}
        onInput={({ currentTarget }) => search(currentTarget.value, false)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') search(event.currentTarget.value, true);
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </label>
  );
}

function Chip({ filter }: { readonly filter: Filter }): VNode {
  const { path, operator, value } = filter;
  const label = current.value?.columns.find((column) => column.path === path)?.label.replaceAll('_', ' ');
  const name =
    label ??
    ownTitle(path) ??
    (path.startsWith('@own.') ? `your ${path.slice(5)}` : path.replace('@', 'your '));
  return (
    <span class="chip" title={visible(path)}>
      <Text text={name} /> <b>{WORDS[operator]}</b> <Text text={value} />
      <button
        type="button"
        aria-label={`Remove the filter on ${name}`}
        onClick={() => removeFilters([filter])}
      >
        <Icon name="drop" />
      </button>
    </span>
  );
}

function NewFilter(): VNode {
  const [isOpen, setOpen] = useState(false);
  const [path, setPath] = useState('');
  const [operator, setOperator] = useState<Operator>('contains');
  const [value, setValue] = useState('');
  if (!isOpen)
    return (
      <button type="button" class="quiet" id="new-filter" onClick={() => setOpen(true)}>
        <Icon name="plus" /> Filter
      </button>
    );
  const add = (): void => {
    if (path === '') return;
    addFilters([{ path, operator, value: takesNoValue(operator) ? '' : value }]);
    setOpen(false);
    setValue('');
    setPath('');
  };
  return (
    <form
      class="new-filter"
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
      onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
    >
      <input
        list="paths"
        aria-label="Column or path"
        placeholder="column or path"
        value={path}
        ref={(input) => {
          if (path === '' && value === '') input?.focus();
        }}
        onInput={({ currentTarget }) => setPath(currentTarget.value)}
      />
      <datalist id="paths">
        {current.value?.columns.map((column) => (
          <option value={column.path} />
        ))}
        {['@verdict', '@note', '@edited', '@outdated'].map((own) => (
          <option value={own} />
        ))}
      </datalist>
      <select
        aria-label="Comparison"
        value={operator}
        onChange={({ currentTarget }) => setOperator(currentTarget.value as Operator)}
      >
        {OPERATORS.map((name) => (
          <option value={name}>{WORDS[name]}</option>
        ))}
      </select>
      {!takesNoValue(operator) && (
        <input
          aria-label="Value"
          placeholder="value"
          value={value}
          onInput={({ currentTarget }) => setValue(currentTarget.value)}
        />
      )}
      <button type="submit">Add</button>
    </form>
  );
}

/** Which columns the table shows. */
function Columns(): VNode {
  const columns = current.value?.columns ?? [];
  const isShown = (column: ViewColumn): boolean => shown.value.includes(column);
  return (
    <details class="menu">
      <summary>
        <Icon name="columns" /> Columns
      </summary>
      <div class="sheet">
        {(['seed', 'made', 'scores'] as const).map((group) => (
          <fieldset>
            <legend>{group}</legend>
            {columns
              .filter((column) => column.group === group)
              .map((column) => (
                <label>
                  <input
                    type="checkbox"
                    checked={isShown(column)}
                    onChange={() => toggleColumn(column.path)}
                  />
                  <Text text={column.label} />
                </label>
              ))}
          </fieldset>
        ))}
      </div>
    </details>
  );
}
