import type { VNode } from 'preact';
import type { Bar, Facet } from '../query/types.js';
import { addFilters, agreement, current, facets, hasFilters, info, removeFilters } from './state.js';
import { Text } from './text.js';

/** What a column is called that is not in the rows themselves. */
export function ownTitle(path: string): string | undefined {
  if (path === '@verdict') return 'your verdict';
  const number = /^@compared\.(\d+)$/.exec(path)?.[1];
  if (number === undefined) return undefined;
  return `compared with ${info.value?.datasets[Number(number)]?.name ?? 'another dataset'}`;
}

/** Bars for the values of each score; a click shows only the rows with one of them. */
export function Facets(): VNode {
  return (
    <aside class="facets" aria-label="Scores">
      {facets.value.map((facet) => (
        <Chart key={facet.path} facet={facet} />
      ))}
    </aside>
  );
}

function Chart({ facet: { path, bars } }: { readonly facet: Facet }): VNode {
  const column = current.value?.columns.find((one) => one.path === path);
  const label = ownTitle(path) ?? column?.label.replaceAll('_', ' ') ?? path;
  const most = Math.max(1, ...bars.map(({ all }) => all));
  const agreed = agreement.value.find((one) => one.path === path);
  return (
    <section class="facet" aria-label={label}>
      <h3 title={column?.description}>
        <Text text={label} />
      </h3>
      <ul>
        {bars.map((bar) => (
          <li key={bar.label}>
            <BarButton bar={bar} most={most} />
          </li>
        ))}
      </ul>
      {agreed && agreed.count > 0 && (
        <p class="agreement">
          you agree in {agreed.equal} of {agreed.count}
          {agreed.kappa !== null && <>, κ {agreed.kappa.toFixed(2)}</>}
        </p>
      )}
    </section>
  );
}

function BarButton({ bar, most }: { readonly bar: Bar; readonly most: number }): VNode {
  const { filters, all, found } = bar;
  const label = filters[0]?.path === '@verdict' && filters[0].operator === 'empty' ? 'none yet' : bar.label;
  const isOn = hasFilters(filters);
  return (
    <button
      type="button"
      class="bar"
      aria-pressed={isOn}
      aria-label={`${label}: ${found} of ${all} rows`}
      onClick={() => (isOn ? removeFilters(filters) : addFilters(filters))}
    >
      <span class="value">
        <Text text={label} />
      </span>
      <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect class="all" width={(all / most) * 100} height="10" rx="1" />
        <rect class="found" width={(found / most) * 100} height="10" rx="1" />
      </svg>
      <span class="count">{found.toLocaleString('en')}</span>
    </button>
  );
}
