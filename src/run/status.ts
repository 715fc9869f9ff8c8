import type { Metadata, RunStatus } from '../dataset/metadata.js';
import type { StopReason } from '../core/events.js';

/** The exit codes of `dd run`. Scripts and CI rely on them. */
export const EXIT = {
  /** Every row was made. */
  complete: 0,
  /** Finished, but some rows failed. */
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

export function exitCodeOf(metadata: Pick<Metadata, 'status' | 'rows'>): number {
  switch (metadata.status) {
    case 'interrupted':
      return EXIT.interrupted;
    case 'stopped':
      return EXIT.refused;
    case 'limited':
      return EXIT.limited;
    case 'finished':
      return metadata.rows.failed > 0 ? EXIT.rowsFailed : EXIT.complete;
  }
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
