import type { Plan } from '../../engine/types.js';
import { canonicalJson, type Json, type JsonObject } from '../../core/json.js';
import { ok, type Result } from '../../core/result.js';
import type { RunProblem } from '../problem.js';
import { openRows, type OpenedRows, type RowsRequest } from '../seed-rows.js';
import type { SeedNote } from '../../core/events.js';

/** Seed rows that are read once, for as many rounds as use them. */
export interface KeptRows {
  readonly rows: OpenedRows;
  readonly notes: readonly SeedNote[];
}

export interface RowKeeper {
  /** The rows of a plan: those that were read before, as long as its `seed_config` is the same. */
  rowsOf(plan: Plan): Promise<Result<KeptRows, RunProblem>>;
  /** The next rows are read afresh. */
  forget(): void;
}

type KeptRowsRequest = RowsRequest;

export function keepRows(request: KeptRowsRequest): RowKeeper {
  let kept: { readonly config: string; readonly value: KeptRows } | undefined;
  return {
    async rowsOf(plan) {
      const config = canonicalJson((plan.seed?.config ?? null) as Json);
      if (kept?.config === config) return ok(kept.value);
      const notes: SeedNote[] = [];
      const opened = await openRows(plan, {
        ...request,
        env: request.env,
        onNote(note) {
          notes.push(note);
          request.onNote?.(note);
        },
      });
      if (!opened.ok) return opened;
      const value = { rows: { ...opened.value, rows: readOnce(opened.value.rows) }, notes };
      kept = { config, value };
      return ok(value);
    },
    forget() {
      kept = undefined;
    },
  };
}

/** Reads on where the last reader stopped, and gives each reader everything from the first row on. */
function readOnce(source: AsyncIterable<JsonObject>): AsyncIterable<JsonObject> {
  const rest = source[Symbol.asyncIterator]();
  const read: JsonObject[] = [];
  return {
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ; next += 1) {
        let row = read[next];
        if (row === undefined) {
          const { done, value } = await rest.next();
          if (done === true) return;
          row = value as JsonObject;
          read.push(row);
        }
        yield row;
      }
    },
  };
}
