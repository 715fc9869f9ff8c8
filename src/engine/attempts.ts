/**
 * Accepted rows: a dataset of exactly N rows that pass `accept` (rejection sampling, as in Data Designer's proposal 790).
 *
 * The rule: rows are considered in the order of the seed. Each is made up to `max_attempts` times, and its first attempt
 * that did not fail and passes the condition takes its place. The dataset is the first N of these rows. So it is a
 * function of the seed and the answers alone, whatever the concurrency, and a run that was killed makes the same from
 * stored answers. An attempt has row ids of its own (`nextAttempt`), and with them other draws and other answers.
 *
 * Rows beyond the N-th cost money and are thrown away. A row is needed for certain while fewer than N rows would be
 * accepted if all in flight were. Once requests are sent, some more are started, as many as are probably needed by the
 * share of rows that were accepted so far (`createQuota`). This changes what is asked, never what is made; a run whose
 * answers are all stored asks for nothing.
 */
import type { Json, JsonObject } from '../core/json.js';
import { isUntried } from '../core/failure.js';
import { valueAt } from '../core/paths.js';
import { nextAttempt, type IdentifiedRow } from './row-identity.js';
import { whyNot } from '../seeds/where.js';
import type { FinishedRow, PlannedAccept, Rejection } from './types.js';

/** Makes a row until it is accepted, at most `max_attempts` times. */
export async function makeAttempts(
  row: IdentifiedRow,
  accept: PlannedAccept,
  make: (row: IdentifiedRow) => FinishedRow | Promise<FinishedRow>,
): Promise<FinishedRow> {
  const earlier: FinishedRow[] = [];
  for (let attempt = 0; ; attempt += 1) {
    const made = judge(await make(nextAttempt(row, attempt)), accept);
    const isLast = attempt + 1 >= accept.maxAttempts || isAccepted(made) || isUnfinished(made);
    if (isLast) return { ...made, earlier };
    earlier.push(made);
  }
}

export const isAccepted = ({ failures, rejection }: FinishedRow): boolean =>
  failures.length === 0 && rejection === undefined;

/** The run was stopped before this row was made. */
const isUnfinished = ({ failures }: FinishedRow): boolean =>
  failures.some(({ failure }) => isUntried(failure));

function judge(row: FinishedRow, { condition }: PlannedAccept): FinishedRow {
  if (row.failures.length > 0) return row;
  const scope = { ...row.seed, ...row.cells };
  const reason = whyNot(condition.holds(scope), 'accept');
  if (reason === undefined) return row;
  return { ...row, rejection: { reason, read: valuesRead(condition, scope) } };
}

function valuesRead({ references }: PlannedAccept['condition'], scope: JsonObject): Rejection['read'] {
  const paths = references.filter(({ isInner }) => isInner !== true).map(({ path }) => path);
  return Object.fromEntries(paths.map((path) => [path.join('.'), (valueAt(scope, path) ?? null) as Json]));
}

/** How many rows may be in flight. */
export interface Quota {
  hasRoom(): boolean;
  /** How many more may be started now. */
  room(): number;
  started(): void;
  ended(row: FinishedRow): void;
}

/** The share of the rows that are probably needed. More is faster at the end of a run, and more is thrown away. */
const EAGERNESS = 0.5;

/** @param isGuessing whether rows may be started that are needed only probably */
export function createQuota(
  wanted: number,
  { giveUpAfter }: PlannedAccept,
  isGuessing: () => boolean,
): Quota {
  let unfinished = 0;
  let ended = 0;
  let accepted = 0;
  const room = (): number => {
    const missing = wanted - accepted;
    const untilHopeless = accepted === 0 ? giveUpAfter - ended - unfinished : Infinity;
    if (unfinished < missing || !isGuessing()) return Math.min(missing - unfinished, untilHopeless);
    const rate = (accepted + 1) / (ended + 1);
    return Math.min(Math.ceil((missing / rate) * EAGERNESS) - unfinished, untilHopeless);
  };
  return {
    room,
    hasRoom: () => room() > 0,
    started() {
      unfinished += 1;
    },
    ended(row) {
      // It goes on in a later run, and has its place until then.
      if (isUnfinished(row)) return;
      unfinished -= 1;
      ended += 1;
      if (isAccepted(row)) accepted += 1;
    },
  };
}

export interface EnoughRows {
  /** `Infinity` for all that the seed gives. */
  readonly wanted: number;
  /** Called once when the last wanted row was passed on. */
  readonly onEnough: (row: FinishedRow) => void;
  /** Called once when so many rows in a row were not accepted that the run should end. */
  readonly onHopeless: (row: FinishedRow, rows: number, accepted: number) => void;
}

/** After the first accepted row, the run ends only when so many times `give_up_after` rows were not accepted. */
const PATIENCE = 10;

/** Passes rows on, in order, until enough of them were accepted or there is no hope for more. */
export async function* untilEnough(
  rows: AsyncIterable<FinishedRow>,
  { giveUpAfter }: PlannedAccept,
  { wanted, onEnough, onHopeless }: EnoughRows,
): AsyncGenerator<FinishedRow> {
  let accepted = 0;
  let inARow = 0;
  for await (const row of rows) {
    yield row;
    if (isAccepted(row)) {
      accepted += 1;
      inARow = 0;
    } else if (!isUnfinished(row)) inARow += 1;
    if (accepted >= wanted) return onEnough(row);
    if (!isUnfinished(row) && inARow >= giveUpAfter * (accepted > 0 ? PATIENCE : 1))
      return onHopeless(row, inARow, accepted);
  }
}
