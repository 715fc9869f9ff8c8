import type { VNode } from 'preact';
import type { FailedCell } from '../query/types.js';
import { Folded } from './conversation.js';
import { failures } from './state.js';
import { Code, Prose, Text } from './text.js';
import { Value } from './values.js';

/** The cells that failed, with every attempt. Their rows are not in the dataset, unless `on_error` made the cell null. */
export function Failures(): VNode {
  const list = failures.value;
  if (!list) return <p class="nothing">…</p>;
  if (list.length === 0) return <p class="nothing">No cell failed.</p>;
  return (
    <main class="failures" aria-label="Failed cells">
      {list.map((failure, index) => (
        <Failure key={index} failure={failure} />
      ))}
    </main>
  );
}

function Failure({ failure }: { readonly failure: FailedCell }): VNode {
  const { row, column, class: kind, message, hint, attempts = [], seed } = failure;
  return (
    <article class="failure">
      <h3>
        <Text text={column} />{' '}
        <span class="badge wrong">
          <Text text={kind} />
        </span>{' '}
        <span class="quiet">seed row {row}</span>
      </h3>
      <Prose text={message} />
      {hint !== undefined && <Prose text={hint} />}
      {attempts.map((attempt, index) => (
        <details class="folded" open={index === attempts.length - 1}>
          <summary>
            Attempt {index + 1}
            {attempt.alias !== undefined && (
              <>
                , <Text text={attempt.alias} />
              </>
            )}
            : <Text text={attempt.message} />
          </summary>
          {attempt.answer !== undefined && <Code text={attempt.answer} />}
        </details>
      ))}
      <Folded title="Seed">{() => <Value value={seed} />}</Folded>
    </article>
  );
}
