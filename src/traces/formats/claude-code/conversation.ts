import type { JsonObject } from '../../../core/json.js';
import type { Context, Step } from './steps.js';
import { distinctTexts, filled, firstText, sumOf, textOf } from '../../fields.js';
import type { Message } from '../../message.js';
import { createTranscript } from '../../transcript.js';

/** Collects steps into messages and the facts of a row. */
export interface Conversation {
  add(step: Step): void;
  messages(): readonly Message[];
  facts(): Facts;
}

export interface Facts {
  readonly agentId: string | undefined;
  readonly cwd: string | undefined;
  readonly gitBranch: string | undefined;
  readonly versions: readonly string[];
  readonly models: readonly string[];
  readonly tokenUsage: JsonObject | undefined;
  /** Reasons for parts that could not be used. */
  readonly faults: readonly string[];
}

export function createConversation(): Conversation {
  const transcript = createTranscript();
  const contexts = new Set<Context>();
  const models = new Set<string>();
  const usages = new Map<string, JsonObject>();
  const faults: string[] = [];
  let agentId: string | undefined;
  let last: Step | undefined;
  /** Usage of the latest response: most have several records, and a look-up for each would be slow. */
  let pending: { readonly response: string | undefined; readonly usage: JsonObject } | undefined;

  function addModel(model: string | undefined): void {
    if (model !== undefined) models.add(model);
  }

  /** Each record of a response repeats its usage; the last one is complete. */
  function addUsage({ response, usage }: Step): void {
    if (!usage) return;
    if (pending && pending.response !== response) settle();
    pending = { response, usage };
    if (response === undefined) settle();
  }

  function settle(): void {
    if (pending) usages.set(pending.response ?? `#${usages.size}`, pending.usage);
    pending = undefined;
  }

  return {
    add(step) {
      for (const entry of step.entries) transcript.add(entry);
      for (const fault of step.faults) faults.push(fault);
      agentId ??= step.agentId;
      if (step.context !== last?.context) contexts.add(step.context);
      if (step.model !== last?.model) addModel(textOf(step.model));
      addUsage(step);
      last = step;
    },
    messages: transcript.messages,
    facts() {
      settle();
      return {
        agentId,
        cwd: firstText([...contexts].map(({ cwd }) => cwd)),
        gitBranch: firstText([...contexts].map(({ gitBranch }) => gitBranch)),
        versions: distinctTexts([...contexts].map(({ version }) => version)),
        models: [...models],
        tokenUsage: tokenUsage([...usages.values()]),
        faults,
      };
    },
  };
}

const USAGE_KEYS = [
  'input_tokens',
  'output_tokens',
  'cache_creation_input_tokens',
  'cache_read_input_tokens',
] as const;

/** The sum over all responses. */
function tokenUsage(usages: readonly JsonObject[]): JsonObject | undefined {
  return filled(usages) && Object.fromEntries(USAGE_KEYS.map((key) => [key, sumOf(usages, key)]));
}
