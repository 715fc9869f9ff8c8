import { atif } from './atif.js';
import { chatCompletionJsonl } from './chat-completion.js';
import { claudeCode } from './claude-code/format.js';
import { codex } from './codex/format.js';
import type { RolloutFormat, TraceContent } from '../format.js';
import { geminiCli } from './gemini/format.js';
import { hermesAgent } from './hermes.js';
import { piCodingAgent } from './pi.js';

/** Every format; rows of several default folders come in this order. */
export const formats: ReadonlyMap<string, RolloutFormat> = new Map(
  [claudeCode, codex, hermesAgent, piCodingAgent, geminiCli, atif, chatCompletionJsonl].map((format) => [
    format.name,
    format,
  ]),
);

/** The format of a file of unknown origin, judged by its content. */
export function recogniseFormat(content: TraceContent): RolloutFormat | undefined {
  return [...formats.values()].find((format) => format.recognises(content));
}
