import type { LazyFormat } from '../format.js';

/**
 * The formats that come with the program. Their order counts: a file of unknown format gets the first one that
 * recognises it, and the rows of several default folders come in this order.
 */
export const builtInFormats: readonly LazyFormat[] = [
  { name: 'claude_code', load: async () => (await import('./claude-code/format.js')).claudeCode },
  { name: 'codex', load: async () => (await import('./codex/format.js')).codex },
  { name: 'qwen_code', load: async () => (await import('./qwen.js')).qwenCode },
  { name: 'copilot_cli', load: async () => (await import('./copilot.js')).copilotCli },
  { name: 'droid', load: async () => (await import('./droid.js')).droid },
  { name: 'kimi_cli', load: async () => (await import('./kimi/format.js')).kimi },
  { name: 'amp', load: async () => (await import('./amp.js')).amp },
  { name: 'cursor', load: async () => (await import('./cursor/format.js')).cursor },
  { name: 'cline', load: async () => (await import('./cline.js')).cline },
  { name: 'opencode', load: async () => (await import('./opencode/format.js')).openCode },
  { name: 'openhands', load: async () => (await import('./openhands/format.js')).openHands },
  { name: 'goose', load: async () => (await import('./goose.js')).goose },
  { name: 'hermes_agent', load: async () => (await import('./hermes.js')).hermesAgent },
  { name: 'openclaw', load: async () => (await import('./openclaw.js')).openClaw },
  { name: 'pi_coding_agent', load: async () => (await import('./pi.js')).piCodingAgent },
  { name: 'gemini_cli', load: async () => (await import('./gemini/format.js')).geminiCli },
  { name: 'swe_agent', load: async () => (await import('./swe-agent.js')).sweAgent },
  { name: 'mini_swe_agent', load: async () => (await import('./mini-swe-agent.js')).miniSweAgent },
  { name: 'otel_genai', load: async () => (await import('./otel-genai/format.js')).otelGenAi },
  { name: 'atif', load: async () => (await import('./atif.js')).atif },
  {
    name: 'chat_completion_jsonl',
    load: async () => (await import('./chat-completion.js')).chatCompletionJsonl,
  },
];
