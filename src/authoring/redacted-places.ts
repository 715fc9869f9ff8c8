import { isObject, type Json, type JsonObject } from '../core/json.js';

/** Where something was redacted in a row of the seed; never the value. */
export interface RedactedPlace {
  readonly kind: string;
  /** Counted from 0. */
  readonly row: number;
  /** `messages[3].content[0].text` */
  readonly place: string;
  /** How often there. */
  readonly count: number;
  /** The file of the row, if it says one. */
  readonly file: string | null;
}

const MARK = /\[REDACTED:([\w-]{1,40})\]/g;

/** The marks of redaction in a row, in the order of the row. */
export function redactedPlaces(values: JsonObject, row: number): readonly RedactedPlace[] {
  const { source_path: path } = values;
  const places: RedactedPlace[] = [];
  const visit = (value: Json, place: string): void => {
    if (typeof value === 'string') places.push(...marksIn(value, place));
    else if (Array.isArray(value)) value.forEach((item: Json, at) => visit(item, `${place}[${at}]`));
    else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        places.push(...marksIn(key, place));
        visit(member, place === '' ? key : `${place}.${key}`);
      }
    }
  };
  const marksIn = (text: string, place: string): readonly RedactedPlace[] => {
    const counts = new Map<string, number>();
    for (const [, kind = ''] of text.matchAll(MARK)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const file = typeof path === 'string' ? path : null;
    return Array.from(counts, ([kind, count]) => ({ kind, row, place, count, file }));
  };
  visit(values, '');
  return places;
}
