import type { JsonObject } from '../core/json.js';
import type { ChatMessage } from '../models/types.js';
import type { Problem } from '../core/problem.js';
import { err, ok, type Result } from '../core/result.js';
import { parseTemplate } from '../template/jinja.js';
import type { RenderOptions, TextTemplate } from '../template/types.js';
import type { ColumnReference } from './types.js';
import type { Failure } from '../core/failure.js';

/** The two templates of a model column, parsed. */
export interface Prompt {
  readonly references: readonly ColumnReference[];
  /** True when `fit` bounds a part of it, so that it can be made shorter. */
  readonly usesFit: boolean;
  /** True when it draws random numbers. */
  readonly usesRandom: boolean;
  /**
   * The messages to send, or why this row cannot be rendered. The two templates draw from `random` one after the other.
   */
  render(row: JsonObject, options: RenderOptions): Result<readonly ChatMessage[], Failure>;
}

interface PromptConfig {
  readonly prompt: string;
  readonly system_prompt?: string | null;
  /** Images and the like may be all that is asked about. */
  readonly multi_modal_context?: readonly unknown[];
}

/** Parses `prompt` and `system_prompt`. `append` follows the rendered prompt after an empty line. */
export function preparePrompt(
  config: PromptConfig,
  report: (problem: Problem) => void,
  append?: string,
): Prompt {
  const user = parseKey('prompt', config.prompt, report);
  const system = config.system_prompt ? parseKey('system_prompt', config.system_prompt, report) : undefined;
  return {
    references: [...referencesOf('system_prompt', system), ...referencesOf('prompt', user)],
    usesFit: [user, system].some((template) => template?.usesFit === true),
    usesRandom: [user, system].some((template) => template?.usesRandom === true),
    render(row, options) {
      const messages: ChatMessage[] = [];
      for (const [role, key, template] of [
        ['system', 'system_prompt', system],
        ['user', 'prompt', user],
      ] as const) {
        if (!template) continue;
        const text = template.render(row, options);
        if (!text.ok) return err(renderFailure(`${key}: ${text.error}`));
        const isBlank = text.value.trim() === '';
        if (role === 'user' && isBlank && !config.multi_modal_context?.length) return err(emptyPrompt);
        // A template may cut a character in half, and strict servers refuse a request with such a text.
        const content = text.value.toWellFormed();
        const after = role === 'user' ? append : undefined;
        messages.push({ role, content: [content, after].filter(Boolean).join('\n\n') });
      }
      return ok(messages);
    },
  };
}

/** Parses one template of a column and reports its mistakes at their place. */
export function parseKey(
  key: string,
  source: string,
  report: (problem: Problem) => void,
): TextTemplate | undefined {
  const parsed = parseTemplate(source);
  if (parsed.ok) return parsed.value;
  for (const { span, ...problem } of parsed.error) report({ ...problem, at: [key], within: span });
  return undefined;
}

export function referencesOf(
  key: string,
  template: Pick<TextTemplate, 'references'> | undefined,
): readonly ColumnReference[] {
  return (template?.references ?? []).map((reference) => ({ ...reference, at: [key] }));
}

/** A prompt without a word and without an image. */
export const emptyPrompt: Failure = renderFailure('prompt: it is empty for this row');

export function renderFailure(message: string): Failure {
  return { class: 'template', message, attempts: [] };
}
