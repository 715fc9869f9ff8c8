import type { Json } from '../../../core/json.js';
import type { CodexLine } from './lines.js';
import { objectsOf, textOf } from '../../fields.js';

export interface CodexTurns {
  /** The lines without rolled-back turns. */
  readonly lines: readonly CodexLine[];
  /** The number of rolled-back items of the conversation. */
  readonly abandoned: number;
}

/**
 * Leaves out the turns that the user rolled back: `thread_rolled_back` has the number of latest turns to remove. As
 * in Codex itself, a turn begins with a user message; everything before the first one stays.
 */
export function withoutRolledBack(lines: readonly CodexLine[]): CodexTurns {
  if (!lines.some(isRollback)) return { lines, abandoned: 0 };
  let kept: CodexLine[] = [];
  let abandoned = 0;
  for (const line of lines) {
    kept.push(line);
    if (!isRollback(line)) continue;
    const { num_turns: count } = line.payload;
    const starts = [...kept.keys()].filter((position) => isTurnStart(kept[position]));
    const first =
      typeof count === 'number' && count >= 1 ? starts.at(-Math.min(count, starts.length)) : undefined;
    if (first === undefined) continue;
    const gone = kept.slice(first);
    abandoned += gone.filter(isItem).length;
    // Facts about the thread as a whole stay: models, tokens, times.
    kept = [...kept.slice(0, first), ...gone.filter((other) => !isItem(other) && !isReasoning(other))];
  }
  return { lines: kept, abandoned };
}

function isRollback({ type, payload }: CodexLine): boolean {
  return type === 'event_msg' && payload['type'] === 'thread_rolled_back';
}

function isItem({ type }: CodexLine): boolean {
  return type === 'response_item' || type === 'compacted';
}

function isReasoning({ type, payload }: CodexLine): boolean {
  return type === 'event_msg' && payload['type'] === 'agent_reasoning';
}

function isTurnStart(line: CodexLine | undefined): boolean {
  if (line?.type !== 'response_item') return false;
  const { type, role, content } = line.payload;
  return type === 'message' && role === 'user' && !isContext(content);
}

/** Beginnings of user messages that Codex itself writes. */
const CONTEXT =
  /^\s*(?:<(?:environment_context|user_instructions|turn_aborted|skill|subagent_notification)>|# AGENTS\.md instructions)/;

export function isContext(content: Json | undefined): boolean {
  const text = typeof content === 'string' ? content : textOf(objectsOf(content)[0]?.['text']);
  return text !== undefined && CONTEXT.test(text);
}
