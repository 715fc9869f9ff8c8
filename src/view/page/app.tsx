import type { VNode } from 'preact';
import { Facets } from './facets.js';
import { Failures } from './failures.js';
import { Help, openHelp } from './keys.js';
import { Record } from './record.js';
import { refused } from './saving.js';
import {
  current,
  dataset,
  info,
  isConnected,
  otherInfo,
  selected,
  setDataset,
  setTab,
  tab,
} from './state.js';
import { Table } from './table.js';
import { Text } from './text.js';
import { Toolbar } from './toolbar.js';
import { visible } from './visible.js';

export function App(): VNode {
  return (
    <>
      <Header />
      {!isConnected.value && (
        <p class="lost" role="alert">
          The connection is lost; trying again. If <code>dd view</code> was ended, start it and open the
          address that it prints.
        </p>
      )}
      <NotSaved />
      {tab.value === 'failures' ? (
        <Failures />
      ) : (
        <>
          <Toolbar />
          <main class={layout()}>
            <Facets />
            <Table />
            <Record />
          </main>
        </>
      )}
      <Help />
    </>
  );
}

/** Changes that were refused, with their texts. */
function NotSaved(): VNode | null {
  if (refused.value.length === 0) return null;
  return (
    <div class="lost" role="alert">
      <p>
        Not saved: the dataset is being made, its rows are others now, or the text is too long. Copy what you
        need.
      </p>
      {refused.value.map(({ key, change }) => (
        <p>
          <Text text={`${key}: ${JSON.stringify(change)}`} />
        </p>
      ))}
      <button type="button" onClick={() => (refused.value = [])}>
        Dismiss
      </button>
    </div>
  );
}

function layout(): string {
  if (selected.value === undefined) return 'rows';
  return otherInfo.value ? 'rows with-record with-pair' : 'rows with-record';
}

function Header(): VNode {
  const datasets = info.value?.datasets ?? [];
  const open = current.value;
  return (
    <header class="page">
      {datasets.length > 1 ? (
        <select
          aria-label="Dataset"
          value={dataset.value}
          onChange={({ currentTarget }) => setDataset(Number(currentTarget.value))}
        >
          {datasets.map(({ name }, index) => (
            <option value={index}>{visible(name)}</option>
          ))}
        </select>
      ) : (
        <h1>
          <Text text={open?.name ?? ''} />
        </h1>
      )}
      {open?.fabricated && (
        <span class="badge" title="No model was asked: the answers are fake.">
          dry run
        </span>
      )}
      {open && open.status !== 'finished' && <span class={`badge ${open.status}`}>{open.status}</span>}
      {open?.isBeingMade && open.status !== 'running' && <span class="badge running">being made again</span>}
      <nav aria-label="Views">
        <button type="button" aria-pressed={tab.value === 'rows'} onClick={() => setTab('rows')}>
          Rows
        </button>
        <button type="button" aria-pressed={tab.value === 'failures'} onClick={() => setTab('failures')}>
          Failed cells {open && open.failures > 0 ? <span class="badge wrong">{open.failures}</span> : null}
        </button>
      </nav>
      <span class="space" />
      <button type="button" class="quiet" onClick={openHelp}>
        Keys <kbd>?</kbd>
      </button>
    </header>
  );
}
