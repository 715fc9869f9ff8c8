import type { Metadata, RunStatus } from '../dataset/metadata.js';
import type { StopReason } from '../core/events.js';

/** The exit codes of `dd run`. Scripts and CI rely on them. */
export const EXIT = {
  /** Every row was made. */
  complete: 0,
  /** Finished, but some rows failed, too few were accepted, or a dataset beside the main one lacks some. */
  rowsFailed: 1,
  /** The command line, the recipe or a folder is wrong. */
  badInput: 2,
  /** The provider refused the key, or there is no credit left. */
  refused: 3,
  /** Stopped by a limit: cost, tokens, or too many failures. */
  limited: 4,
  /** Ctrl-C or a termination signal. */
  interrupted: 130,
  /** A bug in `dd` itself. */
  bug: 70,
} as const;

/** How a run ended, and with what. */
export interface Ended extends Pick<Metadata, 'status' | 'rows'> {
  readonly accept?: Metadata['accept'] | undefined;
  readonly processors?: Metadata['processors'] | undefined;
}

export function exitCodeOf(metadata: Ended): number {
  switch (metadata.status) {
    case 'interrupted':
      return EXIT.interrupted;
    case 'stopped':
      return EXIT.refused;
    case 'limited':
      return EXIT.limited;
    case 'finished':
      return isComplete(metadata) && missingBeside(metadata).length === 0 ? EXIT.complete : EXIT.rowsFailed;
  }
}

/** Where so many rows are wanted, it is enough that there are so many. */
export function isComplete({ rows, accept }: Omit<Ended, 'status'>): boolean {
  return accept && accept.wanted !== null ? accept.accepted >= accept.wanted : rows.failed === 0;
}

/**
 * What the datasets beside the main one lack, a sentence each: rows that a processor passed on and left out of its own
 * dataset, because it could not make them.
 */
export function missingBeside({ processors = [] }: Pick<Ended, 'processors'>): readonly string[] {
  return processors.flatMap(({ name, rows_in: all, rows_out: passed, left_out: reasons, dataset }) => {
    const missing = Object.values(reasons).reduce((sum, number) => sum + number, 0);
    return dataset && missing > 0 && passed === all
      ? [`${missing} of ${all} rows could not be made for processors-files/${name}`]
      : [];
  });
}

/** A finished dataset with fewer accepted rows than wanted: the seed had no more. */
export function tooFewAccepted({
  status,
  accept,
}: Pick<Metadata, 'status' | 'accept'>): { readonly message: string; readonly hint: string } | undefined {
  if (status !== 'finished' || !accept || accept.wanted === null || accept.accepted >= accept.wanted)
    return undefined;
  return {
    message: `${accept.accepted} of ${accept.wanted} wanted rows: the seed is used up`,
    hint: 'give it more rows, raise `accept.max_attempts`, or accept more',
  };
}

export function statusOf(stopped: StopReason | undefined): RunStatus {
  switch (stopped?.kind) {
    case undefined:
      return 'finished';
    case 'interrupted':
      return 'interrupted';
    case 'fatal':
      return 'stopped';
    case 'limit':
      return 'limited';
  }
}
