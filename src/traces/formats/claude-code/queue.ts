/**
 * Prompts that the user typed while the model worked. Claude Code notes each in a queue (`enqueue`). From there it
 * goes to the model as a message of its own after the turn (`dequeue`, the message follows), back to the editor
 * (`popAll`), or to the model in the middle of the turn (`remove`). Only older versions say nothing further about the
 * last way: the prompt is then a message at that place. Newer ones write an attachment as well, which counts instead.
 */
import type { Json, JsonObject } from '../../../core/json.js';
import { jsonText, textOf } from '../../fields.js';
import { queuedPrompt } from './record-to-entries.js';
import { silent, type Step } from './steps.js';

export interface PromptQueue {
  /** Takes the step of a `queue-operation`. */
  add(record: JsonObject, step: Step): void;
  /** A prompt that the file has itself: the queue does not repeat it. False when the queue has given it before. */
  said(prompt: Json | undefined, by: 'message' | 'attachment'): boolean;
  /** The steps since the last call, with the prompts that the model has seen. */
  take(): readonly Step[];
}

export function createPromptQueue(): PromptQueue {
  const queued: Json[] = [];
  let waiting: { readonly text: string | undefined; readonly step: Step }[] = [];
  /** How often a prompt was said by the queue, less how often by messages. */
  const balance = new Map<string, number>();

  function leave({ content }: JsonObject): Json | undefined {
    const at = content === undefined ? 0 : queued.findIndex((prompt) => keyOf(prompt) === keyOf(content));
    return queued.splice(Math.max(at, 0), 1)[0] ?? content;
  }

  function removed(record: JsonObject, step: Step): void {
    const prompt = leave(record);
    const reason = textOf(record['reason']) ?? '';
    if (prompt === undefined || /cancel|delete|discard|edit|clear/.test(reason)) return keep(step);
    const text = keyOf(prompt);
    if ((balance.get(text) ?? 0) < 0) {
      count(text, 1);
      return keep(step);
    }
    waiting.push({ text, step: { ...step, role: 'result', entries: queuedPrompt(prompt) } });
  }

  function keep(step: Step): void {
    waiting.push({ text: undefined, step });
  }

  function count(text: string, change: number): void {
    balance.set(text, (balance.get(text) ?? 0) + change);
  }

  return {
    add(record, step) {
      const { operation, content } = record;
      if (operation === 'remove') return removed(record, step);
      if (operation === 'enqueue' && content !== undefined) queued.push(content);
      else if (operation === 'dequeue') leave(record);
      else if (operation === 'popAll') queued.length = 0;
      keep(step);
    },
    said(prompt, by) {
      // Nearly every message: making a key of it would be slow.
      if (by === 'message' && waiting.length === 0 && balance.size === 0) return true;
      const text = keyOf(prompt ?? null);
      const at = waiting.findIndex((other) => other.text === text);
      const same = waiting[at];
      if (same) waiting[at] = { text: undefined, step: silent(same.step) };
      else if ((balance.get(text) ?? 0) > 0) {
        count(text, -1);
        return false;
      } else if (by === 'attachment') count(text, -1);
      return true;
    },
    take() {
      const steps = waiting.map(({ step }) => step);
      for (const { text } of waiting) if (text !== undefined) count(text, 1);
      waiting = [];
      return steps;
    },
  };
}

function keyOf(prompt: Json): string {
  return typeof prompt === 'string' ? prompt.trim() : jsonText(prompt);
}
