import { isObject, type Json, type JsonObject } from '../../core/json.js';

/** Keys of a line whose values are no text to learn: names, ids, and what many examples have in common. */
const NOT_TAUGHT = new Set([
  'role',
  'from',
  'type',
  'id',
  'tool_call_id',
  'name',
  'label',
  'system',
  'tools',
]);

/** The text of an example: what is asked, called and answered, without the system's message. */
export function taughtText(lines: readonly JsonObject[]): string {
  const texts: string[] = [];
  const collect = (value: Json): void => {
    if (typeof value === 'string') texts.push(value);
    else if (Array.isArray(value)) (value as readonly Json[]).forEach(collect);
    else if (isObject(value) && value['role'] !== 'system')
      for (const [key, inner] of Object.entries(value)) if (!NOT_TAUGHT.has(key)) collect(inner);
  };
  lines.forEach(collect);
  return texts.join('\n');
}

/** What a chat template adds to a message: who speaks, and where the message begins and ends. */
const TOKENS_A_MESSAGE = 4;

/** The tokens of a line as a trainer sees it: of a better and a worse answer only the longer one. */
export function tokensOf(line: JsonObject, tokensIn: (text: string) => number): number {
  const { chosen, rejected, preferred_output, non_preferred_output, ...shared } = line;
  const count = (value: Json | undefined): number => {
    if (value === undefined || value === null) return 0;
    if (typeof value === 'string') return tokensIn(value);
    if (Array.isArray(value))
      return (value as readonly Json[]).reduce((sum: number, inner) => sum + count(inner), 0);
    if (!isObject(value)) return 1;
    const { role, from, content, tool_calls: calls, tools, ...others } = value;
    const isMessage = role !== undefined || from !== undefined;
    const asJson = [calls, tools].filter((part) => part !== undefined && typeof part !== 'string');
    const inner = [content, ...asJson.map((part) => JSON.stringify(part)), ...Object.values(others)];
    return (isMessage ? TOKENS_A_MESSAGE : 0) + inner.reduce<number>((sum, part) => sum + count(part), 0);
  };
  return count(shared) + Math.max(count(chosen ?? preferred_output), count(rejected ?? non_preferred_output));
}
