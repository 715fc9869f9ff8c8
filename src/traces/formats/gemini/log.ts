import { isObject, type JsonObject } from '../../../core/json.js';
import { idOf } from '../../fields.js';
import { recordsOf, type TraceContent } from '../../format.js';
import { objectsIn, type Skips } from '../../skips.js';

/** The final state of a session. */
export interface GeminiSession {
  /** Facts about the session as a whole. */
  readonly facts: JsonObject;
  readonly messages: readonly JsonObject[];
  /** The number of messages that were removed by a rewind or by compressing the history. */
  readonly abandoned: number;
}

/**
 * Older versions of the CLI rewrite the session as one document. Newer ones append to a log: a header, one line per
 * message (the whole message again when it changes), `$set` for facts or the entire history, and `$rewindTo` to
 * remove a message and all after it.
 */
export function replaySession(content: TraceContent, skips: Skips): GeminiSession {
  let facts: JsonObject = {};
  let messages = new Map<string, JsonObject>();
  let abandoned = 0;

  for (const record of recordsOf(content)) {
    if (isObject(record['$set'])) change(record['$set']);
    else if (record['$rewindTo'] !== undefined) rewindTo(idOf(record['$rewindTo']));
    else if (isMessage(record)) messages.set(keyOf(record, messages.size), record);
    else if (record['sessionId'] !== undefined) change(record);
    else skips.add('records of an unknown kind');
  }
  return { facts, messages: [...messages.values()], abandoned };

  function change({ messages: history, ...others }: JsonObject): void {
    facts = { ...facts, ...others };
    if (!Array.isArray(history)) return;
    const replaced = messages;
    messages = new Map(
      objectsIn(history, skips, 'messages').map((message, index) => [keyOf(message, index), message]),
    );
    for (const key of replaced.keys()) if (!messages.has(key)) abandoned += 1;
  }

  function rewindTo(id: string | undefined): void {
    const keys = [...messages.keys()];
    const from = id === undefined ? -1 : keys.indexOf(id);
    // The line of that message was damaged: keep too much rather than nothing.
    if (from === -1) return skips.add('rewinds to an unknown message');
    for (const key of keys.slice(from)) messages.delete(key);
    abandoned += keys.length - from;
  }
}

function isMessage({ type, content }: JsonObject): boolean {
  return typeof type === 'string' && content !== undefined;
}

function keyOf({ id }: JsonObject, position: number): string {
  return idOf(id) ?? `#${position}`;
}
