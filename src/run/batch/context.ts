/** What the steps of a run in batches share, and what ends it. */
import type { Clock } from '../../core/clock.js';
import type { EventSink, StopReason } from '../../core/events.js';
import { isFatal } from '../../core/failure.js';
import type { CallError } from '../../models/types.js';
import type { BatchModel } from './batch-models.js';
import type { BatchFolder, BatchRecord } from './records.js';

export interface BatchContext {
  /** A column that asks the model. */
  readonly columnOf: (alias: string) => string;
  readonly models: ReadonlyMap<string, BatchModel>;
  readonly folder: BatchFolder;
  readonly emit: EventSink;
  readonly note: (text: string) => void;
  /** Once for a text. */
  readonly noteOnce: (text: string) => void;
  readonly clock: Clock;
  readonly today: () => Date;
  readonly stop: AbortSignal;
  /** Whether the command waits for batches, or ends when there is nothing left but to wait. */
  readonly waits: boolean;
  /** In place of what the protocol has (`BatchProtocol.graceMs`). */
  readonly graceMs: number | undefined;
}

/** Calls of a provider that failed for a moment are made again this often. */
export const MOST_TRIES = 8;

/** The record of a batch that the provider has. */
export async function submitted(
  record: BatchRecord,
  batch: string,
  isAdopted: boolean,
  { folder, emit }: BatchContext,
): Promise<BatchRecord> {
  const next: BatchRecord = { ...record, state: 'submitted', batch };
  await folder.write(next);
  const { id, alias, provider, requests } = record;
  emit({ kind: 'batch', step: 'submitted', id, batch, alias, provider, requests, isAdopted });
  return next;
}

/** Why a command that does not wait ends. */
export const comeBack = (message: string, ms: number): StopReason => ({
  kind: 'limit',
  limit: 'provider',
  message,
  hint: `run the same command again, in ${Math.max(1, Math.round(ms / 60_000))} min at the earliest: it takes in what is ready then`,
});

/** Whether the same call may succeed in a while. */
export const mayPass = ({ class: kind, isLongLimit }: CallError): boolean =>
  isLongLimit !== true && ['rate', 'overload', 'timeout', 'network'].includes(kind);

/** Why the run ends when the provider takes no batch. */
export function refused(
  error: CallError,
  { provider, alias }: Pick<BatchRecord, 'provider' | 'alias'>,
  { columnOf }: Pick<BatchContext, 'columnOf'>,
): StopReason {
  const { message, hint } = error;
  if (isFatal(error)) return { kind: 'fatal', failure: { ...error, attempts: [] }, column: columnOf(alias) };
  return {
    kind: 'limit',
    limit: 'provider',
    message: `${provider} does not take the batch: ${message}`,
    hint: `${hint === undefined ? '' : `${hint}; `}what is stored is kept; \`batch: false\` under ${alias} asks it online`,
  };
}
