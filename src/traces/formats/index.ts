import type { RolloutFormat } from '../format.js';
import { atif } from './atif.js';
import { chatCompletionJsonl } from './chat-completion.js';
import { claudeCode } from './claude-code/format.js';
import { codex } from './codex/format.js';
import { geminiCli } from './gemini/format.js';
import { hermesAgent } from './hermes.js';
import { piCodingAgent } from './pi.js';

/**
 * The formats that come with the program. Their order counts: a file of unknown format gets the first one that
 * recognises it, and the rows of several default folders come in this order.
 */
export const builtInFormats: readonly RolloutFormat[] = [
  claudeCode,
  codex,
  hermesAgent,
  piCodingAgent,
  geminiCli,
  atif,
  chatCompletionJsonl,
];
