/** What becomes of a request in a wave: it is written down for the next batch, unless it is known already how it ends. */
import { err } from '../../core/result.js';
import type { Deferral } from '../../models/cached-requests.js';
import { recallAdaptation } from '../../models/providers/adaptation.js';
import type { CallError } from '../../models/types.js';
import type { Outcomes } from './outcomes.js';
import type { Spool } from './spool.js';

/** How corrections of invalid answers are asked for: with the next batch, or at once at the usual price. */
export type Corrections = 'batch' | 'online';

export interface DeferralOptions {
  readonly batched: ReadonlyMap<string, unknown>;
  readonly corrections: Corrections;
  readonly outcomes: Outcomes;
  /** The keys of requests that are in a batch now. */
  readonly pending: ReadonlySet<string>;
  /** Those of them that a row has asked for are added here. */
  readonly met?: Set<string>;
  /** `undefined` in the last pass, which asks for nothing new. */
  readonly spool: Spool | undefined;
}

export interface CountedDeferral {
  readonly defer: Deferral;
  /** How many requests wait, those included that are in a batch already. */
  readonly waiting: () => number;
}

export function createDeferral({
  batched,
  corrections,
  outcomes,
  pending,
  met,
  spool,
}: DeferralOptions): CountedDeferral {
  const spooled = new Set<string>();
  let waiting = 0;
  const defer: Deferral = (request, key, { column, restart, isCorrection = false }, store) => {
    const { model, messages, task, schema, tools, leavesOutUsage } = request;
    // Vectors, images and the turns of a column with tools are asked for online.
    if (!batched.has(model.alias) || task !== undefined || tools) return undefined;
    if (corrections === 'online' && (isCorrection || restart > 0)) return undefined;
    const outcome = outcomes.get(key);
    const last = outcome?.errors.at(-1);
    if (outcome?.kind === 'failed' && last)
      return Promise.resolve(err({ last, earlier: outcome.errors.slice(0, -1) }));
    waiting += 1;
    const waits = err({ last: waitsForBatch, earlier: [] });
    if (pending.has(key)) met?.add(key);
    if (!spool || pending.has(key) || spooled.has(key)) return Promise.resolve(waits);
    spooled.add(key);
    const adaptation = outcome?.adaptation ?? recallAdaptation(request, store);
    const written = {
      messages: messages.map(({ role, content, media }) => ({ role, content, ...(media && { media }) })),
      ...(schema && { schema }),
      ...(leavesOutUsage !== undefined && { leavesOutUsage }),
    };
    return spool
      .add(model.alias, { key, column, request: written, parameters: model.parameters, adaptation })
      .then(() => waits);
  };
  return { defer, waiting: () => waiting };
}

const waitsForBatch: CallError = { class: 'stopped', message: 'this request waits for its batch' };
