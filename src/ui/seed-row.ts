import type { JsonObject } from '../json.js';
import { renderConversation } from './conversation.js';
import { renderRecord, type RecordStyle } from './record.js';

/** One row of a seed: a trace as a conversation, any other by its columns. */
export function renderSeedRow(row: JsonObject, style: RecordStyle): string {
  if (Array.isArray(row['messages']) && 'trace_id' in row) return renderConversation(row, style);
  const columns = Object.keys(row).map((name) => ({ name, from: 'column' as const }));
  return columns.length === 0 ? 'the row has no columns' : renderRecord(row, columns, style);
}
