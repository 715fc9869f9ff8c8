/**
 * Takes in the results of an ended batch: matches them to their requests by id, in whatever order they come, and puts
 * each answer into the store under the key that it has online. What is not an answer becomes an outcome. All of this
 * may happen twice, when the program is ended in between, with the same result.
 */
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { isObject, jsonIn } from '../../core/json.js';
import { ok, type Result } from '../../core/result.js';
import { isFatal } from '../../core/failure.js';
import { linesUpTo } from '../../core/read-lines.js';
import type { BatchStatus } from '../../models/batch/types.js';
import { adaptTo, rememberAdaptation } from '../../models/providers/adaptation.js';
import { blameRequest } from '../../models/rate-limiting/key-refusals.js';
import { retryWait } from '../../models/rate-limiting/retry.js';
import { longestResponse } from '../../models/wire/http-fetch.js';
import type { Answer, AnswerStore, CallError } from '../../models/types.js';
import type { BatchModel } from './batch-models.js';
import type { Outcome, Outcomes } from './outcomes.js';
import type { BatchFolder, BatchRecord } from './records.js';
import { openSpoolReader, requestOf, type SpooledRequest } from './spool.js';

export interface CollectInput {
  readonly record: BatchRecord;
  readonly status: BatchStatus;
  readonly model: BatchModel;
  readonly folder: BatchFolder;
  readonly outcomes: Outcomes;
  readonly store: AnswerStore;
  /** Called with every new answer. */
  readonly onAnswer: (key: string, column: string, answer: Answer) => void;
  /** Whether a result that is not there may still come: it ended a short time ago. */
  readonly mayCome: boolean;
  readonly signal: AbortSignal;
}

export interface Collected {
  readonly answered: number;
  readonly failed: number;
  readonly unanswered: number;
  /** Results are missing that may still come. The answers are stored, and it is to be called again. */
  readonly isEarly?: true;
  /** A failure that every request would meet: a refused key, no credit. */
  readonly fatal?: CallError & { readonly column: string };
  /** What was odd about the results. */
  readonly notes: readonly string[];
}

/** A batch that ended by itself so often without a result for a request will not give one. */
const MOST_SILENCES = 3;

export async function collectResults(input: CollectInput): Promise<Result<Collected, CallError>> {
  const { record, status, model, folder, outcomes, store, onAnswer, mayCome, signal } = input;
  const place = folder.resultsOf(record.id);
  await rm(place, { recursive: true, force: true });
  await mkdir(place, { recursive: true, mode: 0o700 });
  const downloaded = await model.client.download(status, place, signal);
  if (!downloaded.ok) return downloaded;
  const { files, missing } = downloaded.value;
  const isCut = status.says === 'expired' || status.says.startsWith('cancel');

  const spool = await openSpoolReader(folder.spoolOf(record.id));
  const seen = new Set<string>();
  const unasked = new Set<string>();
  const news: Outcome[] = [];
  const fatal: (CallError & Pick<SpooledRequest, 'key' | 'column'>)[] = [];
  const odd = { unreadable: 0, unknown: 0, twice: 0 };
  let answered = 0;
  let saving: Promise<unknown>[] = [];
  try {
    for (const file of files)
      for await (const line of resultLines(file)) {
        const value = line === undefined ? undefined : jsonIn(line);
        const item = isObject(value) ? model.client.item(value) : undefined;
        if (!item) {
          odd.unreadable += 1;
          continue;
        }
        if (item.kind === 'unanswered') {
          unasked.add(item.id);
          continue;
        }
        const spooled = await spool.get(item.id);
        if (!spooled) odd.unknown += 1;
        else if (seen.has(item.id)) odd.twice += 1;
        if (!spooled || seen.has(item.id)) continue;
        seen.add(item.id);
        const request = requestOf(spooled, model.model);
        const { technique } = spooled.adaptation;
        const read = await model.reading(item.response).send(request, technique, signal);
        if (!read.ok) {
          const { key, column } = spooled;
          if (isFatal(read.error)) fatal.push({ ...read.error, key, column });
          else news.push(judge(spooled, read.error, model, outcomes));
          continue;
        }
        const answer = { ...read.value, priceShare: model.protocol.priceShare };
        if (!store.get(spooled.key)) {
          saving.push(store.put(spooled.key, answer));
          onAnswer(spooled.key, spooled.column, answer);
        }
        await rememberAdaptation(request, spooled.adaptation, store);
        answered += 1;
        if (saving.length >= 1000) await Promise.all(saving.splice(0));
      }
    await Promise.all(saving);
    saving = [];
    const areFilesLacking = missing > 0 || (files.length === 0 && !isCut);
    const isLacking = areFilesLacking && seen.size + unasked.size < spool.size;
    if (mayCome && isLacking)
      return ok({ answered, failed: 0, unanswered: spool.size - answered, isEarly: true, notes: [] });
    // A key that others were answered with is not refused: the request is.
    for (const { key, column: _, ...error } of answered > 0 ? fatal.filter(isAboutKey) : [])
      news.push({ key, kind: 'failed', errors: [...errorsOf(key, outcomes), blameRequest(error)] });
    if (!isCut) news.push(...silences());
    await outcomes.add(news);
    const failed = news.filter(({ kind }) => kind === 'failed').length;
    const stopping = fatal.find((error) => answered === 0 || !isAboutKey(error));
    return ok({
      answered,
      failed,
      unanswered: spool.size - answered - failed,
      ...(stopping && { fatal: stopping }),
      notes: [
        ...(isLacking
          ? [`${record.provider} does not have all of its results: what they lack is asked again`]
          : []),
        ...notesOn(odd),
      ],
    });
  } finally {
    await Promise.allSettled(saving);
    await spool.close();
  }

  function silences(): readonly Outcome[] {
    const error = noResult(record);
    return [...spool.keys()]
      .filter((key) => !seen.has(key))
      .map((key) => {
        const errors = [...errorsOf(key, outcomes), error];
        const times = errors.filter(({ message }) => message === error.message).length;
        const kind = times >= MOST_SILENCES ? 'failed' : 'again';
        return { ...outcomes.get(key), key, kind, errors };
      });
  }
}

/**
 * The lines of a file of results, which is as its provider made it: with a byte order mark, carriage returns or empty
 * lines. `undefined` stands for a line that is longer than any response may be.
 */
export async function* resultLines(
  file: string,
  longest = longestResponse,
): AsyncGenerator<string | undefined> {
  const chunks = createReadStream(file, 'utf8') as AsyncIterable<string>;
  for await (const line of linesUpTo(chunks, longest)) {
    // `trim` removes a byte order mark, too.
    const text = line?.trim();
    if (text !== '') yield text;
  }
}

const errorsOf = (key: string, outcomes: Outcomes): readonly CallError[] => outcomes.get(key)?.errors ?? [];

const isAboutKey = (error: CallError): boolean => error.class === 'auth';

const noResult = ({ provider }: BatchRecord): CallError => ({
  class: 'overload',
  message: `a batch of ${provider} ended without a result for this request`,
});

/** What becomes of a request that was refused: the same as online, where a later batch takes the place of a retry. */
function judge(
  spooled: SpooledRequest,
  given: CallError,
  { model }: BatchModel,
  outcomes: Outcomes,
): Outcome {
  const { key, adaptation } = spooled;
  // A later batch is late enough.
  const { isLongLimit: _, retryAfterMs: __, ...error } = given;
  const errors = [...errorsOf(key, outcomes), error];
  const next = adaptTo(error, requestOf(spooled, model), adaptation);
  if (next) return { key, kind: 'again', errors, adaptation: next };
  const tries = errors.filter((each) => each.class === error.class).length;
  const kind = retryWait(error, tries, () => 0) === undefined ? 'failed' : 'again';
  return { ...outcomes.get(key), key, kind, errors };
}

function notesOn({
  unreadable,
  unknown,
  twice,
}: Record<'unreadable' | 'unknown' | 'twice', number>): string[] {
  const lines = (count: number): string => (count === 1 ? '1 line' : `${count} lines`);
  return [
    ...(unreadable > 0 ? [`${lines(unreadable)} of the results cannot be read`] : []),
    ...(unknown > 0 ? [`${lines(unknown)} of the results name no request of the batch`] : []),
    ...(twice > 0 ? [`${lines(twice)} of the results repeat a request; the first result was taken`] : []),
  ];
}
